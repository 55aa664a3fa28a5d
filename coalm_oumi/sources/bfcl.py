"""The catalogue's entries of BFCL V3: its cases, and the APIs that its dialogues call.

Both at the revision of the leaderboard on which CoALM's scores were published
(2025-02-12). The executable categories of that revision are not here: upstream retired
them, since they need live web services.
"""

from __future__ import annotations

from coalm_oumi.sources.source import RemoteFile, Source

_REVISION = "8bf675cc5f92e99971ba1f6bbb15bcf1d1d2eb1c"
_ADDRESS = (
    "https://raw.githubusercontent.com/ShishirPatil/gorilla/"
    f"{_REVISION}/berkeley-function-call-leaderboard"
)
# Bytes and SHA-256 of each file, computed from the files of that revision.
_CASES = {
    "BFCL_v3_simple.json": (
        280474,
        "fbc37b2ad252bf9af985582e0e07b456173fe627d957491472ea9cef5fb83158",
    ),
    "BFCL_v3_java.json": (
        85919,
        "261d327d50c1bb505614dd5f75a29167d5bd9f938e5cefefef989c325cb67848",
    ),
    "BFCL_v3_javascript.json": (
        46713,
        "b69b6a99548f72e151be7abed4beb0ed70873d3370d5b78feed75b66f33795d3",
    ),
    "BFCL_v3_multiple.json": (
        316583,
        "aef168155ebd74b7ac2401198b201343bc7d16d7a3d7e0d4e6d8ee82c6969b2a",
    ),
    "BFCL_v3_parallel.json": (
        172094,
        "fad375d68295776efb63e5aa331dd884f8635e7bb50e05908113c74f14281c3c",
    ),
    "BFCL_v3_parallel_multiple.json": (
        347080,
        "8863ea8433239f55c5f016154cf0830853c89f693c6ea270396a2fa121960579",
    ),
    "BFCL_v3_irrelevance.json": (
        160114,
        "975f51c51f688649fd190078efd87081241e0a326f9114a2ea3c1ca2440d8690",
    ),
    "BFCL_v3_live_simple.json": (
        260128,
        "b398743e6c0dfd2a87cee97a3bc1b9b90b81edc228c3153a820a93b51186fc00",
    ),
    "BFCL_v3_live_multiple.json": (
        3891342,
        "af2520ac5bb0b05aa9b8abe14a79b87198e5a3137a707d4f5633c792330f0cee",
    ),
    "BFCL_v3_live_parallel.json": (
        15649,
        "6c26e9fdc3350cf596e6d1ea9c179cbff834761bccf562f4141ed29a839ca421",
    ),
    "BFCL_v3_live_parallel_multiple.json": (
        82332,
        "21d4b9319c1faac431e22757b367ea28917fe467364c3a4b17f16ec06d4f6e79",
    ),
    "BFCL_v3_live_irrelevance.json": (
        2202715,
        "0d259e1c3ab6ba06c2a51911e2f49ecaa2eac3723a4a14f183a7687955e61338",
    ),
    "BFCL_v3_live_relevance.json": (
        54134,
        "294ef3f21909e6f84c735faf688f5cbd72226ad012b7ea53c1e177c40cbbf053",
    ),
    "BFCL_v3_multi_turn_base.json": (
        391058,
        "edaea7666e0089062c30f3ac511914d5c27414dbe9b8214488191980d873b145",
    ),
    "BFCL_v3_multi_turn_miss_func.json": (
        401840,
        "e6cfbd225ac1182c82bfcd0a83410babd410a8cf2050942894017829e9a57e23",
    ),
    "BFCL_v3_multi_turn_miss_param.json": (
        403181,
        "21a850b8bb0b41aba63e0bbcd9b4af6c7997144180eadd4bcdf4bdfd98077c1a",
    ),
    "BFCL_v3_multi_turn_long_context.json": (
        392651,
        "a7c2b44cfe14e243e66acbb0737970f1085460fed5793bfa0137fb4782ff8fc4",
    ),
    "possible_answer/BFCL_v3_simple.json": (
        60809,
        "2911a2bc00df82c4f999ffa64fedb0164cb88e96212ffa5972087eb91fd496ee",
    ),
    "possible_answer/BFCL_v3_java.json": (
        15707,
        "692c16dac988f24f41e26591b7c7ad9596d0d7f05d3c94d15dbf7de3f48025e5",
    ),
    "possible_answer/BFCL_v3_javascript.json": (
        7529,
        "0f5620f298eae6173f5f94d3006d068a2cce4cd7c960c2170d21904ce7b63790",
    ),
    "possible_answer/BFCL_v3_multiple.json": (
        32254,
        "244e00ce9395df948bcafc7bee64e8f9c87ef70887587d83cae45b13699f3047",
    ),
    "possible_answer/BFCL_v3_parallel.json": (
        65905,
        "3af54bf04e5b7640b03a9b6a82440f52474feb24b398f94435fd2b155c7727de",
    ),
    "possible_answer/BFCL_v3_parallel_multiple.json": (
        74601,
        "df4d2c16238c1465dc04697c273cf3ab4a450075fcd274e3dc86ad5bf0049b75",
    ),
    "possible_answer/BFCL_v3_live_simple.json": (
        46971,
        "4a1988780cdd8a723967587614cb84a9f53aa5d6fd37f83c78a0dd7acc2f3d15",
    ),
    "possible_answer/BFCL_v3_live_multiple.json": (
        199668,
        "97e90d59c5bd76c55a2920ce93e5566e9046307d3f558578f085f9d3a56c3084",
    ),
    "possible_answer/BFCL_v3_live_parallel.json": (
        4974,
        "5e3d26c9103dd25912003d3c5f681f30efc6fd2b5f8ba474450f2df21fdf6fcb",
    ),
    "possible_answer/BFCL_v3_live_parallel_multiple.json": (
        7420,
        "f5b5f360556c5feb51db46fb9f56ee4b304f4b45b161599bbb14161c98a2873f",
    ),
    "possible_answer/BFCL_v3_multi_turn_base.json": (
        80428,
        "d03b360939e3ca7fe537016349f84868971340393c3d43c1dd9527b8e43102f2",
    ),
    "possible_answer/BFCL_v3_multi_turn_miss_func.json": (
        82136,
        "9f5a0ebb3627062be8ecfc0ffa375b4ca3cf15d9a899f3bdedea9588aa5b80eb",
    ),
    "possible_answer/BFCL_v3_multi_turn_miss_param.json": (
        82360,
        "494068e24f5e821818040662efcbb88b15d5e34b98f5d08c62806f1463523dad",
    ),
    "possible_answer/BFCL_v3_multi_turn_long_context.json": (
        116024,
        "07347ad66e4b304550b5f3b34e5b07864c0f1d738f8b59560fbd3c372255c504",
    ),
    "multi_turn_func_doc/gorilla_file_system.json": (
        13951,
        "26c01bed25bf7affbc8d281cc8124ccdc220a64c374ac4a7a9181dea0a0468ee",
    ),
    "multi_turn_func_doc/math_api.json": (
        9158,
        "83fa31708c89442bdcf12ac4dfbe3be8663ec9183a1b1524a9fda98164bc7e0b",
    ),
    "multi_turn_func_doc/message_api.json": (
        6097,
        "2855068a0e77c4f1861fb2c1aa581590af85eb4b56994c6ebf79e30afb83be24",
    ),
    "multi_turn_func_doc/posting_api.json": (
        10573,
        "87f9fc404a06e4107d7c366f1399c596440e84c16cb119faf374b2f532d86e8b",
    ),
    "multi_turn_func_doc/ticket_api.json": (
        6577,
        "1d78a0bbc15ca2dca3a2228be690b8b929783b2715175cd05b80ee2106581897",
    ),
    "multi_turn_func_doc/trading_bot.json": (
        14075,
        "c04b85e9ea0795a0fea1e1c3608795aa720edde52539b2e71897aa207976a25f",
    ),
    "multi_turn_func_doc/travel_booking.json": (
        15930,
        "5247c1f4db044d4c18c30cc8e3a4e2a0c818aa122f4aae62f9b95d94dec065a3",
    ),
    "multi_turn_func_doc/vehicle_control.json": (
        17545,
        "a0366b59ad6eabb10410eadf95aa5991262ad0bbc3f560ebba45d7fc3e4f2808",
    ),
}
_SIMULATORS = {
    "gorilla_file_system.py": (
        31861,
        "15b05f8ef4ed4dda2681859917cefa229db5b8f3957c05ac5bdb258d11091b1e",
    ),
    "long_context.py": (
        190330,
        "5c9a5710115609c779e5b2ccb43f6ad58271ed96f2ea7a797edb0d65c385aa38",
    ),
    "math_api.py": (
        12252,
        "abde32cc25e71b2ff3acf4d028a3c005b98409c174aba4abddbfe1c018afb9a8",
    ),
    "message_api.py": (
        12598,
        "ff65c20ac7af5bf5f13048805b7a50fcf0a82eeb5922605b9343a022737f88cd",
    ),
    "posting_api.py": (
        12505,
        "6436d6ba622acb3a3e425fc9f97992af2278d1819f743350a1326ed6e9b8af58",
    ),
    "ticket_api.py": (
        9666,
        "3d74510e1ea1dd8e677fcc85457da7c7f4b38eae71a199b6bb48f32681ffc483",
    ),
    "trading_bot.py": (
        25953,
        "bc09b083c08d5b7ded53a7a631a4e2a003da998784f42e214209d522752d807e",
    ),
    "travel_booking.py": (
        33717,
        "cbc1f08db770a54a39e96181a460e7ac9100dcc5225e68bd77240fd26c52d217",
    ),
    "vehicle_control.py": (
        29437,
        "20a0ed95b6ab8073988780b226703ff00dacfeb2fffdac3fe3fdea997f759789",
    ),
}
_CITATION = """\
@inproceedings{patil2025bfcl,
  title = {The {Berkeley} Function Calling Leaderboard ({BFCL}): From Tool Use to
           Agentic Evaluation of Large Language Models},
  author = {Patil, Shishir G. and Mao, Huanzhi and Yan, Fanjia and Ji, Charlie
            Cheng-Jie and Suresh, Vishnu and Stoica, Ion and Gonzalez, Joseph E.},
  booktitle = {Proceedings of ICML 2025},
  year = {2025},
}"""


def _files(folder: str, listed: dict[str, tuple[int, str]]) -> tuple[RemoteFile, ...]:
    return tuple(
        RemoteFile(path, f"{_ADDRESS}/{folder}/{path}", sha256=sha256, size=size)
        for path, (size, sha256) in listed.items()
    )


BFCL_V3 = Source(
    name="bfcl_v3",
    title="BFCL V3 without its executable categories (4,441 cases)",
    folder="bfcl_v3",
    files=_files("data", _CASES),
    revision=_REVISION,
    licence="Apache-2.0",
    citation=_CITATION,
    homepage="https://github.com/ShishirPatil/gorilla",
)

BFCL_V3_SIMULATORS = Source(
    name="bfcl_v3_simulators",
    title="BFCL V3: the simulated APIs of its multi-turn cases (code for the checker)",
    folder="bfcl_v3_simulators",
    files=_files("bfcl/eval_checker/multi_turn_eval/func_source_code", _SIMULATORS),
    revision=_REVISION,
    licence="Apache-2.0",
    citation=_CITATION,
    homepage="https://github.com/ShishirPatil/gorilla",
)
