"""The multiwoz24 benchmark (README.md in this folder).

In a recipe::

    tasks:
      - evaluation_backend: custom
        task_name: multiwoz24           # gold_history, 999 dialogues
      - evaluation_backend: custom
        task_name: multiwoz24
        num_samples: 100                # dialogues
        eval_kwargs:
          protocol: simulated_user
          user:                         # as an inference recipe; or `rules`
            engine: OPENAI
            model: {model_name: gpt-4o-mini}
            generation: {max_new_tokens: 128, temperature: 0.0}
          judge: configs/multiwoz_judge.yaml  # optional, beside the rules

The results of `gold_history` are in `<output_dir>/multiwoz24`, those of another protocol in
`<output_dir>/multiwoz24_<protocol>`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from coalm_oumi.benchmarks.multiwoz.metric_names import METRIC_NAMES
from coalm_oumi.benchmarks.multiwoz.paper import TABLE
from coalm_oumi.benchmarks.multiwoz.protocols.gold_history import assembled
from coalm_oumi.benchmarks.multiwoz.protocols.options import (
    WITH_STATES_22,
    MultiwozOptions,
    StoredOptions,
)
from coalm_oumi.benchmarks.multiwoz.scorer.constant_turns import constant_turns
from coalm_oumi.benchmarks.multiwoz.scorer.gold_states_22 import load_gold_states_22
from coalm_oumi.benchmarks.multiwoz.scorer.predictions import read_predictions
from coalm_oumi.benchmarks.multiwoz.scorer.score import score
from coalm_oumi.environments.multiwoz.data.load import MultiwozData, load_multiwoz
from coalm_oumi.environments.multiwoz.predicted_turn import (
    PredictedTurn,
    predicted_turn,
    turn_object,
)
from coalm_oumi.environments.multiwoz.users.delexicalise import DELEXICALISER
from coalm_oumi.evaluation.benchmark import Benchmark, Dialogues
from coalm_oumi.evaluation.results import Scores


class Multiwoz(Benchmark[MultiwozOptions, MultiwozData]):
    """MultiWOZ 2.4: state tracking and task success.

    Of its dialogues 999 count; the one that papers drop is scored where it is predicted.
    """

    name = "multiwoz24"
    source = "multiwoz24"
    options = MultiwozOptions
    unit = "dialogues"
    published = {
        "a8841d32206161d2fd2b70c5ca092a25ea961848dfcbc7f0024ba36c5d8da4c4": 999,
    }
    paper = TABLE
    main_metrics = ("jga_lenient", "success")
    metric_names = METRIC_NAMES
    constant_replies = ("ok",)
    degenerate = []
    ceiling = {"success": 100, "jga_strict": 100, "jga_lenient": 100}
    floor = {"success": 0, "jga_strict": 0, "jga_lenient": 0}

    def load(self, options: MultiwozOptions) -> MultiwozData:
        data = load_multiwoz(data=options.data, on_missing=options.on_missing)
        if isinstance(options, StoredOptions) and options.split == WITH_STATES_22:
            return replace(data, states_22=load_gold_states_22(on_missing="error"))
        return data

    def ids(self, data: MultiwozData) -> tuple[str, ...]:
        return data.test_ids

    def provenance(
        self, data: MultiwozData, options: MultiwozOptions
    ) -> dict[str, Any]:
        stored = isinstance(options, StoredOptions)
        return {
            "benchmark": self.name,
            "protocol": "stored predictions" if stored else options.protocol,
            "data": data.origin,
            "data_sha256": data.digest,
            **({"split": options.split} if stored else {}),
            "delexicaliser": DELEXICALISER,
        }

    def dialogues(self, options: MultiwozOptions, limit: int | None) -> Dialogues:
        from coalm_oumi.benchmarks.multiwoz.protocols.dialogue_makers import (
            protocol_dialogues,
        )

        data = self.load(options)
        dialogues = [data.dialogues[key] for key in data.test_ids[:limit]]
        found = protocol_dialogues(options, data, dialogues)
        protocol = options.protocol
        return Dialogues(
            start=found.start,
            score=lambda turns: self.score_with_floors(data, turns, options),
            provenance={
                **self.provenance(data, options),
                "n": len(dialogues),
                "cases_in_data": len(data.test_ids),
                "limit": limit,
                "prompt": found.prompt,
                "stop": list(found.stop),
                **found.provenance,
            },
            stop=found.stop,
            others=found.others,
            review=found.review,
            assembled=None if protocol == "simulated_user" else assembled,
            unit=self.unit if protocol == "simulated_user" else "turns",
            variant="" if protocol == "gold_history" else protocol,
        )

    def score(
        self,
        data: MultiwozData,
        predictions: Mapping[str, Any],
        options: MultiwozOptions,
    ) -> Scores:
        """Scores predictions: by dialogue the objects of its turns, or None."""
        turns = {
            key: None if found is None else tuple(map(predicted_turn, found))
            for key, found in predictions.items()
        }
        return score(data, turns)

    def score_constant(
        self,
        data: MultiwozData,
        predictions: Mapping[str, Any],
        reply: str,
        options: MultiwozOptions,
    ) -> Scores:
        """Scores the same dialogues with one reply in every turn, and no call or state."""
        constant = {
            key: constant_turns(found, len(data.dialogues[key].turns), reply)
            for key, found in predictions.items()
        }
        return self.score(data, constant, options)

    def gold(self, data: MultiwozData) -> dict[str, Any]:
        return {
            key: [
                turn_object(PredictedTurn(turn.system, state=turn.state))
                for turn in data.dialogues[key].turns
            ]
            for key in data.test_ids
        }

    def stored_options(self, split: str, data: str | None) -> StoredOptions:
        return StoredOptions.read({"split": split, "data": data, "on_missing": "error"})

    def read(
        self, path: Path, data: MultiwozData, ids: tuple[str, ...]
    ) -> dict[str, Any]:
        turns = {d.id: len(d.turns) for d in data.dialogues.values()}
        found = read_predictions(path, {key: turns[key] for key in ids}, known=turns)
        # With a limit only the dialogues within it are scored.
        whole = len(ids) == len(data.test_ids)
        return {
            key: None
            if predicted is None
            else [turn_object(turn) for turn in predicted]
            for key, predicted in found.items()
            if whole or key in ids
        }


MULTIWOZ24 = Multiwoz()
