"""Validating files of CRA: reading them, the report, the filtered data, the judge."""

from coalm_oumi.cra.check.validate import SGD_TODAY, validate, validate_turn

__all__ = ["SGD_TODAY", "validate", "validate_turn"]
