"""Faults end parts of the installation; whatever a test ends, the next one finds running again."""

from collections.abc import Iterator

import pytest
from support import wire
from support.installation import Installation
from support.waiting import eventually

STEADY = ("started", "stopped", "error", "archived")


@pytest.fixture(autouse=True)
def whole_again(installation: Installation) -> Iterator[None]:
    """After each test everything runs, no sandbox is on its way for ever, and nothing belongs to nobody."""
    yield
    restore(installation)
    eventually("every sandbox is in a final state", everything_steady, 90)
    eventually("nothing belongs to a sandbox that is gone", lambda: installation.leaks() == [] or None, 60)


def restore(installation: Installation) -> None:
    """Starts what does not run."""
    if not installation.alive("launcher"):
        installation.start_launcher()
    if not installation.alive("server"):
        installation.start_server()
    eventually("the server is ready", ready, 60)


def ready() -> bool:
    """Whether the server says that it can work."""
    return wire.call("GET", "/health/ready", timeout=5).status == 200


def everything_steady() -> bool:
    """Whether no sandbox is between two states."""
    return all(each["state"] in STEADY for each in wire.sandboxes().values())
