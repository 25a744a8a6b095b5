"""Processes that wait for the next command or program (docs/adr/0008-waiting-processes.md), as a file listing shows them."""

from collections.abc import Callable
from typing import TypeVar

from daytona import DaytonaError, Sandbox
from support.waiting import eventually

# How their command lines begin: a shell that reads its command, an interpreter that reads its program.
_WAITING = (b"/usr/bin/bash\0-c\0BASH_EXECUTION_STRING=", b"python3\0-u\0-c\0class program:")

Answer = TypeVar("Answer")


def prestarting(sandbox: Sandbox, call: Callable[[], Answer]) -> Answer:
    """Makes a call, and waits until a process that was not there before waits for the next such call."""
    before = _waiting(sandbox)
    answer = call()
    eventually("a process for the next call", lambda: _waiting(sandbox) - before)
    return answer


def _waiting(sandbox: Sandbox) -> set[str]:
    found = set()
    for each in sandbox.fs.list_files("/proc"):
        if each.name.isdigit():
            try:
                if sandbox.fs.download_file(f"/proc/{each.name}/cmdline").startswith(_WAITING):
                    found.add(each.name)
            except DaytonaError:  # it has just ended
                pass
    return found
