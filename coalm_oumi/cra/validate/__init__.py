"""Validating files of CRA: reading them, the report, the filtered data, the judge."""
