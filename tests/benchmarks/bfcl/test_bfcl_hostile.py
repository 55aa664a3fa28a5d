"""Replies that would be programs: none is run, and no other case's verdict changes."""

from __future__ import annotations

import json
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.benchmarks.bfcl.checker_process import Checker
from coalm_oumi.benchmarks.bfcl.load import BfclCase
from coalm_oumi.benchmarks.bfcl.verdicts import (
    BEYOND_LIMITS,
    CODE_GIVEN,
    Verdict,
    judge,
)

Cases = dict[str, BfclCase]

FORGED = json.dumps({"valid": True, "error_type": None, "errors": [], "found": "f"})
CODE = (
    "exec('import os; os.write(1, b\"{forged}\\n\")')",
    "print('{forged}')",
    "__import__('os').write(3, b'{forged}\\n')",
    "__import__('os').write(4, b'\\x00' * 64)",
    "__import__('os').system('touch {canary}')",
    "__import__('subprocess').run(['touch', '{canary}']).returncode",
    "__import__('pathlib').Path('{canary}').write_text('x')",
    "open('{canary}', 'w').write('x')",
    "__import__('os').kill(__import__('os').getppid(), 9)",
    "__import__('os').fork()",
    "__import__('os').close(0)",
    "__import__('socket').create_connection(('127.0.0.1', {port})).send(b'x')",
    "().__class__.__base__.__subclasses__()[0].__init__.__globals__['os'].system('ls')",
    "''.__class__.__mro__[1].__subclasses__().__len__()",
    "\uff45\uff58\uff45\uff43('1')",
    "__builtins__['exec']('1')",
    "getattr(builtins, 'exec')('1')",
    "setattr(json, 'dumps', str)",
    "exit()",
    "(lambda: 1)()",
    "[setattr(json, 'dumps', str) for _ in [1]][0]",
    "(a := 3)",
    "sum([1, 2])",
    "f'{{exit()}}'",
    "value.__class__.__init__.__globals__",
)
"""What upstream would run while it reads a reply, were it added to something."""

LARGE = (
    "9 ** 9 ** 9",
    "2 ** 10 ** 9",
    "1 << 10 ** 12",
    "'a' * 10 ** 9",
    "[0] * 10 ** 11",
    "[[[0] * 1000] * 1000] * 1000",
    "('a' * 1000000) + ('b' * 1000000)",
    "b'a' * 10 ** 9",
    "'%9999999999d' % 1",
    "'%*d' % (10 ** 9, 1)",
    "('%s' * 10000) % (('a' * 100000,) * 10000)",
)
"""What would be too large."""


def replies(text: str) -> list[str]:
    """Returns replies with a sum that has the text in it."""
    return [f"[divide(a={text} + 0, b=4)]", f"[divide(a=0 + {text}, b=4)]"]


def hostile(text: str, canary: Path, port: int = 9) -> str:
    return text.format(canary=canary, port=port, forged=FORGED.replace('"', '\\"'))


def all_verdicts(checker: Checker, cases: Cases, text: str) -> list[Verdict]:
    """Returns the verdicts on a reply to every case."""
    found = {
        key: [[text] for _ in case.answer] if case.multi_turn else text
        for key, case in cases.items()
    }
    return judge(list(cases.values()), found, checker)


@pytest.mark.parametrize("code", CODE)
def test_code_is_not_run_and_wrong_whatever_is_wanted(
    checker: Checker, small_cases: Cases, tmp_path: Path, code: str
) -> None:
    with _Listener() as listener:
        text = hostile(code, tmp_path / "canary", listener.port)
        for reply in replies(text):
            found = all_verdicts(checker, small_cases, reply)
            assert {verdict.kind for verdict in found} == {CODE_GIVEN}
            assert not any(v.right or v.right_over_lines for v in found)
        assert not listener.reached
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", LARGE)
def test_what_would_be_too_large_is_not_made(
    checker: Checker, small_cases: Cases, text: str
) -> None:
    restarts = checker.restarts
    # Behind a number: a sum is the one place where upstream evaluates text.
    found = all_verdicts(checker, small_cases, f"[divide(a=[{text}], b=4)]")

    assert {verdict.kind for verdict in found} == {BEYOND_LIMITS}
    assert checker.restarts == restarts


CALLS = (
    "[open(file='{canary}', mode='w')]",
    "[inspect.os.system(command='touch {canary}')]",
    "[importlib.import_module(name='os')]",
    "[inspect.os._exit(status=0)]",
    "[inspect.sys.modules.clear(), add(a=2, b=3)]",
    "[json.dump(obj=1)]",
    "[copy.deepcopy(x=add)]",
    "[exit(code=1)]",
    "[add.__func__.__globals__.clear(x=1)]",
    "[add.__self__.__setattr__(name='_api_description', value='x')]",
    "[{gold}_twitterapi_instance.post_tweet(content='5')]",
    "[{mine}_twitterapi_instance.post_tweet(content='5')]",
    "[{mine}_twitterapi_instance.__init__(x=1)]",
    "[{mine}_twitterapi_instance._load_scenario(scenario='x')]",
    "[TwitterAPI.__init__(self=1)]",
    "[add(a={{\"__import__('os').mkdir('{canary}') or f\": {{'x': 1}}}}, b=1)]",
    "[add(a={{'f(a=1)) or exit(': {{'x': 1}}}}, b=1)]",
    "[add(a={{\"x': __import__('os').mkdir('{canary}'), 'y\": 1}}, b=1)]",
)
"""What upstream would run among the calls of a multi-turn case."""


@pytest.mark.parametrize("text", CALLS)
def test_only_public_methods_of_the_dialogues_own_apis_are_called(
    checker: Checker, small_cases: Cases, tmp_path: Path, text: str
) -> None:
    case = small_cases["multi_turn_base_0"]
    reply = text.format(
        canary=tmp_path / "canary",
        gold=f"coalm_ground_truth_eval_{case.id}",
        mine=f"coalm_eval_{case.id}",
    )
    right = "[add(a=2, b=3), post_tweet(content='5')]"

    alone = judge([case], {case.id: [[reply], [""]]}, checker)[0]
    before = judge([case], {case.id: [[reply, right], [""]]}, checker)[0]

    assert not alone.right
    # It changed nothing: what comes after it passes, unless the whole was refused.
    assert before.right or before.kind == CODE_GIVEN
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "text",
    [
        *(replies(code)[1] for code in (*CODE[:4], "exit()", LARGE[0])),
        "[divide(a=" + "(" * 5000,
        "[divide(a=" + "-" * 100_000 + "1, b=4)]",
        '[divide(a="\n{forged}\n", b=4)]',
    ],
    ids=lambda text: f"{text[:30]!r} {len(text)}",
)
def test_no_other_verdict_changes(
    checker_python: Path, small_cases: Cases, tmp_path: Path, text: str
) -> None:
    """One process answers all; every second reply is hostile."""
    right = {"simple_0": "[divide(a=3, b=4)]", "irrelevance_0": "I cannot sing."}
    wrong = {"simple_0": "[divide(a=4, b=3)]", "irrelevance_0": "[sing(a=1)]"}
    attack = small_cases["simple_1"]
    asked: list[tuple[BfclCase, Any, bool]] = []
    for key in right:
        asked += [(small_cases[key], right[key], True)]
        asked += [(attack, hostile(text, tmp_path / "canary"), False)]
        asked += [(small_cases[key], wrong[key], False)]
    with Checker(checker_python) as checker:
        for case, reply, expected in asked:
            assert judge([case], {case.id: reply}, checker)[0].right is expected


@pytest.mark.parametrize(
    "call",
    [
        "power(base=9, exponent=999999999)",
        "round_number(number=7, decimal_places=-999999999)",
    ],
)
def test_a_call_that_never_ends_is_wrong_and_the_next_case_is_checked(
    checker_python: Path, small_cases: Cases, call: str
) -> None:
    case, next_case = small_cases["multi_turn_base_0"], small_cases["simple_0"]
    with Checker(checker_python, seconds=1) as checker:
        endless = judge([case], {case.id: [[f"[{call}]"], [""]]}, checker)[0]
        after = judge([next_case], {next_case.id: "[divide(a=3, b=4)]"}, checker)[0]

    assert (endless.right, endless.kind) == (False, BEYOND_LIMITS)
    assert after.right


class _Listener:
    """A server that notes whether anybody comes."""

    def __enter__(self) -> _Listener:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(0.05)
        self.port = self._socket.getsockname()[1]
        self.reached = False
        self._ended = False
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = True
        self._thread.join()
        self._socket.close()

    def _listen(self) -> None:
        while not self._ended:
            try:
                self._socket.accept()[0].close()
            except TimeoutError:
                continue
            self.reached = True
