"""The `coalm` command: what `oumi` has no command for.

`coalm --help` lists the commands. One file per command; nothing heavy is imported before
a command needs it.
"""

from coalm_oumi.cli.app import app, main

__all__ = ["app", "main"]
