"""xLAM function calling, masked as Hammer does (Figure 5): `coalm/hammer_masked`.

In: a `FunctionCallingRow` of xLAM. Out: its tools and query in Hammer's instruction, an
empty input, and the calls as a JSON list inside a bare code fence.

Each row is copied (3 times in CoALM-IT) and each copy is masked with probability 2/3.
Which copies are masked, and how, follows from the seed and the row's own content. A shard
has the rows whose content falls to it, so that rows of one content, which the masking tells
apart by number, are always together.

In a recipe::

    data:
      train:
        datasets:
          - dataset_name: coalm/hammer_masked
            dataset_kwargs: {mask_ratio: 0.667, copies: 3, sample_seed: 42}
"""

from __future__ import annotations

import pickle
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby, islice
from typing import Any, ClassVar, NamedTuple

from coalm_oumi.calls import (
    FunctionCall,
    FunctionSchema,
    fenced,
    parse_json_list,
    write_json_list,
)
from coalm_oumi.calls.json_schema_tool import json_schema_tool
from coalm_oumi.calls.strict_json import dumps, loads
from coalm_oumi.datasets.masking import FunctionTask, mask_functions
from coalm_oumi.datasets.part import (
    DatasetSize,
    Given,
    PaperRow,
    Part,
    PartOptions,
    PartRequest,
    by_size,
)
from coalm_oumi.options import Options
from coalm_oumi.prompts import hammer_template
from coalm_oumi.sample import Chat, Origin, Sample, chat_calls
from coalm_oumi.seeding import stable_digest, stable_random
from coalm_oumi.sources.rows import OnBadRow, Row
from coalm_oumi.sources.xlam import (
    XLAM,
    XLAM_IRRELEVANCE,
    FunctionCallingRow,
    read_xlam,
)

MASK_RATIO = 2 / 3
COPIES = 3
NO_FUNCTION_FITS = "None of the functions can be used."
"""What the reply is in a chat with tools where the source has an empty list of calls."""
_CHUNK = 500
_FIELDS = ("query", "tools", "answers")
_TOOLS = ("[BEGIN OF AVAILABLE TOOLS]\n", "\n[END OF AVAILABLE TOOLS]")
_QUERY = ("[BEGIN OF QUERY]\n", "\n[END OF QUERY]")


@dataclass(frozen=True, kw_only=True)
class MaskingOptions(Options):
    """How rows become samples.

    Attributes:
        mask_ratio: Probability that a copy is masked, 0 to 1.
        copies: Copies of each row, 1 or more.
        seed: Fixes every draw and the order of the samples.
    """

    recipe_field: ClassVar[str] = "dataset_kwargs"

    mask_ratio: float = field(default=MASK_RATIO, metadata={"ge": 0, "le": 1})
    copies: int = field(default=COPIES, metadata={"ge": 1})
    seed: int = 42


@dataclass(frozen=True, kw_only=True)
class HammerMaskedOptions(PartOptions):
    """What `dataset_kwargs` may say.

    Attributes:
        mask_ratio: Probability that a copy of a row is masked, 0 to 1.
        copies: Copies of each row.
        irrelevance: Whether irrelevance rows belong to the set. With `dataset_path` they
            do only if `irrelevance_path` is given too.
        irrelevance_path: File or folder of irrelevance rows.
        on_bad_row: A row that cannot be used is left out and counted (`reject`), or is an
            `error`.
    """

    mask_ratio: float = field(default=MASK_RATIO, metadata={"ge": 0, "le": 1})
    copies: int = field(default=COPIES, metadata={"ge": 1})
    irrelevance: bool = True
    irrelevance_path: str | None = None
    on_bad_row: OnBadRow = "reject"


class _Copy(NamedTuple):
    # The row, pickled: a fifth of the memory, and quick to hand to another process.
    row: bytes
    occurrence: int  # which of several rows with the same content, from 0
    copy: int


def function_calling_prompt(query: str, tools: Sequence[FunctionSchema]) -> str:
    """Returns Hammer's instruction for a query.

    Args:
        query: What the user asks.
        tools: The tools on offer, in the order in which they are listed.
    """
    listed = dumps([tool.to_xlam() for tool in tools])
    return hammer_template().render(tools=listed, query=query)


def function_calling_output(calls: Iterable[FunctionCall]) -> str:
    """Returns the reply with these calls: a JSON list inside a bare code fence."""
    return fenced(write_json_list(calls))


def function_calling_samples(
    rows: Iterable[FunctionCallingRow],
    options: MaskingOptions,
    *,
    workers: int = 1,
) -> Iterator[Sample]:
    """Turns rows into samples, in an order fixed by the seed alone.

    Args:
        rows: The rows, in any order.
        options: Copies, share of masked ones, seed.
        workers: Processes to use. Their number changes the speed only.

    Yields:
        `options.copies` samples per row.
    """
    packed = [
        (row.digest, row.record_id, row.source, pickle.dumps(row)) for row in rows
    ]
    # Rows of one content are told apart by their names, so not by their order.
    packed.sort(key=lambda item: item[:3])
    keyed: list[tuple[bytes, _Copy]] = []
    for digest, same in groupby(packed, key=lambda item: item[0]):
        for occurrence, (*_, row) in enumerate(same):
            for copy in range(options.copies):
                key = stable_digest(options.seed, "order", digest, occurrence, copy)
                keyed.append((key, _Copy(row, occurrence, copy)))
    del packed
    keyed.sort(key=lambda item: item[0])
    make = partial(_make_sample, options=options)
    yield from _map(make, (copy for _, copy in keyed), workers)


def _make_sample(item: _Copy, *, options: MaskingOptions) -> Sample:
    row: FunctionCallingRow = pickle.loads(item.row)  # noqa: S301 - our own, from above
    occurrence, copy = item.occurrence, item.copy
    rng = stable_random(options.seed, "mask", row.digest, occurrence, copy)
    task = FunctionTask(row.query, row.tools, row.calls)
    masked = rng.random() < options.mask_ratio
    if masked:
        task = mask_functions(task, rng)
    return Sample(
        instruction=function_calling_prompt(task.query, task.tools),
        input="",
        output=function_calling_output(task.calls),
        origin=Origin(
            source=row.source,
            record_id=row.record_id,
            prompt=hammer_template().id,
            transformation="masked" if masked else "unmasked",
            seed=options.seed,
            copy=copy,
        ),
    )


def _make_chunk(items: list[_Copy], *, make: Callable[[_Copy], Sample]) -> list[Sample]:
    return [make(item) for item in items]


def _map(
    make: Callable[[_Copy], Sample], items: Iterator[_Copy], workers: int
) -> Iterator[Sample]:
    if workers <= 1:
        yield from map(make, items)
        return
    chunks = iter(lambda: list(islice(items, _CHUNK)), [])
    pending: deque[Future[list[Sample]]] = deque()
    with ProcessPoolExecutor(max_workers=workers) as pool:
        # Bounded, so that the samples of a large set are not all held here at once.
        for chunk in chunks:
            pending.append(pool.submit(_make_chunk, chunk, make=make))
            if len(pending) > 2 * workers:
                yield from pending.popleft().result()
        while pending:
            yield from pending.popleft().result()


def _samples(request: PartRequest) -> Iterator[Sample]:
    own: HammerMaskedOptions = request.options
    options = MaskingOptions(
        mask_ratio=own.mask_ratio, copies=own.copies, seed=own.sample_seed
    )
    return function_calling_samples(_rows(request), options)


def _rows(request: PartRequest) -> Iterator[FunctionCallingRow]:
    for source, found in request.places.items():
        tally = request.tally(source)
        wanted = _falls_to(request)
        for path in found.files:
            rows = read_xlam(
                path,
                on_bad_row=request.options.on_bad_row,
                ledger=tally.ledger,
                source=source,
                wanted=wanted,
            )
            yield from tally.counted(rows)


def _falls_to(request: PartRequest) -> Callable[[Row], bool]:
    """Returns which of the first `limit` rows of a source belong to the shard."""
    seen = 0

    def wanted(row: Row) -> bool:
        nonlocal seen
        seen += 1
        if request.limit is not None and seen > request.limit:
            return False
        content = "\x1f".join(str(row.get(field)) for field in _FIELDS)
        number = zlib.crc32(content.encode("utf-8", "backslashreplace"))
        return number % request.shards == request.shard

    return wanted


def _between(text: str, marks: tuple[str, str]) -> str:
    # The query is the row's own text and comes last, the tools are JSON on one line: so
    # neither can hold the mark that ends it in a place that is found first.
    start = text.index(marks[0]) + len(marks[0])
    return text[start : text.rindex(marks[1])]


def _query(sample: Sample) -> str:
    return _between(sample.instruction, _QUERY)


def _chat(sample: Sample) -> Chat:
    listed = sample.instruction.split(_TOOLS[0], 1)[1].split(_TOOLS[1], 1)[0]
    tools = [json_schema_tool(FunctionSchema.from_xlam(t)) for t in loads(listed)]
    made = parse_json_list(sample.output)
    reply: dict[str, Any] = {"role": "assistant", "content": sample.output}
    if made:
        calls = chat_calls((call.name, call.arguments) for call in made)
        reply = {"role": "assistant", "tool_calls": calls}
    return Chat([{"role": "user", "content": _query(sample)}, reply], tools)


def _chats(request: PartRequest) -> Iterator[Chat]:
    for sample in _samples(request):
        chat = _chat(sample)
        question, reply = chat.messages
        if "tool_calls" not in reply:
            reply = {**reply, "content": NO_FUNCTION_FITS}
        yield Chat([question, reply], chat.tools, sample.origin)


def _given(options: HammerMaskedOptions, dataset_path: str | None) -> Given:
    paths = {XLAM.name: dataset_path}
    if options.irrelevance and (options.irrelevance_path or not dataset_path):
        paths[XLAM_IRRELEVANCE.name] = options.irrelevance_path
    return {name: (path,) if path else () for name, path in paths.items()}


HAMMER_MASKED = Part(
    name="hammer",
    title="function calling with masked names (xLAM, Hammer)",
    sources=(XLAM, XLAM_IRRELEVANCE),
    samples=_samples,
    size=DatasetSize(202_500, 637),
    chat_size=DatasetSize(202_500, 535),
    dataset="coalm/hammer_masked",
    class_name="HammerMaskedDataset",
    options=HammerMaskedOptions,
    paper=PaperRow("LA", "single", "Hammer", "API call", 202_500, 129_001_612),
    shards=by_size,
    compared=_query,
    chat=_chat,
    chats=_chats,
    given=_given,
)
