"""The SGD-like part of the embedded corpus."""

from __future__ import annotations

from collections import Counter

import pytest

from coalm_oumi.sources import Ledger, Sgd
from coalm_oumi.sources.sgd_dialogue import Dialogue
from tests.corpus.generator import make as corpus
from tests.corpus.generator.sgd import dialogues


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sgd]:
    root = tmp_path_factory.mktemp("corpus")
    corpus.generate(root, train_per_intent=0, test_per_intent=0, calls=0, irrelevant=0)
    return {part: Sgd(root / "sgd", part) for part in ("train", "dev")}


def read(sgd: Sgd) -> list[Dialogue]:
    ledger = Ledger("sgd")
    found = list(sgd.dialogues(ledger))
    assert ledger.entries == []
    return found


def test_there_are_152_dialogues(parts: dict[str, Sgd]) -> None:
    assert len(read(parts["train"])) == 120
    assert len(read(parts["dev"])) == 32
    assert (parts["train"].file_count, parts["dev"].file_count) == (2, 1)


def test_two_services_of_the_development_part_are_unseen(
    parts: dict[str, Sgd],
) -> None:
    seen, tested = ({s.name for s in parts[part].schemas} for part in ("train", "dev"))
    assert seen == {"Ferries_1", "Workshops_1", "Tides_1"}
    assert tested - seen == {"Gardens_1", "Repairs_1"}
    assert tested & seen == {"Ferries_1", "Tides_1"}


def test_every_kind_of_act_of_the_real_data_occurs(parts: dict[str, Sgd]) -> None:
    acts: Counter[tuple[str, str]] = Counter()
    for dialogue in read(parts["train"]):
        for turn in dialogue.turns:
            for frame in turn.frames:
                acts.update((turn.speaker, act.act) for act in frame.acts)
    user = {kind for speaker, kind in acts if speaker == "USER"}
    system = {kind for speaker, kind in acts if speaker == "SYSTEM"}
    assert user == {
        *("INFORM", "INFORM_INTENT", "REQUEST", "AFFIRM", "NEGATE", "SELECT"),
        *("REQUEST_ALTS", "AFFIRM_INTENT", "NEGATE_INTENT", "THANK_YOU", "GOODBYE"),
    }
    assert system == {
        *("REQUEST", "OFFER", "INFORM", "INFORM_COUNT", "CONFIRM", "OFFER_INTENT"),
        *("NOTIFY_SUCCESS", "NOTIFY_FAILURE", "REQ_MORE", "GOODBYE"),
    }
    assert min(acts.values()) >= 5


def test_calls_succeed_fail_and_find_nothing(parts: dict[str, Sgd]) -> None:
    outcomes: Counter[str] = Counter()
    for dialogue in read(parts["train"]):
        for frame in (f for turn in dialogue.turns for f in turn.frames):
            kinds = {act.act for act in frame.acts}
            if frame.call is None:
                continue
            if "NOTIFY_FAILURE" in kinds:
                outcomes["other time" if frame.results else "nothing"] += 1
            else:
                outcomes["found"] += 1
    assert outcomes["other time"] >= 5
    assert outcomes["nothing"] >= 10
    assert outcomes["found"] >= 200


def test_spans_point_at_their_words(parts: dict[str, Sgd]) -> None:
    for dialogue in read(parts["dev"]):
        for turn in dialogue.turns:
            for frame in turn.frames:
                words = {w for act in frame.acts for w in act.values}
                for span in frame.spans:
                    assert turn.utterance[span.start : span.end] in words


def test_utterances_are_finished_sentences(parts: dict[str, Sgd]) -> None:
    for part in parts.values():
        for dialogue in read(part):
            for turn in dialogue.turns:
                assert turn.utterance[-1] in ".?!"
                assert not turn.utterance[0].islower()
                assert not set("{}[]<>|") & set(turn.utterance)
                assert "  " not in turn.utterance


def test_a_seed_fixes_them() -> None:
    assert dialogues(1, "train", 6) == dialogues(1, "train", 6)
    assert dialogues(1, "train", 6) != dialogues(2, "train", 6)
    assert dialogues(1, "train", 6) == dialogues(1, "train", 9)[:6]
