"""Published programs decide by words in messages. Each pattern here is one that such a program looks for."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from support import unique, wire
from support.waiting import eventually


def looks(answer: wire.Answer, status: int, *patterns: str) -> None:
    assert answer.status == status, answer
    for pattern in patterns:
        assert re.search(pattern, answer.message), (pattern, answer.message)


def test_a_sandbox_that_is_not_there(installation) -> None:
    for missing in (unique("nobody"), "00000000-0000-4000-8000-000000000000"):
        for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/start"), ("POST", "/stop")):
            answer = wire.call(method, f"/sandbox/{missing}{path}")
            looks(answer, 404, "Sandbox not found", r"(?i)sandbox.*not found")
    answer = wire.toolbox("00000000-0000-4000-8000-000000000000", "POST", "/process/execute", {"command": "true"})
    looks(answer, 404, r"(?i)sandbox.*not found")


def test_a_state_change_is_under_way(name: str) -> None:
    with ThreadPoolExecutor(1) as pool:
        creating = pool.submit(wire.call, "POST", "/sandbox", {"name": name})
        early = eventually("it is known", lambda: wire.sandbox(name), 20)
        answer = wire.call("POST", f"/sandbox/{early['id']}/start")
        if answer.status == 200:
            pytest.skip("it had started before it could be asked")
        # Some look for a capital letter, some for a small one.
        looks(answer, 409, "State change in progress", "state change in progress")
        assert creating.result(60).status == 200


def test_a_sandbox_that_does_not_run(sandbox) -> None:
    wire.call("POST", f"/sandbox/{sandbox.id}/stop")
    looks(wire.call("POST", f"/sandbox/{sandbox.id}/stop"), 400, "Sandbox is not started", "already stopped")
    answer = wire.toolbox(sandbox.id, "POST", "/process/execute", {"command": "true"})
    looks(answer, 409, r"(?i)sandbox is not running", "Sandbox is not running", r"(?i)is the sandbox started")
    wire.call("POST", f"/sandbox/{sandbox.id}/start")


def test_a_name_that_is_taken(sandbox) -> None:
    looks(wire.call("POST", "/sandbox", {"name": sandbox.name}), 409, "already exists")


def test_a_snapshot_that_is_not_there() -> None:
    missing = unique("nothing")
    looks(wire.call("POST", "/sandbox", {"snapshot": missing}), 400, f"Snapshot {missing} not found")
    looks(wire.call("GET", f"/snapshots/{missing}"), 404, f"Snapshot {missing} not found")


def test_a_key_that_is_none() -> None:
    answer = wire.call("GET", "/sandbox", headers={"Authorization": "Bearer dtn_nobody"})
    looks(answer, 401, r"(?i)unauthorized")


def test_what_is_missing_inside_does_not_sound_like_a_missing_sandbox(sandbox) -> None:
    """Programs would give up a sandbox that runs."""
    answer = wire.toolbox(sandbox.id, "GET", "/process/session/none")
    assert answer.status == 404
    assert not re.search(r"(?i)sandbox.*not found|is the sandbox started", answer.message), answer.message
