"""A judge is asked through Oumi, by an endpoint that answers well, badly or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import oumi.builders  # noqa: F401 - first, for Oumi's circular imports
import pytest
import yaml
from typer.testing import CliRunner

from coalm_oumi.cli import app
from coalm_oumi.cra.dialogue import CraDialogue
from coalm_oumi.cra.functions import function_catalogue
from coalm_oumi.cra.read.stored import dialogue_to_json
from coalm_oumi.cra.write.grounded import grounded_dialogues
from coalm_oumi.sources import Sgd
from tests.corpus.generator import make as corpus
from tests.openai_stub import Messages, OpenAIStub

CANARY = "sk-canary-0123456789abcdef"
GOOD = json.dumps({"explanation": "fine", "judgment": "good"})
BAD = json.dumps({"explanation": "it asks twice", "judgment": "reasoning"})


class World:
    """Six dialogues, their functions, and a judge config for an endpoint."""

    def __init__(
        self, folder: Path, config: Path, schema: Path, dialogues: list[CraDialogue]
    ) -> None:
        self.dialogues, self.schema = dialogues, schema
        self.names = [dialogue.record_id for dialogue in dialogues]
        self.file = folder / "dialogues.jsonl"
        self.file.write_text(
            "".join(json.dumps(dialogue_to_json(d)) + "\n" for d in self.dialogues)
        )
        self.out = folder / "out"
        self._folder, self._config = folder, config

    def run(self, url: str, *extra: object) -> tuple[int, str]:
        """Validates with a judge at an address."""
        config = yaml.safe_load(self._config.read_text())
        config["inference_config"]["remote_params"] |= {
            "api_url": url,
            "politeness_policy": 0.0,
            "max_retries": 0,
            "retry_backoff_base": 0.01,
            "retry_backoff_max": 0.02,
            "use_adaptive_concurrency": False,
        }
        path = self._folder / "judge.yaml"
        path.write_text(yaml.safe_dump(config))
        arguments = [
            "validate-cra", self.file, "--functions", self.schema, "--output", self.out,
            "--judge", path, "--today", "2019-03-01", *extra,
        ]  # fmt: skip
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.output

    def kept(self) -> list[str]:
        """The dialogues that are left."""
        lines = (self.out / "clean.jsonl").read_text().splitlines()
        return [json.loads(line)["record_id"] for line in lines]

    def report(self) -> dict[str, Any]:
        """What the report says of the judge."""
        return json.loads((self.out / "report.json").read_text())["judge"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[CraDialogue]]:
    root = tmp_path_factory.mktemp("corpus")
    corpus.generate(root, train_per_intent=1, test_per_intent=0, calls=1, irrelevant=0)
    sgd = Sgd(root / "sgd", "train")
    functions = function_catalogue(sgd.schemas)
    found = grounded_dialogues(sgd.dialogues(), sgd.schemas, functions, seed=42)
    dialogues = [d for _, d in zip(range(6), found, strict=False)]
    return root / "sgd" / "train" / "schema.json", dialogues


@pytest.fixture
def world(
    tmp_path: Path,
    repository: Path,
    made: tuple[Path, list[CraDialogue]],
    monkeypatch: pytest.MonkeyPatch,
) -> World:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    return World(tmp_path, repository / "configs" / "cra_judge.yaml", *made)


Serve = Callable[[Callable[[str], str]], OpenAIStub]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts an endpoint that answers what it is told for a prompt."""
    started: list[OpenAIStub] = []

    def start(reply: Callable[[str], str]) -> OpenAIStub:
        def answer(messages: Messages) -> str:
            return reply("\n".join(str(m["content"]) for m in messages))

        stub = OpenAIStub(answer)
        stub.__enter__()
        started.append(stub)
        return stub

    yield start
    for stub in started:
        stub.__exit__(None, None, None)


def test_it_reads_dialogue_and_functions_and_takes_out_what_it_finds_wrong(
    world: World, serve: Serve
) -> None:
    first = world.dialogues[0].turns[0].user
    asked: list[str] = []

    def reply(prompt: str) -> str:
        asked.append(prompt)
        return BAD if f"User: {first}" in prompt else GOOD

    code, text = world.run(serve(reply).url)
    assert code == 0
    assert len(asked) == 6
    assert all("FindFerry(origin_port, destination_port" in prompt for prompt in asked)
    assert all("Observation: {" in prompt for prompt in asked)
    assert world.kept() == world.names[1:]
    assert "asked about 6: 5 good, 1 with a defect, 0 without a verdict" in text
    assert "judged by a model" in text
    assert "it asks twice" in text
    assert world.report() == {
        "asked": 6, "good": 5, "flawed": 1, "failures": {}, "stopped": False
    }  # fmt: skip


@pytest.mark.parametrize(
    "garbled",
    [
        "",
        "I would say that this is bad.",
        '{"judgment": "terrible", "explanation": "no such class"}',
        '{"judgment": "reason',
        '{"explanation": "forgot the verdict"}',
        '["reasoning"]',
        '{"judgment": {"class": "reasoning"}}',
    ],
)
def test_an_answer_that_cannot_be_read_takes_nothing_out(
    world: World, serve: Serve, garbled: str
) -> None:
    first = world.dialogues[0].turns[0].user
    stub = serve(lambda prompt: garbled if f"User: {first}" in prompt else GOOD)
    code, text = world.run(stub.url)
    assert code == 0
    assert world.kept() == world.names
    assert "5 good, 0 with a defect, 1 without a verdict" in text
    assert sum(world.report()["failures"].values()) == 1


def test_an_answer_in_a_fence_or_after_words_is_read(
    world: World, serve: Serve
) -> None:
    wrapped = iter(
        [f"```json\n{BAD}\n```", f"Well, here it is: {BAD} That is all.", *[GOOD] * 4]
    )
    code, text = world.run(serve(lambda prompt: next(wrapped)).url)
    assert code == 0
    assert "4 good, 2 with a defect, 0 without a verdict" in text
    assert len(world.kept()) == 4


def test_an_endpoint_that_fails_takes_nothing_out(world: World, serve: Serve) -> None:
    stub = serve(lambda prompt: GOOD)
    stub.down = True
    code, text = world.run(stub.url)
    assert code == 0
    assert world.kept() == world.names
    assert "asked about 6: 0 good, 0 with a defect, 6 without a verdict" in text
    assert "It was not asked about more" in text
    assert world.report()["stopped"]
    assert CANARY not in text
    written = b"".join(f.read_bytes() for f in world.out.rglob("*") if f.is_file())
    assert CANARY.encode() not in written


def test_nothing_answers_at_the_address(world: World) -> None:
    code, _ = world.run("http://127.0.0.1:9/v1/chat/completions")
    assert code == 0
    assert world.kept() == world.names


def test_the_limit_is_of_what_it_is_asked_about(world: World, serve: Serve) -> None:
    stub = serve(lambda prompt: GOOD)
    _, text = world.run(stub.url, "--judge-limit", 2)
    assert stub.answered == 2
    assert "asked about 2: 2 good" in text


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("judge_params: [", "not a judge config that Oumi can read"),
        ("model: {model_name: x}", "not a judge config that Oumi can read"),
        ("\x00\x01\x02", "not a judge config that Oumi can read"),
    ],
)
def test_a_wrong_config_is_one_line(
    world: World, tmp_path: Path, content: str, told: str
) -> None:
    config = tmp_path / "wrong.yaml"
    config.write_text(content)
    arguments = ["validate-cra", world.file, "--functions", world.schema]
    result = CliRunner().invoke(
        app, [str(a) for a in [*arguments, "--judge", config, "--output", world.out]]
    )
    assert result.exit_code == 1
    assert told in result.output
    assert "Traceback" not in result.output
    assert not world.out.exists() or not list(world.out.iterdir())
