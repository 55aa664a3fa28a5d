"""Replies are read as upstream's own decoder reads them, which evaluates sums.

The replies here are harmless: upstream's functions read them as they are, in the checker's
environment.
"""

from __future__ import annotations

import json
import subprocess
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.benchmarks.bfcl.categories import MULTI_TURN
from coalm_oumi.benchmarks.bfcl.checker_process import Broken, Checker
from coalm_oumi.benchmarks.bfcl.environment import CHECKER_FOLDER, package_data
from coalm_oumi.benchmarks.bfcl.load import load_bfcl
from tests.benchmarks.bfcl.upstream_start import START

SCRIPT = """
import json, sys, warnings
from bfcl_eval.model_handler.utils import (
    default_decode_ast_prompting as read, default_decode_execute_prompting as execute
)
warnings.simplefilter("ignore")
def tried(function, text):
    try:
        found = function(text)
    except Exception:
        return None
    try:
        return str(found)
    except ValueError as error:
        return str(error)
texts = json.load(sys.stdin)
print(json.dumps([[tried(read, t), tried(execute, t)] for t in texts]))
"""

VALUES = (
    *("1", "-1", "+1", "~5", "not True", "- 1.5", "--1", "-(1 + 2)", "-'a'", "-x"),
    *("1_000", "007", "0o17", "0xFF", "1e3", "1e999", "1e999 - 1e999", "1j", "-2j"),
    *("9" * 5000, "0x" + "f" * 9000, "5 % 3", "2 ** 3 ** 2", "7 // 2", "1 << 4"),
    *("'a'", '"a"', "'''a'''", "'a' 'b'", "'a' + 'b'", "b'a'", "r'a\\n'", "'\\u00e9'"),
    *("'%s' % 'a'", "'%d-%d' % (1, 2)", "'%s' % max", "'a' * 3", "3 * 'ab'", "[0] * 4"),
    *("f'a'", "f'{1}'", "u'a'", "'it''s'", "'a", "a'", "True", "None", "...", "nan"),
    *(
        "x",
        "x + 1",
        "x.y",
        "x.y + 1",
        "x[0]",
        "x[0] + 1",
        "x[1:2]",
        "é",
        "\uff46\uff55\uff4c\uff4c",
        "int",
    ),
    *("max - min", "max + 1", "[max] + [1]", "str", "undefined(1) * 2", "today() - 7"),
    *("g()", "g(1)", "g(b=1)", "g(h(c=1))", "g(b=h(c=1))", "g(b=1) * 2", "x.g(b=1)"),
    *(
        "[1, 2]",
        "[\n1,\n2]",
        "[1, -2, 1 + 2]",
        "[x, g(b=1)]",
        "[[1], (2, 3)]",
        "(1,)",
        "()",
    ),
    *(
        "{}",
        "{'a': 1}",
        "{'a': {'b': 1}}",
        "{1: 2, 'c': [3]}",
        "{'a': g(b=1)}",
        "{x: y}",
    ),
    *("{1, 2}", "{1} | {2}", "{**x}", "{'a': 1, **{}}", "[*x]", "*x", "{[1]: 2}"),
    *(
        "lambda: 1",
        "lambda x: x + 1",
        "[i for i in x]",
        "{i for i in x}",
        "(i for i in x)",
    ),
    *(
        "[i * 2 for i in x] + [1]",
        "1 if x else 2",
        "(1 if x else 2) + 1",
        "1 < 2",
        "1 or 2",
    ),
    *(
        "(a := 1)",
        "await x",
        "yield",
        "1 +",
        "1; 2",
        "1 # two",
        "1\n+ 2",
        "1 +\n2",
        "'a\nb'",
    ),
    *(
        "'a'.upper()",
        "'a'.upper",
        "x.upper() + 'b'",
        "x and y",
        "not x",
        "x @ y",
        "3 @ 4",
    ),
    *(
        "datetime.now() - timedelta(days=1)",
        "math.pi * 2",
        "int | x",
        "10 ** -2",
        "1 / 0",
    ),
    *(
        "'use cd (x)'",
        "'[a]'",
        '"it\'s"',
        "'a\\'b'",
        "'</s>'",
        "'(', b=')'",
        "1, b=2, **x",
    ),
)
REPLIES = (
    *(f"[f(a={value})]" for value in VALUES),
    *(f"[f(b='x', a={value}), g.h(c=1)]" for value in VALUES[::3]),
    *(
        "f(a=1)",
        "[f()]",
        "[]",
        "",
        "[{}]",
        "[f]",
        "f",
        "[f(a=1), 3]",
        "[f(a=1)], [g()]",
    ),
    *(
        "[f(1)]",
        "[f(1, a=2)]",
        "[f(*x)]",
        "[f(**x)]",
        "[f(**{'a': 1})]",
        "[f(a=1, a=2)]",
    ),
    *("[f(from=1)]", "[class(a=1)]", "[f(class_=1)]", "[get-on(a=1)]", "[f(a-b=1)]"),
    *(
        "['a'.upper(x=1)]",
        "[f(x)(y=1)]",
        "[f()(a=1)]",
        "[(lambda: 1)()]",
        "[x[0](a=1)]",
    ),
    *("[a.b.c(d=1)]", "[a.b().c(d=1)]", "[f(a=1) + 2]", "[f(a=1) if x else g()]"),
    *("[get_co-ordinate(location='Berlin')]", "[not f(a=1)]", "[-f(a=1)]", "{f(a=1)}"),
    *("[f(a=1),]", "[ f(a=1) ]", "[f(a=1),\n g()]", "(f(a=1), g())", "f(a=1), g()"),
    *(
        "```\n[f(a=1)]\n```",
        "```python\n[f(a=1)]\n```",
        "`f(a=1)`",
        "'f(a=1)'",
        "[[f(a=1)]]",
    ),
    *(
        "[f(a=1)]<|eot_id|>",
        "I think:\n[f(a=1)]",
        "[f(a=1)]\nDone.",
        "\t[f(a=1)]",
        "\ufeff[f()]",
    ),
    *(
        "[\uff46(\uff41=1)]",
        "[función(año=1)]",
        "[城市(名='北京')]",
        "[f(a=1\uff09]",
        "[f\uff08a=1\uff09]",
        "[f(a='\0')]",
    ),
)


@pytest.fixture(scope="module")
def upstreams(checker_python: Path) -> dict[str, list[Any]]:
    """What upstream's functions read, as text, and what they would execute."""
    done = subprocess.run(
        [str(checker_python), "-B", "-s", "-c", START + SCRIPT],
        input=json.dumps(REPLIES),
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(zip(REPLIES, json.loads(done.stdout), strict=True))


@pytest.mark.parametrize("reply", REPLIES, ids=lambda text: repr(text[:60]))
def test_what_is_read_is_what_upstream_reads(
    checker: Checker, upstreams: dict[str, list[Any]], reply: str
) -> None:
    read, executable = upstreams[reply]
    asked = {"op": "check_presence", "category": "live_relevance", "text": reply}
    stage = {"id": "multi_turn_base_0", "initial_config": {}, "involved_classes": []}

    answer = checker.ask(asked)
    step = checker.ask({"op": "step", "stage": stage, "before": [], "text": reply})

    assert not isinstance(answer, Broken)
    assert not isinstance(step, Broken)
    assert answer["found"] == (read and read[:4000])
    assert str(step["calls"]) == (executable or "[]")


THEIRS = """
import json, sys
from bfcl_eval.eval_checker.multi_turn_eval import multi_turn_utils as running
own = {*vars(running)}
found = []
for stage, calls in json.load(sys.stdin):
    results, _ = running.execute_multi_turn_func_call(
        calls, stage["initial_config"], stage["involved_classes"], "coalm",
        stage["id"], long_context="long_context" in stage["id"],
    )
    found.append(results)
    for name in vars(running).keys() - own - {"eval"}:
        del vars(running)[name]
print(json.dumps(found))
"""
OURS = """
import json, sys
sys.path.insert(0, sys.argv[1])
from upstream import Upstream
upstream = Upstream(None)
print(json.dumps([upstream.play(stage, [calls]) for stage, calls in json.load(sys.stdin)]))
"""
MORE_CALLS = (
    *("add(2, 3)", "add(a=add(a=1, b=2), b=-1)", "ls(a=True)", "cd(folder=pwd())"),
    *(
        "touch(file_name='use cd (x) (y)')",
        "GorillaFileSystem.ls()",
        "foo(x=1)",
        "kill()",
    ),
    *("a.exit(b=1)", "mean(numbers=[1, 2.5, 3])", "add(a=inf, b=1)", "f(None=1)", "()"),
    *(
        "square_root(number=2, precision=30)",
        "logarithm(value=9, base=3, precision=20)",
    ),
    *("add(a=1j, b={'c': [(1,)]})", "add(a=b'x', b=...)", "add(a={1}, b=1)", "'text'"),
)


def test_results_of_calls_are_those_that_upstream_gets(checker_python: Path) -> None:
    """All right calls, among them such as upstream's decoder would not make."""
    cases = load_bfcl(
        categories=MULTI_TURN, data=package_data(checker_python), per_category=25
    ).cases
    asked = [
        (
            case.stage,
            [*chain.from_iterable(case.answer), MORE_CALLS[i % len(MORE_CALLS)]],
        )
        for i, case in enumerate(cases)
    ]
    ours, theirs = (
        json.loads(
            subprocess.run(
                [str(checker_python), "-B", "-s", "-c", script, str(CHECKER_FOLDER)],
                input=json.dumps(asked),
                capture_output=True,
                text=True,
                check=True,
                env={"PYTHONHASHSEED": "0", "TZ": "UTC"},
            ).stdout
        )
        for script in (OURS, THEIRS)
    )

    assert ours == theirs
