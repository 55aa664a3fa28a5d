"""Replies made of the right answers: what a perfect model would write.

Parameters that may be left out are left out. Java and JavaScript values go in as text, as
upstream's converters want them. In multi-turn answers some arguments stand without their
names, which upstream's decoder would drop; they get them here.
"""

from __future__ import annotations

import ast
from typing import Any

from coalm_oumi.benchmarks.bfcl.load import BfclCase

NO_CALL = "None of the functions can be used."

UNATTAINABLE = frozenset(
    {
        "live_simple_106-63-0",
        "live_simple_112-68-0",
        "live_multiple_862-181-3",
        "live_multiple_964-207-0",
        "java_36",
        "java_64",
        "java_65",
    }
)
"""Cases whose answer lacks a required parameter, or has one that the function has not. In
Java, lists of mixed types, of which upstream's converter makes text (36, 65), and a value
that is text where upstream looks for a list of alternatives (64)."""


def gold_prediction(case: BfclCase) -> Any:
    """Returns the prediction that upstream's checker should find right."""
    if case.multi_turn:
        return [
            [f"[{', '.join(_named(call, case) for call in turn)}]"] if turn else [""]
            for turn in case.answer
        ]
    if "irrelevance" in case.category:
        return NO_CALL
    if "relevance" in case.category:
        return f"[{case.functions[0]['name']}()]"
    calls = [_call(answer, case) for answer in case.answer]
    return f"[{', '.join(calls)}]"


def _call(answer: dict[str, Any], case: BfclCase) -> str:
    ((name, values),) = answer.items()
    known = {function["name"]: function for function in case.functions}
    function = known.get(name, case.functions[0])
    parameters = function["parameters"]
    arguments = []
    for key, alternatives in values.items():
        required = key in parameters.get("required", ())
        if key not in parameters["properties"] or ("" in alternatives and not required):
            continue
        value = next((a for a in alternatives if a != ""), "")
        kind = parameters["properties"][key]
        arguments.append(f"{key}={_written(value, kind, case.category)}")
    return f"{function['name']}({', '.join(arguments)})"


def _written(value: Any, kind: dict[str, Any], category: str) -> str:
    if category == "java":
        text = _java(value, kind["type"], kind.get("items", {}).get("type"))
        return f"'{text}'" if '"' in text else f'"{text}"'
    if category == "javascript":
        return f'"{_javascript(value, kind["type"])}"'
    return repr(_chosen(value))


def _chosen(value: Any) -> Any:
    """Returns a value with the first of the alternatives for each key of its objects."""
    if isinstance(value, list):
        return [_chosen(item) for item in value]
    if not isinstance(value, dict) or not all(
        isinstance(v, list) for v in value.values()
    ):
        return value
    picked = {key: [a for a in values if a != ""] for key, values in value.items()}
    return {key: found[0] for key, found in picked.items() if found}


def _java(value: Any, kind: str, inner: str | None) -> str:
    value = _chosen(value)
    if isinstance(value, bool):
        return str(value).lower()
    if kind == "ArrayList" and isinstance(value, list):
        items = ", ".join(
            f'"{item}"'
            if inner in ("String", "char")
            else _java(item, inner or "", None)
            for item in value
        )
        return f"new ArrayList<Object>(Arrays.asList({items}))"
    if kind == "Array" and isinstance(value, list):
        items = ", ".join(_java(item, inner or "", None) for item in value)
        return f"new Object[]{{{items}}}"
    if kind == "HashMap" and isinstance(value, dict):
        items = "; ".join(f'put("{k}", {_java_item(v)})' for k, v in value.items())
        return f"new HashMap<String, Object>() {{{{ {items}; }}}}"
    suffix = {"long": "L", "float": "f"}.get(kind, "")
    return f"{value}{suffix}".replace('"', "'")


def _java_item(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def _javascript(value: Any, kind: str) -> str:
    value = _chosen(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(_javascript_item(item) for item in value)}]"
    if isinstance(value, dict):
        pairs = ", ".join(f"{k}: {_javascript_item(v)}" for k, v in value.items())
        return f"{{{pairs}}}"
    suffix = "n" if kind == "Bigint" else ""
    return f"{value}{suffix}".replace('"', "'")


def _javascript_item(value: Any) -> str:
    if isinstance(value, str):
        return f"'{value}'"
    if isinstance(value, list):
        return f"[{', '.join(_javascript_item(item) for item in value)}]"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def _named(call: str, case: BfclCase) -> str:
    """Returns a call of a multi-turn answer with a name before every argument."""
    node = ast.parse(call, mode="eval").body
    if not isinstance(node, ast.Call):
        raise ValueError(f"this answer is no call: {call}")
    name = ast.unparse(node.func)
    held_back = [f for group in case.held_back.values() for f in group]
    functions = {f["name"]: f for f in (*case.functions, *held_back)}
    names = list(functions[name]["parameters"]["properties"])
    node.keywords = [
        *(ast.keyword(n, v) for n, v in zip(names, node.args, strict=False)),
        *node.keywords,
    ]
    node.args = []
    return ast.unparse(node)
