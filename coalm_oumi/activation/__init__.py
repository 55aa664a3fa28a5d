"""How installing this package makes Oumi know it, and how to tell whether it does.

Three files of this folder are installed beside the package (`pyproject.toml`,
`force-include`), for a normal and an editable installation alike:

- `coalm_oumi.pth`, which Python runs at start: it sets OUMI_EXTRA_DEPS_FILE if that is
  unset and the other two files are there. It imports `os` only, which is loaded by then.
- `coalm_oumi_plugin.txt`, the list of plug-in modules that the variable names.
- `coalm_oumi_plugin.py`, the module on that list.
"""
