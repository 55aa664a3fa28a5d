"""The paper's figures of API-Bank."""

from coalm_oumi.evaluation.paper import PaperColumn, PaperTable

TABLE = PaperTable(
    3,
    tuple(
        PaperColumn(f"{title} L{level}", (f"l{level}_{name}",), n)
        for title, name in (
            ("Rouge-L", "rouge_l"),
            ("Rouge-1", "rouge_1"),
            ("Rouge-2", "rouge_2"),
            ("BLEU-4", "bleu_4"),
        )
        for level, n in ((1, 399), (2, 127))
    ),
    {
        "CoALM-8B": (92.8, 81.9, 94.1, 81.2, 91.9, 76.4, 89.4, 69.7),
        "CoALM-70B": (92.7, 83.2, 94.5, 82.7, 92.5, 78.9, 89.5, 72.4),
        "CoALM-405B": (93.4, 77.8, 94.5, 77.1, 92.4, 71.9, 90.3, 64.4),
        "Llama-3.1-8B-Instruct": (72.7, 75.2, 84.0, 81.4, 79.8, 76.3, 62.3, 65.1),
        "Qwen2.5-7B": (84.3, 73.9, 88.9, 78.5, 84.6, 71.2, 76.4, 64.2),
        "Hammer2.0-7B": (90.1, 74.0, 92.3, 74.1, 89.9, 68.5, 85.4, 58.4),
        "ToolACE": (81.5, 63.6, 88.8, 71.3, 85.0, 63.0, 76.1, 67.0),
        "Granite-20B": (60.3, 45.7, 64.7, 48.9, 59.5, 43.4, 43.8, 29.3),
        "FnCTOD-13B": (3.9, 3.3, 22.1, 23.4, 8.0, 9.2, 1.5, 1.1),
        "LDST": (8.3, 7.1, 12.8, 11.6, 2.7, 2.4, 6.2, 5.7),
    },
    "Overlap as text: a perfect model that leaves out the code fence has a Rouge-L of "
    "92.64 on level 1 and 91.64 on level 2. The paper's chat template and, for one row "
    "(CoALM-70B), one number of the print are not certain.",
    protocol="single turn, one call",
    other_prompts=("_original",),
    ablation=(
        PaperColumn(
            "API-Bank L1", ("l1_rouge_l",), 399, (72.7, 45.5, 92.7, 91.3, 92.8)
        ),
        PaperColumn(
            "API-Bank L2", ("l2_rouge_l",), 127, (75.2, 48.8, 78.9, 78.8, 81.9)
        ),
    ),
)
