"""ToolACE: conversations with function calls."""

from __future__ import annotations

from coalm_oumi.sources.source import HUB_SCHEME, RemoteFile, Source, formats

_CITATION = """\
@inproceedings{liu2025toolace,
  title = {{ToolACE}: Winning the Points of {LLM} Function Calling},
  author = {Liu, Weiwen and Huang, Xu and Zeng, Xingshan and Hao, Xinlong and Yu, Shuai
            and Li, Dexun and Wang, Shuai and Gan, Weinan and Liu, Zhengying and
            Yu, Yuanqing and Wang, Zezhong and Wang, Yuxian and Ning, Wu and
            Hou, Yutai and Wang, Bin and Wu, Chuhan and Wang, Xinzhi and Liu, Yong and
            Wang, Yasheng and Tang, Duyu and Tu, Dandan and Shang, Lifeng and
            Jiang, Xin and Tang, Ruiming and Lian, Defu and Liu, Qun and Chen, Enhong},
  booktitle = {The Thirteenth International Conference on Learning Representations},
  year = {2025},
  eprint = {2409.00920},
  archivePrefix = {arXiv},
}"""

_TOOLACE_REPO = "Team-ACE/ToolACE"
_TOOLACE_REVISION = "6bda777c88d21e5a204703c1ee45597a8fa4f734"

TOOLACE = Source(
    name="toolace",
    title="ToolACE (11,300 conversations with function calls)",
    folder="toolace",
    files=(
        # As several projects recorded them for that revision.
        RemoteFile(
            path="data.json",
            url=f"{HUB_SCHEME}{_TOOLACE_REPO}@{_TOOLACE_REVISION}/data.json",
            sha256="ba12c083fca7e8da48c67ad5b895e495447da7c66e39a2e19742c082e6cb537e",
            size=37154735,
        ),
    ),
    revision=_TOOLACE_REVISION,
    licence="Apache-2.0",
    citation=_CITATION,
    homepage=f"https://huggingface.co/datasets/{_TOOLACE_REPO}",
    local_patterns=formats("data", "train", "toolace", "ToolACE", "ToolACE/"),
)
