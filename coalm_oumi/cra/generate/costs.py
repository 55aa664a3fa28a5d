"""Tokens and dollars: what a run has cost, what it will, and when it may not go on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from coalm_oumi.cra.generate.options import CraOptions
from coalm_oumi.cra.generate.paid_replies import PaidReplies
from coalm_oumi.cra.generate.prompting import Asked
from coalm_oumi.errors import CoalmError, shorten

_CHARACTERS = 4.0
# No English text or list of function names has come to fewer characters per token.
_FEWEST_CHARACTERS = 2.5


@dataclass(frozen=True)
class TokenCounter:
    """Counts the tokens of a text.

    Attributes:
        count: Returns how many tokens a text has.
        how: How it is counted, for people.
    """

    count: Callable[[str], int]
    how: str


@dataclass(frozen=True)
class Estimate:
    """What the requests that are left will take.

    Attributes:
        requests: How many there are.
        read: Tokens of their prompts.
        written: Tokens that the replies are likely to have.
        at_most: Tokens that they can have.
        cost: Dollars for `read` and `written`; None without prices.
        most: Dollars for `read` and `at_most`; None without prices.
        how: How the tokens are counted.
    """

    requests: int
    read: int
    written: int
    at_most: int
    cost: float | None
    most: float | None
    how: str


def token_counter(tokenizer: str | None) -> TokenCounter:
    """Returns what counts tokens.

    Args:
        tokenizer: Folder or Hub name of a tokenizer; None for four characters a token.

    Raises:
        CoalmError: There is no such tokenizer.
    """
    if tokenizer is None:
        return TokenCounter(
            lambda text: round(len(text) / _CHARACTERS),
            "four characters a token; cra.tokenizer counts exactly",
        )
    from transformers import AutoTokenizer

    try:
        loaded = AutoTokenizer.from_pretrained(tokenizer)
    except Exception as error:  # every kind of missing file has one of its own
        raise CoalmError(
            f"the tokenizer '{tokenizer}' cannot be loaded: {shorten(error, 200)}. Name "
            "a folder or a model of the Hub, or leave it out.",
            field="cra.tokenizer",
        ) from None

    def count(text: str) -> int:
        return len(loaded(text, add_special_tokens=False)["input_ids"])

    return TokenCounter(count, f"the tokenizer {tokenizer}")


def estimate(
    left: Iterable[Asked], options: CraOptions, counter: TokenCounter, longest: int
) -> Estimate:
    """Estimates what requests will take.

    Args:
        left: The requests.
        options: The `cra` block.
        counter: Counts tokens.
        longest: `generation.max_new_tokens`.
    """
    asked = list(left)
    read = sum(counter.count(one.prompt) for one in asked)
    written = sum(min(longest, round(one.expected / _CHARACTERS)) for one in asked)
    at_most = longest * len(asked)
    return Estimate(
        len(asked),
        read,
        written,
        at_most,
        options.cost(read, written),
        options.cost(read, at_most),
        counter.how,
    )


class SpendingStoppedError(CoalmError):
    """The next request could cost more than `max_cost_usd` allows."""


class Budget:
    """What may still be spent.

    Before a request is put, its worst case is set aside: all tokens of the prompt, and as
    long a reply as the config lets the model write. So the limit is never exceeded by a
    reply; only what the endpoint bills without delivering (a connection cut after the
    work was done) stands outside of it.
    """

    def __init__(self, options: CraOptions, replies: PaidReplies, longest: int) -> None:
        """Takes the `cra` block, the replies so far and `generation.max_new_tokens`."""
        self._options, self._replies, self._longest = options, replies, longest

    @property
    def spent(self) -> float | None:
        """Dollars for the replies so far; None without prices."""
        paid = self._replies
        return self._options.cost(paid.read, paid.written, paid.cached)

    def affordable(self, left: Iterable[Asked]) -> int:
        """Returns how many of the requests, from the first on, are within the limit."""
        asked, limit = list(left), self._options.max_cost_usd
        spent = self.spent
        if limit is None or spent is None:
            return len(asked)
        for number, one in enumerate(asked):
            read = int(len(one.prompt) / _FEWEST_CHARACTERS) + 16
            spent += self._options.cost(read, self._longest) or 0.0
            if spent > limit:
                return number
        return len(asked)

    def stopped(self) -> SpendingStoppedError:
        """Returns the error that says that nothing more can be asked."""
        return SpendingStoppedError(
            f"stopped at ${self.spent or 0:.4f}: the next reply could exceed the limit of "
            f"${self._options.max_cost_usd:g}. What is finished is kept; raise the limit, "
            "or lower generation.max_new_tokens, and run the same command again.",
            field="cra.max_cost_usd",
        )
