"""Prints a SHA-256 of all that decides whether the requirements resolve."""

import hashlib
import json
import pathlib
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
names = ("requires-python", "dependencies", "optional-dependencies")
files = ("requirements.lock", ".ci/resolve")
parts = [project[name] for name in names] + [(ROOT / f).read_text() for f in files]
print(hashlib.sha256(json.dumps(parts).encode()).hexdigest())
