"""`coalm check`: is the plug-in active, what is installed, where is the data.

With `-c RECIPE`, it checks that recipe instead (`check_recipe`).
"""

from __future__ import annotations

import json
import platform
import shutil
import sys
import sysconfig
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import coalm_oumi
from coalm_oumi.cli import output

if TYPE_CHECKING:
    from coalm_oumi.activation.state import Registered, Setting

_PACKAGES = (
    ("coalm-oumi", ""),
    ("oumi", ""),
    ("torch", ""),
    ("transformers", ""),
    ("trl", ""),
    ("peft", ""),
    ("datasets", ""),
    ("vllm", "gpu"),
    ("bitsandbytes", "gpu"),
    ("liger-kernel", "gpu"),
)


@dataclass(frozen=True)
class PackageVersion:
    """What is installed of a package.

    Attributes:
        name: The package.
        version: The installed version; None if it is not installed.
        required: The versions that this package asks for, such as `<0.10,>=0.9`; empty
            if it asks for none or is not installed itself.
        extra: The extra that it belongs to; empty for what is always needed.
        fits: Whether the version is one of those; a missing package of an extra fits.
    """

    name: str
    version: str | None
    required: str
    extra: str
    fits: bool


@dataclass(frozen=True)
class Gpu:
    """A graphics card: its name and its memory in GB (1e9 bytes)."""

    name: str
    memory_gb: float


def check(
    ctx: typer.Context,
    recipe: Annotated[
        str | None,
        typer.Option(
            "--config", "-c", metavar="RECIPE", help="Check this recipe instead."
        ),
    ] = None,
    hardware: Annotated[
        str | None,
        typer.Option(
            help="What the recipe is to run on: 8xH100-80GB, or 2x8xH100-80GB for two "
            "machines. Without it, what its header says, and this machine."
        ),
    ] = None,
    global_batch: Annotated[
        int | None,
        typer.Option(min=1, help="Samples that a training step is to have."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the report as one JSON object.")
    ] = False,
) -> None:
    """Say whether Oumi knows this package, what is installed, and where the data is.

    Exit code 0 if the plug-in is active, 1 if not. Missing data is no failure. With a
    recipe: what is wrong with it, its memory on each GPU, steps, tokens and hours; fields
    can be changed as for `oumi train`: `--model.model_max_length 512`. Without --hardware
    also what would stop it here. Exit code 1 if something has to be changed or stops it.
    """
    if recipe is not None:
        from coalm_oumi.cli.check_recipe import show_recipe

        show_recipe(ctx, recipe, hardware, global_batch, as_json=as_json)
        return
    if ctx.args:
        raise typer.BadParameter(f"unknown: {' '.join(ctx.args)}", ctx=ctx)
    from coalm_oumi.activation.state import ask_registry, diagnose

    setting, registered = diagnose(), ask_registry()
    gpus, gpu_error = find_gpus()
    versions = package_versions()
    if as_json:
        report = {
            "active": registered.active,
            "activation": {**asdict(setting), **asdict(registered)},
            "python": platform.python_version(),
            "platform": platform.platform(),
            "versions": [asdict(version) for version in versions],
            "gpus": [asdict(gpu) for gpu in gpus],
            "gpu_error": gpu_error,
            "sources": _sources(),
        }
        print(json.dumps(report, indent=1))
    else:
        _show_activation(setting, registered)
        _show_environment(versions, gpus, gpu_error)
        _show_sources()
    if not registered.active:
        raise typer.Exit(1)


def package_versions() -> list[PackageVersion]:
    """Returns the versions of what matters, held against this package's own bounds."""
    from importlib.metadata import PackageNotFoundError, version

    bounds = _bounds()
    found = []
    for name, extra in _PACKAGES:
        try:
            installed = version(name)
        except PackageNotFoundError:
            installed = None
        if installed is None and name == "coalm-oumi":
            installed = f"{coalm_oumi.__version__} (not installed, a checkout)"
        required = bounds.get(name)
        if installed is None or required is None:
            fits = installed is not None or bool(extra)
        else:
            fits = required.contains(installed, prereleases=True)
        found.append(PackageVersion(name, installed, str(required or ""), extra, fits))
    return found


def _bounds() -> dict[str, Any]:
    """Returns the version specifier of each requirement, by normalised name."""
    from importlib.metadata import PackageNotFoundError, requires

    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    try:
        lines = requires("coalm-oumi") or []
    except PackageNotFoundError:
        return {}
    read = (Requirement(line) for line in lines)
    return {canonicalize_name(r.name): r.specifier for r in read if r.specifier}


def find_gpus() -> tuple[list[Gpu], str]:
    """Returns the CUDA devices that torch sees, and an error in a line if it fails."""
    try:
        import torch

        if not torch.cuda.is_available():
            return [], ""
        count = torch.cuda.device_count()
        properties = [torch.cuda.get_device_properties(n) for n in range(count)]
    except Exception as error:  # a broken driver or library fails in many ways
        return [], " ".join(f"{type(error).__name__}: {error}".split())
    return [Gpu(p.name, round(p.total_memory / 1e9, 1)) for p in properties], ""


def _sources() -> list[dict[str, str]]:
    from coalm_oumi.sources.catalogue import SOURCES
    from coalm_oumi.sources.locate import status

    found = [status(source) for source in SOURCES.values()]
    return [
        {
            "name": s.source.name,
            "state": s.state,
            "detail": s.detail,
            "licence": s.source.licence,
        }
        for s in found
    ]


def _show_activation(setting: Setting, registered: Registered) -> None:
    if registered.active:
        output.line("Plug-in: active", style="bold green")
    else:
        output.line("Plug-in: NOT active", style="bold red")
    output.line(f"  {setting.reason}")
    if registered.active:
        output.line(f"  Registered with Oumi: {', '.join(registered.names)}")
    elif registered.error:
        output.line(f"  Oumi's registry cannot be filled: {registered.error}")
    elif setting.names_us:
        output.line("  Oumi has read the list, but has nothing of this package.")
    if not registered.active and setting.advice:
        output.line(f"  {setting.advice}")
    if elsewhere := _other_oumi():
        output.line(f"  The `oumi` on your PATH is of another environment: {elsewhere}")


def _other_oumi() -> Path | None:
    """Returns the `oumi` that a shell finds, if it is not this environment's."""
    found = shutil.which("oumi")
    if found is None:
        return None
    own = {Path(sysconfig.get_path("scripts")), Path(sys.executable).parent}
    path = Path(found)
    return None if {path.parent, path.resolve().parent} & own else path


def _show_environment(
    versions: list[PackageVersion], gpus: list[Gpu], gpu_error: str
) -> None:
    output.heading("Environment")
    output.line(f"Python {platform.python_version()} on {platform.platform()}")
    output.table(
        ("package", "version", "note"), [(v.name, *_described(v)) for v in versions]
    )
    if gpu_error:
        output.line(f"GPU: torch fails: {gpu_error}")
    elif not gpus:
        output.line("GPU: none")
    for number, gpu in enumerate(gpus):
        output.line(f"GPU {number}: {gpu.name}, {gpu.memory_gb} GB")


def _described(package: PackageVersion) -> tuple[str, str]:
    if package.version is None:
        return "not installed", f"extra {package.extra}" if package.extra else "needed"
    if not package.fits:
        return package.version, f"OUTSIDE what coalm-oumi asks for: {package.required}"
    return package.version, package.required


def _show_sources() -> None:
    output.heading("Data")
    for source in _sources():
        output.line(f"{source['name']} ({source['licence']}): {source['state']}")
        output.line(f"  {source['detail']}")
