"""Requests find the model that they name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from coalm_oumi.evaluation.conductor import Failure, Reply, Request
from coalm_oumi.evaluation.conductor.several import SeveralAsk


class Named:
    """Answers with its own name; a request that says `no` fails."""

    def __init__(self, name: str, fails_together: bool = False) -> None:
        self.name, self.fails_together = name, fails_together
        self.waves: list[list[str]] = []

    def __call__(self, wave: Sequence[tuple[str, Any]]) -> Sequence[Reply | Failure]:
        """Answers a wave."""
        self.waves.append([key for key, _ in wave])
        return [
            Failure("no") if request.messages[0].content == "no" else Reply(self.name)
            for _, request in wave
        ]


def request(to: str, text: str = "yes") -> Request:
    return Request(Request.of_user(text).messages, to)


def test_each_request_goes_to_its_model_and_the_order_stays() -> None:
    agent, user = Named("agent"), Named("user")
    several = SeveralAsk({"": agent, "user": user})
    wave = [
        ("a", request("")),
        ("b", request("user")),
        ("c", request("", "no")),
        ("d", request("user")),
    ]
    came = several(wave)
    assert came == [Reply("agent"), Reply("user"), Failure("no"), Reply("user")]
    assert (agent.waves, user.waves) == ([["a", "c"]], [["b", "d"]])


def test_a_request_that_names_none_goes_to_the_evaluated_model() -> None:
    agent = Named("agent")
    assert SeveralAsk({"": agent})([("a", Request.of_user("x"))]) == [Reply("agent")]


def test_a_wave_fails_together_if_one_model_works_so() -> None:
    assert not SeveralAsk({"": Named("a"), "user": Named("b")}).fails_together
    assert SeveralAsk({"": Named("a"), "user": Named("b", True)}).fails_together
