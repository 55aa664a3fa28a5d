"""`oumi train`, `infer` and `evaluate` end in one line where the user can mend it.

Oumi shows the stack of any error that is not its own `OumiConfigError`, and what a user
meets in the first hour (no model there, no vLLM, no key, no server) comes from the
libraries below it. When a command of `oumi` ends in such an error, it is told in the words
of `coalm check` instead. Every other error, and all of them with `COALM_TRACEBACK=1`,
`OUMI_LOG_LEVEL=DEBUG` or `--log-level DEBUG`, keeps its stack.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import click

from coalm_oumi.errors import CoalmError, shorten

VERBS = {"train": "train", "infer": "infer", "evaluate": "evaluate", "eval": "evaluate"}
"""Commands of `oumi` that take a recipe, and what each is for."""

TRACEBACK = "COALM_TRACEBACK"
_HOW_TO_SEE = f"({TRACEBACK}=1 shows the whole error.)"


@dataclass(frozen=True)
class Kind:
    """A kind of error that a user can mend.

    Attributes:
        classes: Names of the exceptions' classes; empty for any.
        text: What the message says.
        fields: Ends of the fields of the findings that explain it.
        fix: What helps where no finding does.
    """

    classes: tuple[str, ...]
    text: str
    fields: tuple[str, ...]
    fix: str


_NAME_A_MODEL = (
    "See that model.model_name is a folder here, or a model that you may fetch from the "
    "Hub."
)
_SERVER = "api_url"
KINDS = (
    Kind(
        ("ImportError", "ModuleNotFoundError", "RuntimeError", "PackageNotFoundError"),
        r"[Nn]ot installed|requires the latest version of bitsandbytes|[Ii]nstall it with"
        r"|pip install",
        ("engine", "q_lora", "enable_liger_kernel", "enable_wandb", "enable_mlflow"),
        "Install what it names.",
    ),
    Kind(
        ("ValueError",),
        r"does not have a pad token",
        ("tokenizer_pad_token",),
        "Set model.tokenizer_pad_token to a token of the vocabulary.",
    ),
    Kind(
        (
            *("HFValidationError", "RepositoryNotFoundError", "GatedRepoError"),
            *("RevisionNotFoundError", "LocalEntryNotFoundError"),
            *("OfflineModeIsEnabled", "EntryNotFoundError"),
        ),
        r"",
        ("model_name", "adapter_model", "tokenizer_name"),
        _NAME_A_MODEL,
    ),
    Kind(
        ("RuntimeError",),
        r"client has been closed",  # of the Hub's library, where there is no network
        ("model_name", "adapter_model", "tokenizer_name"),
        _NAME_A_MODEL,
    ),
    Kind(
        ("OSError",),
        r"Repo id must be|valid model identifier|couldn't connect to 'http|no file named"
        r"|does not appear to have a file|gated repo",
        ("model_name", "adapter_model", "tokenizer_name"),
        _NAME_A_MODEL,
    ),
    Kind(
        ("ValueError", "RuntimeError"),
        r"API key is required",
        ("api_key_env_varname",),
        "Export the variable.",
    ),
    Kind(
        (
            *("ClientConnectorError", "ClientConnectorDNSError", "TimeoutError"),
            *("ConnectionRefusedError", "gaierror"),
        ),
        r"",
        (_SERVER,),
        "See that the server runs, and that remote_params.api_url is its address.",
    ),
    Kind(
        ("RuntimeError", "AssertionError", "ValueError"),
        r"No CUDA GPUs are available|Found no NVIDIA driver|not compiled with CUDA"
        r"|Failed to infer device type",
        ("hardware",),
        "Run it where a GPU is.",
    ),
)


def explain_at_end() -> None:
    """Lets the `oumi` command that is running end in one line, if it is one of `VERBS`."""
    context = click.get_current_context(silent=True)
    if context is None or context.command.name not in VERBS:
        return
    module = getattr(context.command.callback, "__module__", "")
    if module.startswith("oumi.cli"):
        context.call_on_close(partial(_explain, context))


def _explain(context: click.Context) -> None:
    """Raises the error that the command ends with anew, as one line, if there is one."""
    error = sys.exc_info()[1]
    if not isinstance(error, Exception) or _wants_stack(context):
        return
    line = _explained(error, context)
    if line is not None:
        from coalm_oumi.oumi_errors import CoalmOumiError

        raise CoalmOumiError(f"{line} {_HOW_TO_SEE}") from error


def _wants_stack(context: click.Context) -> bool:
    level = str(context.params.get("level") or os.environ.get("OUMI_LOG_LEVEL") or "")
    return bool(os.environ.get(TRACEBACK)) or "DEBUG" in level.upper()


def _explained(error: Exception, context: click.Context) -> str | None:
    from oumi.exceptions import OumiConfigError

    if isinstance(error, (OumiConfigError, click.ClickException, click.Abort)):
        return None
    found = kind_of(error)
    if found is None:
        return None
    path = str(context.params.get("config") or "")
    verb = VERBS[str(context.command.name)]
    if verb == "train" and _SERVER in found[0].fields:
        return None  # of processes that train together, not of a server of models
    try:
        config = _config(context, path, verb)
    except Exception:  # a recipe that Oumi itself could not read
        config = None
    return explanation(error, found, path, verb, config)


def kind_of(error: BaseException) -> tuple[Kind, BaseException] | None:
    """Returns the kind of an error, and the error in its chain that tells it."""
    for one in _chain(error):
        names = {kind.__name__ for kind in type(one).__mro__}
        for kind in KINDS:
            if names & set(kind.classes) and re.search(kind.text, str(one)):
                return kind, one
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.__cause__ or one.__context__


def explanation(
    error: BaseException,
    found: tuple[Kind, BaseException],
    path: str,
    verb: str,
    config: Any,
) -> str:
    """Returns in a line what stopped a recipe, and what to do.

    Args:
        error: What the command ended with.
        found: Its kind, and the error of its chain that told it.
        path: The recipe.
        verb: `train`, `infer` or `evaluate`.
        config: The recipe as Oumi has read it; None if it cannot be read.
    """
    kind, told = found
    if config is not None:
        for finding in _findings(config, verb, path):
            if finding.field.endswith(kind.fields):
                return f"{path}: {finding.field}: {finding.problem} {finding.fix}"
    lines = [line.strip() for line in str(told).splitlines() if line.strip()]
    text = shorten(lines[0] if lines else told, 300).rstrip(".")
    return f"{path}: {text} ({type(error).__name__}). {kind.fix}"


def _findings(config: Any, verb: str, path: str) -> Sequence[Any]:
    from coalm_oumi.planning.check import lacking_here
    from coalm_oumi.planning.machine import this_machine

    try:
        found = lacking_here(path, config, verb, this_machine())
    except CoalmError:
        return ()
    return sorted(found, key=lambda finding: finding.level != "error")


def _config(context: click.Context, path: str, verb: str) -> Any:
    """Returns the recipe as the command has read it."""
    from typing import cast

    import typer
    from oumi.cli import cli_utils
    from oumi.core import configs

    kind: Any = {
        "train": configs.TrainingConfig,
        "infer": configs.InferenceConfig,
        "evaluate": configs.EvaluationConfig,
    }[verb]
    typed = cast(typer.Context, context)
    changes = [
        *cli_utils.parse_extra_cli_args(typed),
        *cli_utils.collect_config_overrides(typed),
    ]
    return kind.from_yaml_and_arg_list(path, changes)
