"""Table 6's prompt, and that for thoughts alone."""

from __future__ import annotations

import hashlib

import pytest

from coalm_oumi.calls import FunctionSchema, ParameterSchema
from coalm_oumi.cra.functions import FunctionCatalogue
from coalm_oumi.cra.generate.prompting import functions_listing
from coalm_oumi.prompts import (
    PromptTemplate,
    cra_generation_template,
    cra_grounded_template,
    cra_rephrasing_template,
)

TRANSFER = FunctionSchema(
    "TransferMoney",
    "",
    tuple(ParameterSchema(name, {}) for name in ("account_type", "amount", "when")),
    {"required": ["account_type", "amount"]},
)


@pytest.mark.parametrize(
    ("template", "digest"),
    [
        (cra_generation_template(), "6aa404bd0c3a98ed"),
        (cra_grounded_template(), "7785df6267ad0db3"),
        (cra_rephrasing_template(), "9cae7206d70441d5"),
    ],
    ids=lambda value: getattr(value, "id", ""),
)
def test_a_template_never_changes(template: PromptTemplate, digest: str) -> None:
    assert hashlib.sha256(template.text.encode()).hexdigest()[:16] == digest


def test_table_6_as_printed_with_its_braces_and_headings() -> None:
    text = cra_generation_template().render(
        functions="1. CheckBalance(account_type)",
        names="CheckBalance(), TransferMoney(),..., FindAttractions(), GetWeather()",
        user_input="User: Hello\nSystem: Hi",
    )
    lines = text.split("\n")
    assert lines[0].startswith("You are an advanced AI assistant specializing in")
    assert [line for line in lines if line.startswith("# ")] == [
        "# Task Information:",
        "# Available Functions:",
        "# Output Format:",
        "# Example:",
        "# User Input:",
    ]
    assert (
        "API Name: [API Call Name: CheckBalance(), TransferMoney(),..., "
        "FindAttractions(), GetWeather()]"
    ) in lines
    assert (
        "API Input: {'playlist_name': 'Meditate to Sounds of Nature', "
        "'artists': Don Sherri}"
    ) in lines
    assert lines[-3:] == ["# User Input:", "User: Hello", "System: Hi"]


@pytest.mark.parametrize(
    ("required_only", "line"),
    [
        (True, "1. TransferMoney(account_type, amount)"),
        (False, "1. TransferMoney(account_type, amount, when)"),
    ],
)
def test_the_list_has_required_arguments_as_printed(
    required_only: bool, line: str
) -> None:
    catalogue = FunctionCatalogue((TRANSFER,))
    assert functions_listing(catalogue, required_only=required_only) == line
