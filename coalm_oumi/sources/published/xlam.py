"""xLAM: function calls, and queries that none of the functions fits."""

from __future__ import annotations

from coalm_oumi.sources.source import HUB_SCHEME, RemoteFile, Source, formats

_APIGEN_CITATION = """\
@inproceedings{liu2024apigen,
  title = {{APIGen}: Automated Pipeline for Generating Verifiable and Diverse
           Function-Calling Datasets},
  author = {Liu, Zuxin and Hoang, Thai and Zhang, Jianguo and Zhu, Ming and Lan, Tian
            and Kokane, Shirley and Tan, Juntao and Yao, Weiran and Liu, Zhiwei and
            Feng, Yihao and Murthy, Rithesh and Yang, Liangwei and Savarese, Silvio and
            Niebles, Juan Carlos and Wang, Huan and Heinecke, Shelby and
            Xiong, Caiming},
  booktitle = {Advances in Neural Information Processing Systems},
  volume = {37},
  year = {2024},
  eprint = {2406.18518},
  archivePrefix = {arXiv},
}"""

HAMMER_CITATION = """\
@misc{lin2024hammer,
  title = {Hammer: Robust Function-Calling for On-Device Language Models via Function
           Masking},
  author = {Lin, Qiqiang and Wen, Muning and Peng, Qiuying and Nie, Guanyu and
            Liao, Junwei and Wang, Jun and Mo, Xiaoyun and Zhou, Jiamu and Cheng, Cheng
            and Zhao, Yin and Wang, Jun and Zhang, Weinan},
  year = {2024},
  eprint = {2410.04587},
  archivePrefix = {arXiv},
}"""

_XLAM_REPO = "Salesforce/xlam-function-calling-60k"
_XLAM_REVISION = "26d14ebfe18b1f7b524bd39b404b50af5dc97866"
_XLAM_HOMEPAGE = f"https://huggingface.co/datasets/{_XLAM_REPO}"

XLAM = Source(
    name="xlam",
    title="xLAM function-calling-60k (60,000 queries with tools and calls)",
    folder="xlam",
    files=(
        # Its digest is not public; the one that the Hub sends along is checked.
        RemoteFile(
            path="xlam_function_calling_60k.json",
            url=f"{HUB_SCHEME}{_XLAM_REPO}@{_XLAM_REVISION}/"
            "xlam_function_calling_60k.json",
        ),
    ),
    revision=_XLAM_REVISION,
    licence="CC-BY-4.0",
    citation=_APIGEN_CITATION,
    homepage=_XLAM_HOMEPAGE,
    gated=True,
    access=(
        f"Log in at huggingface.co and open {_XLAM_HOMEPAGE} .",
        "Fill in the form there and press 'Agree and access repository'.",
        "Create a token of type 'Read' at https://huggingface.co/settings/tokens .",
        "Make the token known: `export HF_TOKEN=<your token>`, or `hf auth login`.",
        (
            "Run `coalm download xlam`. Or, instead of the last two steps, download "
            "xlam_function_calling_60k.json with the browser and put it at "
            "$COALM_DATA_DIR/xlam/xlam_function_calling_60k.json ."
        ),
    ),
    local_patterns=(
        "xlam_function_calling_60k.json",
        *formats("xlam_function_calling_60k", "xlam-function-calling-60k"),
        "xlam-function-calling-60k/*.parquet",
        "xlam-function-calling-60k/*.arrow",
    ),
)

_IRRELEVANCE_REPO = "MadeAgents/xlam-irrelevance-7.5k"
_IRRELEVANCE_REVISION = "34323bf09efc7e4a394998a0fa91ff997617c369"

XLAM_IRRELEVANCE = Source(
    name="xlam_irrelevance",
    title="xLAM irrelevance 7.5k (7,500 queries that none of the tools fits)",
    folder="xlam",
    files=(
        # The last letter is upstream's spelling.
        RemoteFile(
            path="xlam-7.5k-irrelevancek.json",
            url=f"{HUB_SCHEME}{_IRRELEVANCE_REPO}@{_IRRELEVANCE_REVISION}/"
            "xlam-7.5k-irrelevancek.json",
        ),
    ),
    revision=_IRRELEVANCE_REVISION,
    licence="CC-BY-4.0",
    citation=f"{HAMMER_CITATION}\n{_APIGEN_CITATION}",
    homepage=f"https://huggingface.co/datasets/{_IRRELEVANCE_REPO}",
    local_patterns=(
        "xlam-7.5k-irrelevancek.json",
        "XLAM-7.5k-Irrelevance.json",
        *formats(
            "xlam-7.5k-irrelevance",
            "XLAM-7.5k-Irrelevance",
            "xlam-irrelevance-7.5k",
            "xlam_irrelevance",
        ),
        "xlam-irrelevance-7.5k/*.parquet",
        "xlam-irrelevance-7.5k/*.arrow",
    ),
)
