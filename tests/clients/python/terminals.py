"""Terminals of the published client, on a machine that may be busy."""

import queue
from typing import Any

from daytona import DaytonaError, Sandbox


def create(sandbox: Sandbox, name: str, **options: Any) -> Any:
    """Creates a terminal and connects to it."""
    try:
        return sandbox.process.create_pty_session(name, **options)
    except DaytonaError as failure:
        _ignore_haste(failure)
        return connect(sandbox, name)


def connect(sandbox: Sandbox, name: str) -> Any:
    """Connects to a terminal."""
    while True:
        try:
            return sandbox.process.connect_pty_session(name)
        except DaytonaError as failure:
            _ignore_haste(failure)


def _ignore_haste(failure: DaytonaError) -> None:
    """The client means to wait ten seconds for a terminal's first message, and fails when none comes in a tenth of one."""
    if not isinstance(failure.__cause__, queue.Empty):
        raise failure
