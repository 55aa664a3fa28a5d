"""The catalogue's entries of BFCL V3: its cases, and the APIs that its dialogues call.

Both at the revision of the leaderboard on which CoALM's scores were published
(2025-02-12). The executable categories of that revision are not here: upstream retired
them, since they need live web services.
"""

from __future__ import annotations

from coalm_oumi.sources.source import Source, pinned_files

_REVISION = "8bf675cc5f92e99971ba1f6bbb15bcf1d1d2eb1c"
_ADDRESS = (
    "https://raw.githubusercontent.com/ShishirPatil/gorilla/"
    f"{_REVISION}/berkeley-function-call-leaderboard"
)
_CITATION = """\
@inproceedings{patil2025bfcl,
  title = {The {Berkeley} Function Calling Leaderboard ({BFCL}): From Tool Use to
           Agentic Evaluation of Large Language Models},
  author = {Patil, Shishir G. and Mao, Huanzhi and Yan, Fanjia and Ji, Charlie
            Cheng-Jie and Suresh, Vishnu and Stoica, Ion and Gonzalez, Joseph E.},
  booktitle = {Proceedings of ICML 2025},
  year = {2025},
}"""


BFCL_V3 = Source(
    name="bfcl_v3",
    title="BFCL V3 without its executable categories (4,441 cases)",
    folder="bfcl_v3",
    files=pinned_files("bfcl_v3", f"{_ADDRESS}/data"),
    revision=_REVISION,
    licence="Apache-2.0",
    citation=_CITATION,
    homepage="https://github.com/ShishirPatil/gorilla",
)

BFCL_V3_SIMULATORS = Source(
    name="bfcl_v3_simulators",
    title="BFCL V3: the simulated APIs of its multi-turn cases (code for the checker)",
    folder="bfcl_v3_simulators",
    files=pinned_files(
        "bfcl_v3_simulators",
        f"{_ADDRESS}/bfcl/eval_checker/multi_turn_eval/func_source_code",
    ),
    revision=_REVISION,
    licence="Apache-2.0",
    citation=_CITATION,
    homepage="https://github.com/ShishirPatil/gorilla",
)
