"""What a recipe needs and what is wrong with it, found out before a GPU is rented.

    from coalm_oumi.planning.check import check_recipe
    from coalm_oumi.planning.hardware import parse_hardware

    report = check_recipe("recipes/405b_train.yaml", [], parse_hardware("2xH100-80GB"))
    report.findings[0].problem   # "needs ... GiB on each GPU, H100-80GB has ..."

Memory, steps and hours are computed from a model's shape (`models.json`, or the
`config.json` of a local folder), so that nothing has to be downloaded. This package reads
recipes through Oumi's own classes; `model_shape`, `hardware` and `memory` are light.
"""
