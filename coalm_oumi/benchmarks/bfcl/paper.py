"""The paper's figures of BFCL V3."""

from coalm_oumi.evaluation.paper import PaperColumn, PaperTable

TABLE = PaperTable(
    4,
    (
        PaperColumn("Overall", ("overall",)),
        PaperColumn("Non-live AST", ("non_live_ast",), 1150),
        PaperColumn("Non-live exec", ("non_live_exec",)),
        PaperColumn("Live", ("live",), 2251),
        PaperColumn("Multi-turn", ("multi_turn",), 800),
        PaperColumn("Relevance", ("relevance",), 18),
        PaperColumn("Irrelevance", ("irrelevance",), 1122),
    ),
    {
        "CoALM-8B": (54.11, 85.17, 78.61, 72.59, 7.00, 77.78, 83.00),
        "CoALM-70B": (60.49, 82.94, 81.36, 72.19, 26.25, 72.22, 85.36),
        "CoALM-405B": (63.34, 90.46, 84.75, 74.59, 28.25, 100.0, 72.26),
        "Mistral-7B": (38.35, 56.33, 63.77, 57.31, 0.25, 77.78, 41.84),
        "Llama-3.1-8B-Instruct": (49.84, 84.25, 79.75, 60.33, 10.25, 75.61, 47.92),
        "Llama-3.3-70B-Instruct": (51.36, 84.85, 90.05, 62.51, 7.25, 95.12, 48.33),
        "ToolACE": (52.55, 82.19, 86.98, 71.08, 0.88, 70.73, 87.29),
        "Hammer2.0-7B": (52.13, 86.94, 83.66, 71.17, 0.38, 95.12, 73.20),
        "Llama-3.1-405B-Instruct": (56.38, 89.71, 84.70, 70.77, 11.75, 88.89, 70.86),
        "GPT-4o-mini": (59.40, 86.52, 85.05, 73.26, 19.00, 78.05, 76.97),
        "GPT-4o": (59.83, 70.08, 60.79, 76.41, 34.62, 51.22, 87.34),
    },
    "The paper's Overall counts executable categories that can no longer be run. The "
    "public leaderboard never showed CoALM-70B's row: it has multi-turn 7.00 and an "
    "overall of about 54.4.",
    protocol="BFCL V3",
    ablation=(
        PaperColumn("BFCL overall", ("overall",), None, (49.8, 35.4, 54.1, 56.6, 53.7)),
    ),
)
