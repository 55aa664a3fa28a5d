"""What a process that evaluates a model's text is kept from, as far as the system allows.

`confine` is called in a fresh child process, once, and cannot be undone there:

- limits on processor time, memory, file size and open files, on every system;
- an audit hook that refuses sockets, new processes, signals, and opening files other
  than for reading Python's own library, on every system. Python code can get around it;
- Linux on x86-64 and aarch64: a seccomp filter that refuses sockets, new programs and
  processes, signals to others, and all changes to the file system;
- Linux from 5.13: Landlock, which leaves only Python's library to be read.

Standard library only: the environment that runs this has little else.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import resource
import signal
import struct
import sys
import sysconfig
from functools import cache

_NO_NEW_PRIVILEGES = 38
_DIE_WITH_PARENT = 1
_SET_SECCOMP = 22
_SECCOMP_FILTER = 2

# System calls by name, as (x86-64, aarch64); None where there is no such call.
_REFUSED = {
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "sendto": (44, 206),
    "sendmsg": (46, 211),
    "sendmmsg": (307, 269),
    "fork": (57, None),
    "vfork": (58, None),
    "clone": (56, 220),
    "execve": (59, 221),
    "execveat": (322, 281),
    "kill": (62, 129),
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "pidfd_getfd": (438, 438),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "io_uring_setup": (425, 425),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "memfd_create": (319, 279),
    "open_by_handle_at": (304, 265),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "prlimit64": (302, 261),
    "setpriority": (141, 140),
    "creat": (85, None),
    "truncate": (76, 45),
    "ftruncate": (77, 46),
    "fallocate": (285, 47),
    "rename": (82, None),
    "renameat": (264, 38),
    "renameat2": (316, 276),
    "mkdir": (83, None),
    "mkdirat": (258, 34),
    "rmdir": (84, None),
    "link": (86, None),
    "linkat": (265, 37),
    "unlink": (87, None),
    "unlinkat": (263, 35),
    "symlink": (88, None),
    "symlinkat": (266, 36),
    "mknod": (133, None),
    "mknodat": (259, 33),
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "lchown": (94, None),
    "fchown": (93, 55),
    "fchownat": (260, 54),
    "utime": (132, None),
    "utimes": (235, None),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
}
# Said not to exist, so that the C library falls back on a call that can be judged.
_UNKNOWN = {"clone3": (435, 435), "openat2": (437, 437)}
# Number of the argument that holds the flags.
_OPENING = {"open": ((2, None), 1), "openat": ((257, 56), 2)}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

_AUDIT_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32 = 0x40000000

_LOAD, _JUMP_EQUAL, _JUMP_ABOVE, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _FAIL, _KILL = 0x7FFF0000, 0x00050000, 0x80000000

_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_READ_FILE, _READ_FOLDER = 1 << 2, 1 << 3

_EVENTS = (
    "socket.",
    "subprocess.",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.startfile",
    "os.fork",
    "os.kill",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.mkdir",
    "os.link",
    "os.symlink",
    "os.truncate",
    "os.chmod",
    "os.chown",
    "os.utime",
    "os.setxattr",
    "os.listdir",
    "os.scandir",
    "os.putenv",
    "signal.",
    "ctypes.",
    "shutil.",
    "tempfile.",
    "glob.",
    "webbrowser.",
    "urllib.",
    "http.",
    "ftplib.",
    "smtplib.",
    "sqlite3.",
    "pty.",
    "mmap.",
    "gc.",
    "sys._getframe",
    "sys._current",
    "sys.settrace",
    "sys.setprofile",
    "sys.addaudithook",
)


def confine(seconds: int, memory: int) -> list[str]:
    """Confines this process for good.

    Args:
        seconds: Processor time that is left to it.
        memory: Bytes of address space that it may have.

    Returns:
        What is in force.
    """
    measures = ["limits"]
    library = _library()
    _limit(seconds, memory)
    if sys.platform == "linux":
        libc = _libc()
        libc.prctl(_DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
        libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        if _landlock(libc, library):
            measures.append("landlock")
        if _seccomp(libc):
            measures.append("seccomp")
    _audit(library)
    measures.append("audit hook")
    return measures


@cache
def _library() -> list[str]:
    """Returns the folders of Python's own library; what is installed beside is loaded."""
    found = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib")}
    return sorted(os.path.realpath(path) for path in found if os.path.isdir(path))


def _limit(seconds: int, memory: int) -> None:
    used = sum(os.times()[:2])
    soft = int(used) + seconds
    wanted = {
        "RLIMIT_CPU": (soft, soft + 1),
        "RLIMIT_AS": (memory, memory),
        "RLIMIT_FSIZE": (0, 0),
        "RLIMIT_CORE": (0, 0),
        "RLIMIT_NOFILE": (32, 32),
    }
    for name, limit in wanted.items():
        number = getattr(resource, name, None)
        if number is None:
            continue
        try:
            resource.setrlimit(number, limit)
        except (OSError, ValueError):  # macOS refuses some of them
            continue
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def _landlock(libc: ctypes.CDLL, readable: list[str]) -> bool:
    abi = libc.syscall(_LANDLOCK_CREATE, None, 0, 1)
    if abi < 1:
        return False
    rights = {1: 13, 2: 14, 3: 15, 4: 15}.get(abi, 16)
    files = (1 << rights) - 1
    # Connecting and binding TCP from version 4, signals to others from version 6.
    parts = [files, 0b11 if abi >= 4 else 0, 0b11 if abi >= 6 else 0]
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    attributes = struct.pack("=QQQ", *parts)[:size]
    rules = libc.syscall(_LANDLOCK_CREATE, attributes, size, 0)
    if rules < 0:
        return False
    try:
        for path in readable:
            handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
            rule = struct.pack("=Qi", _READ_FILE | _READ_FOLDER, handle)
            libc.syscall(_LANDLOCK_ADD, rules, 1, rule, 0)
            os.close(handle)
        return libc.syscall(_LANDLOCK_RESTRICT, rules, 0) == 0
    finally:
        os.close(rules)


def prepare() -> None:
    """Works out what every child needs, so that they need not."""
    _library()
    _libc()
    if platform.machine() in _AUDIT_ARCHITECTURE:
        _machine_code(platform.machine())


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


@cache
def _machine_code(machine: str) -> bytes:
    return b"".join(struct.pack("=HBBI", *step) for step in _filter(machine))


def _seccomp(libc: ctypes.CDLL) -> bool:
    machine = platform.machine()
    if machine not in _AUDIT_ARCHITECTURE:
        return False
    code = _machine_code(machine)
    buffer = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    return libc.prctl(_SET_SECCOMP, _SECCOMP_FILTER, header, 0, 0) == 0


def _filter(machine: str) -> list[tuple[int, int, int, int]]:
    """Returns the steps of the seccomp filter; a jump's targets count from the next."""
    column = 0 if machine == "x86_64" else 1
    refuse = (_RETURN, 0, 0, _FAIL | errno.EPERM)
    steps = [
        (_LOAD, 0, 0, 4),
        (_JUMP_EQUAL, 1, 0, _AUDIT_ARCHITECTURE[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),
        (_JUMP_ABOVE, 0, 1, _X32),
        refuse,
    ]
    for table, answer in (
        (_REFUSED, refuse),
        (_UNKNOWN, (_RETURN, 0, 0, _FAIL | errno.ENOSYS)),
    ):
        for numbers in table.values():
            if numbers[column] is not None:
                steps += [(_JUMP_EQUAL, 0, 1, numbers[column]), answer]
    for numbers, argument in _OPENING.values():
        if numbers[column] is None:
            continue
        steps += [
            (_JUMP_EQUAL, 0, 4, numbers[column]),
            (_LOAD, 0, 0, 16 + 8 * argument),
            (_JUMP_ANY_BIT, 0, 1, _WRITING),
            refuse,
            (_RETURN, 0, 0, _ALLOW),
        ]
    return [*steps, (_RETURN, 0, 0, _ALLOW)]


def _audit(readable: list[str]) -> None:
    prefixes = tuple(path + os.sep for path in readable)

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            told = os.path.realpath(path) if isinstance(path, str) else ""
            reading = isinstance(flags, int) and not flags & _WRITING
            if not (reading and told.startswith(prefixes)):
                raise PermissionError(errno.EPERM, "no files are opened here")
        elif event.startswith(_EVENTS):
            raise PermissionError(errno.EPERM, f"{event} is not allowed here")

    sys.addaudithook(hook)
