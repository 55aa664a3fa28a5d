"""How installing this package makes Oumi know it, and how to tell whether it does.

Three files of this folder are installed beside the package (`pyproject.toml`,
`force-include`), for a normal and an editable installation alike:

- `coalm_oumi.pth`, which Python runs at start: it sets OUMI_EXTRA_DEPS_FILE if that is
  unset and the other two files are there. It imports `os` only, which is loaded by then.
  The variable is for this process alone. A child of another environment, where Oumi
  could not import the plug-in or would import another version's, must not inherit it,
  and a child of this one sets it itself. So it stands in `os.environ` without being
  exported: a copy of `os.environ` does not have it, its length does not count it. A
  list that an older version's .pth has exported is replaced; a user's own stays.
- `coalm_oumi_plugin.txt`, the list of plug-in modules that the variable names.
- `coalm_oumi_plugin.py`, the module on that list.
"""
