"""Samples for training, made from the sources' records."""

from coalm_oumi.samples.function_calling import (
    MaskingOptions,
    function_calling_output,
    function_calling_prompt,
    function_calling_samples,
)
from coalm_oumi.samples.masking import FunctionTask, mask_functions
from coalm_oumi.samples.sample import Origin, Sample
from coalm_oumi.samples.state_tracking import (
    state_tracking_prompt,
    state_tracking_sample,
    state_tracking_samples,
    write_state,
)
from coalm_oumi.samples.toolace import (
    conversation_input,
    toolace_samples,
    turn_kind,
)

__all__ = [
    "FunctionTask",
    "MaskingOptions",
    "Origin",
    "Sample",
    "conversation_input",
    "function_calling_output",
    "function_calling_prompt",
    "function_calling_samples",
    "mask_functions",
    "state_tracking_prompt",
    "state_tracking_sample",
    "state_tracking_samples",
    "toolace_samples",
    "turn_kind",
    "write_state",
]
