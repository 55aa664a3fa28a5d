"""The prompts, byte for byte."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import jinja2

from coalm_oumi.benchmarks.bfcl.categories import CATEGORIES
from coalm_oumi.benchmarks.bfcl.load import BfclCase, load_bfcl
from coalm_oumi.benchmarks.bfcl.prompt import (
    documented,
    first_messages,
    language_of,
    result_messages,
    turn_messages,
)
from tests.benchmarks.bfcl.upstream_start import START

SYSTEM = """\
You are an expert in composing functions. You are given a question and a set of possible \
functions. Based on the question, you will need to make one or more function/tool calls \
to achieve the purpose.
If none of the functions can be used, point it out. If the given question lacks the \
parameters required by the function, also point it out.
You should only return the function calls in your response.

If you decide to invoke any of the function(s), you MUST put it in the format of \
[func_name1(params_name1=params_value1, params_name2=params_value2...), func_name2(params)]
You SHOULD NOT include any other text in the response.

At each turn, you should try your best to complete the tasks requested by the user within \
the current turn. Continue to output functions to call until you have fulfilled the \
user's request to the best of your ability. Once you have no more functions to call, the \
system will consider the current turn complete and proceed to the next turn or task.

Here is a list of functions in JSON format that you can invoke.
[{'name': 'add', 'description': 'Adds two numbers. Note that the provided function is in \
Python 3 syntax.', 'parameters': {'type': 'dict', 'properties': {'a': {'type': 'float', \
'description': 'One.'}, 'b': {'type': 'float', 'description': 'The other.'}}, 'required': \
['a', 'b']}, 'response': {'type': 'dict', 'properties': {'result': {'type': 'float'}}}}]

"""
BEGIN = "<|begin_of_text|>"
MULTIPLY = (
    "[{'name': 'multiply', 'description': 'Multiplies two numbers.', 'parameters': "
    "{'type': 'dict', 'properties': {'a': {'type': 'float', 'description': 'One.'}, 'b': "
    "{'type': 'float', 'description': 'The other.'}}, 'required': ['a', 'b']}, "
    "'response': {'type': 'dict', 'properties': {'result': {'type': 'float'}}}}]\n"
    "I have updated some more functions you can choose from. What about now?"
)


def test_the_first_messages_are_the_instruction_with_the_functions_and_the_request(
    small_cases: dict[str, BfclCase],
) -> None:
    assert first_messages(small_cases["multi_turn_miss_func_0"]) == [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": "Add 2 and 3."},
    ]


def test_a_cases_own_system_message_comes_behind_the_instruction(
    small_cases: dict[str, BfclCase],
) -> None:
    case = small_cases["multi_turn_miss_func_0"]
    own = {"role": "system", "content": "Be brief."}
    with_own = BfclCase(
        case.id, case.category, ((own, *case.turns[0]),), case.functions
    )

    messages = first_messages(with_own)

    assert [m["role"] for m in messages] == ["system", "user"]
    assert messages[0]["content"] == f"{SYSTEM}\n\nBe brief."


def test_functions_held_back_are_what_the_user_says_in_their_turn(
    small_cases: dict[str, BfclCase],
) -> None:
    case = small_cases["multi_turn_miss_func_0"]

    assert turn_messages(case, 1) == [{"role": "user", "content": "Times 7?"}]
    assert turn_messages(case, 2) == [{"role": "user", "content": MULTIPLY}]


def test_results_come_back_as_tool_messages_or_in_one_of_the_user() -> None:
    calls, results = ["add(a=2)", "sub(a=1)"], ['{"result": 5}', "1"]

    assert result_messages(calls, results, "coalm") == [
        {"role": "tool", "content": '{"result": 5}'},
        {"role": "tool", "content": "1"},
    ]
    assert result_messages(calls, results, "chat") == [
        {
            "role": "user",
            "content": "[{'role': 'tool', 'name': 'add(a=2)', 'content': "
            "'{\"result\": 5}'}, {'role': 'tool', 'name': 'sub(a=1)', 'content': '1'}]",
        }
    ]


def test_java_and_javascript_parameters_are_text_with_their_type_in_words() -> None:
    function = {
        "name": "f",
        "description": "Does.",
        "parameters": {
            "type": "dict",
            "properties": {
                "n": {"type": "long", "description": "How many."},
                "x": {"type": "any", "description": "What."},
                "l": {
                    "type": "ArrayList",
                    "items": {"type": "String"},
                    "description": "All.",
                },
            },
        },
    }

    (told,) = documented([function], "Java")

    assert told["description"] == (
        "Does. Note that the provided function is in Java 8 SDK syntax."
    )
    assert told["parameters"]["properties"] == {
        "n": {
            "type": "string",
            "description": "How many. This is Java long type parameter in string "
            "representation.",
        },
        "x": {
            "type": "string",
            "description": "What. This parameter can be of any type of Java object in "
            "string representation.",
        },
        "l": {
            "type": "string",
            "description": "All. This is Java ArrayList type parameter in string "
            "representation. The list elements are of type String; they are not in "
            "string representation.",
        },
    }
    assert function["parameters"]["properties"]["l"]["items"] == {"type": "String"}
    assert [language_of(c) for c in ("java", "javascript", "live_simple")] == [
        "Java",
        "JavaScript",
        "Python",
    ]


def test_a_javascript_dictionary_has_its_schema_in_words() -> None:
    kind = {"a": {"type": "integer", "description": "Of it."}}
    function = {
        "name": "f",
        "description": "Does.",
        "parameters": {
            "properties": {
                "d": {"type": "dict", "properties": kind, "description": "That."}
            }
        },
    }

    (told,) = documented([function], "JavaScript")

    assert told["parameters"]["properties"]["d"] == {
        "type": "string",
        "description": "That. This is JavaScript dict type parameter in string "
        "representation. The dictionary entries have the following schema; they are not "
        'in string representation. {"a": {"type": "integer", "description": "Of it."}}',
    }


def test_oumis_plain_llama_template_makes_the_text_that_was_sent(
    small_cases: dict[str, BfclCase],
) -> None:
    """Headers without a date, contents stripped, results under the role `tool`."""
    from oumi.builders.models import build_chat_template

    messages = [
        *first_messages(small_cases["multi_turn_miss_func_0"]),
        {"role": "assistant", "content": " [add(a=2, b=3)] "},
        *result_messages(["add(a=2, b=3)"], ["5"], "coalm"),
    ]
    template = jinja2.Environment(autoescape=True).from_string(
        f"{{% autoescape false %}}{build_chat_template('llama3-instruct')}"
        "{% endautoescape %}"
    )
    written = template.render(
        messages=messages, add_generation_prompt=True, bos_token=BEGIN
    )

    assert written == (
        f"{BEGIN}<|start_header_id|>system<|end_header_id|>\n\n"
        f"{SYSTEM.strip()}<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\nAdd 2 and 3.<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n[add(a=2, b=3)]<|eot_id|>"
        "<|start_header_id|>tool<|end_header_id|>\n\n5<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n"
    )


UPSTREAM = """
import json, sys
from bfcl_eval.model_handler import utils
for line in sys.stdin:
    case = json.loads(line)
    functions = utils.func_doc_language_specific_pre_processing(
        case["functions"], case["category"]
    )
    print(json.dumps(utils.system_prompt_pre_processing_chat_model(
        case["turn"], functions, case["category"]
    )))
"""


def test_upstreams_own_functions_make_the_same_messages_of_all_cases(
    real_data: Path, checker_python: Path
) -> None:
    cases = load_bfcl(categories=CATEGORIES, data=real_data / "bfcl_v3").cases
    told = "\n".join(
        json.dumps(
            {"category": c.category, "functions": c.functions, "turn": c.turns[0]}
        )
        for c in cases
    )
    printed = subprocess.run(
        [str(checker_python), "-c", START + UPSTREAM],
        input=told,
        capture_output=True,
        text=True,
        check=True,
        env={},
    )

    theirs = [json.loads(line) for line in printed.stdout.splitlines()]
    assert len(theirs) == 4441
    assert [
        c.id for c, t in zip(cases, theirs, strict=True) if first_messages(c) != t
    ] == []
