"""The launcher ends, as if killed, at each of its named failpoints; started again, nothing is stuck or left over.

The failpoints are read from the launcher's sources, so that a new one is tested from its first day on.
"""

import re
import threading
from collections.abc import Callable

import pytest
from support import unique, wire
from support.installation import REPOSITORY, Installation
from support.waiting import eventually

SOURCES = (REPOSITORY / "launcher/src").rglob("*.rs")
FAILPOINTS = sorted({name for path in SOURCES for name in re.findall(r'\breach\("([a-z_]+\.[a-z_]+)"\)', path.read_text())})

# What a client does to get there.
REQUESTS: dict[str, tuple[str, str, object]] = {
    "stop_sandbox": ("POST", "/sandbox/{id}/stop", None),
    "delete_disk": ("DELETE", "/sandbox/{id}", None),
    "set_network": ("POST", "/sandbox/{id}/network-settings", {"networkBlockAll": True}),
    "create_disk": ("POST", "/sandbox", {"name": "{name}"}),
    "start_sandbox": ("POST", "/sandbox", {"name": "{name}"}),
}


def test_there_are_failpoints() -> None:
    assert {name.split(".")[0] for name in FAILPOINTS} <= set(REQUESTS), "a test does not know how to get to a failpoint"
    assert len(FAILPOINTS) >= 10


@pytest.mark.parametrize("failpoint", FAILPOINTS)
def test_dies_at(failpoint: str, make: Callable, installation: Installation) -> None:
    operation = failpoint.split(".")[0]
    name, existing = unique("victim"), None
    if "{id}" in REQUESTS[operation][1]:
        existing = make(name=name)
        existing.fs.upload_file(b"kept", "notes.txt")
        existing.process.exec("sync")
    method, target, body = REQUESTS[operation]
    target = target.replace("{id}", existing.id if existing else "")
    body = {"name": name} if body == {"name": "{name}"} else body

    installation.kill("launcher")
    installation.start_launcher(failpoint)
    asked = threading.Thread(target=call_that_may_break, args=(method, target, body))
    asked.start()
    eventually("the launcher ends at the failpoint", lambda: not installation.alive("launcher"), 30)
    installation.start_launcher()
    asked.join(90)
    assert not asked.is_alive(), "the request never ended"

    final = eventually("a final state", lambda: final_state(name), 90)
    if operation == "delete_disk":
        assert final == "gone"
    elif operation == "stop_sandbox":
        assert final in ("stopped", "error")
    elif operation == "set_network" and final == "started":
        # It runs with the policy that was asked for, or not at all.
        assert wire.sandbox(name)["networkBlockAll"] is True
        assert len(installation.policies()) == 1
    if final in ("stopped", "error") and existing:
        # One in error has to be recovered instead.
        assert wire.call("POST", f"/sandbox/{existing.id}/start").status == (200 if final == "stopped" else 400)
    if existing and (known := wire.sandbox(name)) and known["state"] == "started":
        assert existing.fs.download_file("notes.txt") == b"kept"
    if final == "error":
        assert wire.sandbox(name)["errorReason"]

    known = wire.sandbox(name)
    if known:
        wire.remove(known["id"])
        eventually("nothing of it is left", lambda: not installation.traces(known["id"]), 30)


def call_that_may_break(method: str, target: str, body: object) -> None:
    try:
        wire.call(method, target, body, timeout=80)
    except OSError:
        pass


def final_state(name: str) -> str | None:
    found = wire.sandbox(name)
    if found is None:
        return "gone"
    return found["state"] if found["state"] in ("started", "stopped", "error") else None
