"""vLLM's `--tool-parser-plugin`: `--tool-call-parser coalm`.

Everything that is known of replies is in `reply_stream`; here its events are put into
vLLM's words. Written for vLLM 0.17 to 0.33.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vllm import envs  # pyright: ignore
from vllm.entrypoints.openai.chat_completion.protocol import (  # pyright: ignore
    ChatCompletionRequest,
)
from vllm.tool_parsers.abstract_tool_parser import (  # pyright: ignore
    ToolParser,
    ToolParserManager,
)

from coalm_oumi.calls import NOTATIONS
from coalm_oumi.serving import (
    Call,
    Content,
    Event,
    ReplyStream,
    arguments_json,
    read_reply,
)
from coalm_oumi.serving.events import AUTO
from coalm_oumi.serving.structural_tag import OfferedTool, structural_tag

try:
    from vllm.entrypoints.generate.base.protocol import (  # pyright: ignore
        DeltaFunctionCall,
        DeltaMessage,
        DeltaToolCall,
        ExtractedToolCallInformation,
        FunctionCall,
        ToolCall,
    )
except ModuleNotFoundError:  # vLLM up to 0.27 at least
    from vllm.entrypoints.openai.engine.protocol import (  # pyright: ignore
        DeltaFunctionCall,
        DeltaMessage,
        DeltaToolCall,
        ExtractedToolCallInformation,
        FunctionCall,
        ToolCall,
    )


class _OneOfSeveral(DeltaFunctionCall):
    """One of several calls in one delta.

    At the end of a reply vLLM looks whether a delta's first call has a function, and then
    puts what may be unsent of the last call in the whole delta's place; 0.17 and 0.18 do
    so even if they know of no call. All was sent: so to that question the answer is no.
    """

    def __bool__(self) -> bool:
        return False


class CoalmToolParser(ToolParser):
    """Reads the calls of a CoALM reply, whole or as it is being written.

    The notation is found out, or given in the request's `chat_template_kwargs`
    (`{"notation": "cra"}`), as the chat template takes it.

    Newer releases constrain replies to the tag of `get_structural_tag`: where a call is
    required or a tool is `strict`, and 0.33 with `--tool-strict-level function` always.
    0.22 does so for strict tools if VLLM_ENFORCE_STRICT_TOOL_CALLING is 1; 0.17 to 0.19
    have no such tags.
    """

    structural_tag_model = "coalm"

    def __init__(self, tokenizer: Any, tools: Any = None) -> None:
        """Takes what vLLM gives; releases before 0.19 give no tools."""
        super().__init__(tokenizer)
        self.tools = tools
        self._stream = ReplyStream()
        self._ended = False

    def get_structural_tag(
        self, request: Any, *, reasoning: bool = False, strict_level: int = 0
    ) -> Any:
        """Returns what the reply may be (`serving.structural_tag`); None for anything.

        Args:
            request: A chat or responses request.
            reasoning: Not used: vLLM applies the tag behind the reasoning.
            strict_level: 1 to hold every call to its form, 2 every argument to its schema;
                0, as in releases without levels, where a call is required or a tool strict.
        """
        if not envs.VLLM_ENFORCE_STRICT_TOOL_CALLING or request.tool_choice == "none":
            return None
        chosen = request.tool_choice or "auto"
        required = chosen != "auto"
        if required and self.supports_required_and_named:
            return None  # this release reads such calls itself, in a form of its own
        tools = [
            OfferedTool(
                function.name,
                getattr(function, "parameters", None),
                strict_level > 1 or getattr(function, "strict", None) is True,
            )
            for function in self._functions(request)
        ]
        if not required and not strict_level and not any(tool.strict for tool in tools):
            return None
        if required and chosen != "required":
            wanted = getattr(chosen, "function", chosen)
            name = getattr(wanted, "name", None)
            tools = [tool for tool in tools if name in (None, tool.name)]
        if not tools:
            return None
        from xgrammar import StructuralTag  # pyright: ignore

        tag = structural_tag(
            tools,
            self._notation(request, "bracket"),
            required=required,
            parallel=chosen in ("auto", "required")
            and getattr(request, "parallel_tool_calls", None) is not False,
        )
        return StructuralTag.model_validate(tag)

    def extract_tool_calls(
        self, model_output: str, request: ChatCompletionRequest
    ) -> ExtractedToolCallInformation:
        """Takes a whole reply apart."""
        reply = read_reply(model_output, **self._options(request))
        return ExtractedToolCallInformation(
            tools_called=bool(reply.calls),
            tool_calls=[
                ToolCall(
                    function=FunctionCall(
                        name=call.name, arguments=arguments_json(call)
                    )
                )
                for call in reply.calls
            ],
            content=reply.content,
        )

    def extract_tool_calls_streaming(
        self,
        previous_text: str,
        current_text: str,
        delta_text: str,
        previous_token_ids: Sequence[int],
        current_token_ids: Sequence[int],
        delta_token_ids: Sequence[int],
        request: ChatCompletionRequest,
    ) -> DeltaMessage | None:
        """Returns what a piece of a reply adds; None if that is not known yet."""
        if not previous_text and not previous_token_ids:
            self._stream = ReplyStream(**self._options(request))
            self._ended = False
            self.prev_tool_call_arr = []
            self.streamed_args_for_tool = []
            self.current_tool_id = -1
        if self._ended:
            return None
        events = self._stream.feed(delta_text)
        if self._is_last(current_token_ids, delta_token_ids, request):
            self._ended = True
            events += self._stream.finish()
        return self._delta(events)

    def _options(self, request: Any) -> dict[str, Any]:
        names = [function.name for function in self._functions(request)]
        outputs = getattr(request, "structured_outputs", None)
        held = bool(getattr(outputs, "structural_tag", None))
        return {
            "functions": names or None,
            "notation": self._notation(request, "bracket" if held else AUTO),
        }

    def _functions(self, request: Any) -> list[Any]:
        """The functions on offer."""
        tools = getattr(request, "tools", None) or self.tools
        # Chat completions have a tool's name in `function`, responses in the tool.
        functions = [getattr(tool, "function", tool) for tool in tools or ()]
        return [f for f in functions if getattr(f, "name", None)]

    def _notation(self, request: Any, otherwise: str) -> str:
        """The notation that the request names, which the template takes too."""
        given = (getattr(request, "chat_template_kwargs", None) or {}).get("notation")
        return given if given in NOTATIONS else otherwise

    def _is_last(
        self, tokens: Sequence[int], new_tokens: Sequence[int], request: Any
    ) -> bool:
        """Whether the reply ends here; vLLM does not say so."""
        stops = {getattr(self.model_tokenizer, "eos_token_id", None)}
        stops |= set(getattr(request, "stop_token_ids", None) or ())
        if new_tokens and new_tokens[-1] in stops - {None}:
            return True
        # `vars`, because vLLM warns of whoever looks at `max_tokens`.
        given = vars(request)
        limit = given.get("max_completion_tokens") or given.get("max_tokens")
        return limit is not None and len(tokens) >= limit

    def _delta(self, events: list[Event]) -> DeltaMessage | None:
        content = "".join(event.text for event in events if isinstance(event, Content))
        calls = [event for event in events if isinstance(event, Call)]
        for event in calls:
            self.streamed_args_for_tool.append(arguments_json(event.call))
            self.prev_tool_call_arr.append(
                {"name": event.call.name, "arguments": dict(event.call.arguments)}
            )
            self.current_tool_id = event.index
        if not content and not calls:
            return None
        kind = _OneOfSeveral if len(calls) > 1 else DeltaFunctionCall
        return DeltaMessage(
            content=content or None,
            tool_calls=[
                DeltaToolCall(
                    index=event.index,
                    id=ToolCall(function=FunctionCall(name="", arguments="")).id,
                    type="function",
                    function=kind(
                        name=event.call.name, arguments=arguments_json(event.call)
                    ),
                )
                for event in calls
            ],
        )


ToolParserManager.register_module("coalm", module=CoalmToolParser)
