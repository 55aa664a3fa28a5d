"""Function calls and the schemas of the functions they call.

A schema in the notation of xLAM and Hammer (an invented one)::

    {"name": "find_bus", "description": "Finds buses.",
     "parameters": {"to": {"description": "Where to.", "type": "str"},
                    "seats": {"description": "How many.", "type": "int, optional",
                              "default": 1}}}

and a call of it: `FunctionCall("find_bus", {"to": "Ely"})`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from coalm_oumi.calls.strict_json import JsonValue


@dataclass(frozen=True)
class FunctionCall:
    """One call: a function's name and its arguments by parameter name, in order."""

    name: str
    arguments: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True)
class ParameterSchema:
    """One parameter, with its definition as the source wrote it.

    Attributes:
        name: The parameter's name, unique within its function.
        definition: `type`, `description`, `default` and whatever else the source gives.
    """

    name: str
    definition: Mapping[str, JsonValue]

    @property
    def type(self) -> str:
        """The type as the source spells it (`int`, `str, optional`, `List[int]`)."""
        return str(self.definition.get("type", ""))

    @property
    def description(self) -> str:
        """What the parameter means; empty when the source does not say."""
        return str(self.definition.get("description", ""))

    @property
    def has_default(self) -> bool:
        """Whether the source gives a default, be it an empty one."""
        return "default" in self.definition

    @property
    def allows_null(self) -> bool:
        """Whether null is a value beside those of the type (`nullable: true`)."""
        return self.definition.get("nullable") is True

    @property
    def default(self) -> JsonValue:
        """The default value; None when there is none."""
        return self.definition.get("default")


@dataclass(frozen=True)
class FunctionSchema:
    """A function that may be called.

    Attributes:
        name: The function's name.
        description: What it does.
        parameters: Its parameters, in the source's order.
        extra: Further keys of the source's definition (`required`, `return`, ...).
    """

    name: str
    description: str = ""
    parameters: tuple[ParameterSchema, ...] = ()
    extra: Mapping[str, JsonValue] = field(default_factory=dict)

    @property
    def parameter_names(self) -> frozenset[str]:
        """The names of all parameters."""
        return frozenset(p.name for p in self.parameters)

    @classmethod
    def from_xlam(cls, tool: JsonValue) -> FunctionSchema:
        """Reads a schema in xLAM's notation (module docstring).

        Args:
            tool: One element of an xLAM row's `tools`.

        Raises:
            ValueError: A key is missing or has another type; the message says which.
        """
        if not isinstance(tool, dict):
            raise ValueError(f"a tool is an object, not {_kind(tool)}")
        name = tool.get("name")
        if not isinstance(name, str) or not name:
            raise ValueError("a tool needs a 'name', a string that is not empty")
        description = tool.get("description", "")
        if not isinstance(description, str):
            raise ValueError(f"tool '{name}': 'description' is not a string")
        parameters = tool.get("parameters", {})
        if not isinstance(parameters, dict):
            raise ValueError(
                f"tool '{name}': 'parameters' is an object from parameter names to "
                f"definitions, not {_kind(parameters)}"
            )
        for parameter, definition in parameters.items():
            if not isinstance(definition, dict):
                raise ValueError(
                    f"tool '{name}', parameter '{parameter}': its definition is an "
                    f"object with 'type' and 'description', not {_kind(definition)}"
                )
        known = ("name", "description", "parameters")
        return cls(
            name=name,
            description=description,
            parameters=tuple(ParameterSchema(p, d) for p, d in parameters.items()),
            extra={key: value for key, value in tool.items() if key not in known},
        )

    def to_xlam(self) -> dict[str, JsonValue]:
        """Returns the schema in xLAM's notation, ready for JSON."""
        return {
            "name": self.name,
            "description": self.description,
            "parameters": {p.name: dict(p.definition) for p in self.parameters},
            **self.extra,
        }


def unresolved(
    calls: Iterable[FunctionCall], functions: Iterable[FunctionSchema]
) -> str | None:
    """Says why some call cannot be made with the functions given, if so.

    A call resolves when a function of its name is listed that has every parameter that
    the call's arguments name.

    Args:
        calls: The calls to check.
        functions: The functions listed; several may bear one name.

    Returns:
        The first call's reason, such as "the call 'find_bus' names no listed tool";
        None when every call resolves.
    """
    listed: dict[str, list[frozenset[str]]] = {}
    for function in functions:
        listed.setdefault(function.name, []).append(function.parameter_names)
    for call in calls:
        if call.name not in listed:
            return f"the call '{call.name}' names no listed tool"
        used = call.arguments.keys()
        if not any(used <= names for names in listed[call.name]):
            unknown = sorted(used - frozenset().union(*listed[call.name]))
            which = f"'{unknown[0]}'" if unknown else "all its arguments together"
            return f"the call '{call.name}': no parameter of that tool is {which}"
    return None


def _kind(value: JsonValue) -> str:
    names = {dict: "an object", list: "a list", str: "a string", type(None): "null"}
    return names.get(type(value), f"{value!r}")
