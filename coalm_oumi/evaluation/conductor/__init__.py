"""The conductor: many dialogues at once through any engine, journalled and resumed.

A dialogue is a generator: it yields a request, is sent the model's reply, and returns
what the scorer wants to know (its prediction). A single-turn case has one step::

    def case(prompt: str) -> Dialogue:
        reply = yield Request.of_user(prompt)
        return reply.text

This package knows neither benchmarks nor Oumi; `oumi_engine` alone does. What a benchmark
needs is here; `conduct`, which runs dialogues, is in a module of its own.
"""

from coalm_oumi.evaluation.conductor.dialogue import (
    Ask,
    ChatMessage,
    ChatRole,
    Dialogue,
    Failure,
    Outcome,
    Reply,
    Request,
    RequestRefusedError,
    StartDialogue,
    single_step,
)

__all__ = [
    "Ask",
    "ChatMessage",
    "ChatRole",
    "Dialogue",
    "Failure",
    "Outcome",
    "Reply",
    "Request",
    "RequestRefusedError",
    "StartDialogue",
    "single_step",
]
