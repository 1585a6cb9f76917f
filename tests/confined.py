"""Runs a command as the unit's own settings confine it, as far as no service manager is needed.

`python confined.py UNIT COMMAND…`: the unit's SystemCallFilter= and RestrictAddressFamilies= by
libseccomp, MemoryDenyWriteExecute= and NoNewPrivileges= by prctl(2). Exit status 77: not here.
"""

import ctypes
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterable
from errno import EPERM
from pathlib import Path
from typing import NoReturn

NOT_HERE = 77
PR_SET_NO_NEW_PRIVS, PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN = 38, 65, 1  # linux/prctl.h
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | EPERM  # seccomp.h
EQUAL = 4  # SCMP_CMP_EQ


class Comparison(ctypes.Structure):
    """struct scmp_arg_cmp"""

    _fields_ = (
        ("arg", ctypes.c_uint),
        ("op", ctypes.c_int),
        ("first", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    )


def main() -> NoReturn:
    unit, command = Path(sys.argv[1]).read_text(encoding="utf-8"), sys.argv[2:]
    try:
        _confine(unit)
    except OSError as error:
        print(error, file=sys.stderr)
        sys.exit(NOT_HERE)
    os.execv(command[0], command)


def _confine(unit: str) -> None:
    names = allowed(_lists(unit, "SystemCallFilter"))
    families = [family for line in _lists(unit, "RestrictAddressFamilies") for family in line]
    libc, seccomp = ctypes.CDLL(None, use_errno=True), ctypes.CDLL("libseccomp.so.2")
    assert "MemoryDenyWriteExecute=yes" in unit
    if libc.prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "this kernel has no PR_SET_MDWE")
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    seccomp.seccomp_init.restype = ctypes.c_void_p
    rules = ctypes.c_void_p(seccomp.seccomp_init(REFUSE))
    for name in names - {"socket"}:
        number = seccomp.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:
            seccomp.seccomp_rule_add_array(rules, ALLOW, number, 0, None)
    number = seccomp.seccomp_syscall_resolve_name(b"socket")
    for family in families:
        is_it = Comparison(0, EQUAL, getattr(socket, family), 0)
        seccomp.seccomp_rule_add_array(rules, ALLOW, number, 1, ctypes.byref(is_it))
    if failed := seccomp.seccomp_load(rules):
        raise OSError(-failed, "the filter cannot be loaded")


def _lists(unit: str, setting: str) -> list[list[str]]:
    return [line.split() for line in re.findall(rf"^{setting}=(.+)$", unit, re.MULTILINE)]


def allowed(filters: Iterable[list[str]]) -> set[str]:
    """The system calls that a unit's lines leave; a line that begins with ~ takes away."""
    left: set[str] = set()
    for line in filters:
        names = {call for word in line for call in _calls(word.removeprefix("~"))}
        left = left - names if line[0].startswith("~") else left | names
    return left


def _calls(name: str) -> set[str]:
    """A call itself, or those of a group and the groups in it."""
    if not name.startswith("@"):
        return {name}
    said = subprocess.run(
        ["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True
    ).stdout
    words = [line.strip() for line in said.splitlines()[1:]]
    return {call for word in words if word and not word.startswith("#") for call in _calls(word)}


if __name__ == "__main__":
    main()
