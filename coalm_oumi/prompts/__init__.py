"""The prompt formats, one versioned file each."""

from coalm_oumi.prompts.templates import (
    PromptTemplate,
    cra_action_template,
    cra_generation_template,
    cra_grounded_template,
    cra_rephrasing_template,
    cra_response_template,
    cra_tools_template,
    hammer_template,
    load_template,
    snips_template,
    toolace_template,
)

__all__ = [
    "PromptTemplate",
    "cra_action_template",
    "cra_generation_template",
    "cra_grounded_template",
    "cra_rephrasing_template",
    "cra_response_template",
    "cra_tools_template",
    "hammer_template",
    "load_template",
    "snips_template",
    "toolace_template",
]
