"""The paper's figures of MultiWOZ 2.4."""

from coalm_oumi.evaluation.paper import PaperColumn, PaperTable

TABLE = PaperTable(
    2,
    (
        PaperColumn("Success", ("success",)),
        PaperColumn("JGA", ("jga_lenient",)),
    ),
    {
        "CoALM-8B": (51.6, 30.4),
        "CoALM-70B": (69.4, 43.8),
        "CoALM-405B": (66.7, 38.8),
        "Llama-3.1-8B-Instruct": (19.9, 26.3),
        "Llama-3.3-70B-Instruct": (67.6, 40.8),
        "Hammer2.0-7B": (23.5, 21.7),
        "ToolACE": (18.0, 34.4),
        "Granite-20B": (10.7, 21.8),
        "CodeActAgent": (9.5, 20.2),
        "Mistral-7B": (31.2, 27.0),
        "FnCTOD": (44.4, 37.9),
        "NC-Latent-TOD": (68.3, 39.7),
        "GPT-3.5": (None, 13.5),
        "GPT-4o-mini": (69.9, 38.4),
        "GPT-4o": (75.5, 36.9),
    },
    "Which prompt the paper used, and whether its users were simulated, is not known: no "
    "difference is given. gold_history is most probably its protocol.",
    told=("protocol", "prompt"),
    protocol="gold_history",
    ablation=(
        PaperColumn(
            "MultiWOZ Success", ("success",), None, (19.9, 46.0, 42.0, 50.0, 51.6)
        ),
        PaperColumn(
            "MultiWOZ JGA", ("jga_lenient",), None, (26.3, 28.5, 19.4, 34.5, 30.4)
        ),
    ),
)
