"""The `coalm` command: what `oumi` has no command for.

`coalm check` says whether Oumi knows this package and where the data is, `coalm
download` fetches sources, `coalm build` makes the training mixture, `coalm preview`
shows what a recipe trains on, and `coalm score` scores stored predictions again. One
file per command; nothing heavy is imported before a command needs it.
"""

from coalm_oumi.cli.app import app, main

__all__ = ["app", "main"]
