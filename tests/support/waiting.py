"""How tests wait. Nobody sleeps to let something happen: `TidyTest` allows sleeps here, and in programs inside sandboxes."""

import http.client
import time
from collections.abc import Callable
from typing import Any

# How long a call may take that should be quick. Generous: a slow machine is no fault, a call that hangs is.
PATIENCE = 60


def eventually(what: str, condition: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """The first true value of the condition; connections that are refused or cut count as false."""
    deadline = time.monotonic() + seconds
    last: Any = None
    while time.monotonic() < deadline:
        try:
            last = condition()
        except (OSError, http.client.HTTPException) as broken:
            last = broken
        if last and not isinstance(last, Exception):
            return last
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {seconds} s; at last {last!r}")


def stands_still(what: str, look: Callable[[], Any], still: float, seconds: float = PATIENCE) -> Any:
    """What there is to see once it has not changed for so long: for what must come to rest, and stay there."""
    deadline = time.monotonic() + seconds
    seen, since = look(), time.monotonic()
    while time.monotonic() - since < still:
        assert time.monotonic() < deadline, f"{what} still changes after {seconds} s: {seen!r}"
        time.sleep(0.05)
        now = look()
        if now != seen:
            seen, since = now, time.monotonic()
    return seen


def some_moment(seconds: float) -> None:
    """Lets a fault strike so long after the last step. Any moment is right: the outcome must be good at each."""
    time.sleep(seconds)


def observe(seconds: float) -> float:
    """Lets so much time pass, over which something is measured; how much it was."""
    began = time.monotonic()
    time.sleep(seconds)
    return time.monotonic() - began
