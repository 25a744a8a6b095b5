"""As much as there may be, and one more: the limit is told, and what is there goes on."""

from concurrent.futures import ThreadPoolExecutor

from daytona import SessionExecuteRequest
from support import unique, wire
from support.listening import Listener
from test_toolbox_refusals import assert_refused

TERMINALS_MAX = 500
SESSIONS_MAX = 1_000
AT_ONCE = 8
LINES = 100_000
LINE_LENGTH = 1_048
NORMAL = 1000


def make_many(sandbox, target: str, name: str, count: int) -> list[wire.Answer]:
    """Asks so many times, and no more once that was refused; the answers in any order."""
    refused: list[wire.Answer] = []

    def make(number: int) -> wire.Answer | None:
        if refused:
            return None
        answer = wire.toolbox(sandbox.id, "POST", target, {name: f"many-{number}"})
        if answer.status >= 300:
            refused.append(answer)
        return answer

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [answer for answer in pool.map(make, range(count)) if answer]


def test_one_terminal_more_than_there_may_be(own_sandbox) -> None:
    answers = make_many(own_sandbox, "/process/pty", "id", TERMINALS_MAX)
    assert [each.status for each in answers] == [201] * TERMINALS_MAX
    assert_refused(wire.toolbox(own_sandbox.id, "POST", "/process/pty", {"id": "one more"}), 422, "500", "delete")
    assert len(wire.toolbox(own_sandbox.id, "GET", "/process/pty").json()["sessions"]) == TERMINALS_MAX
    assert wire.toolbox(own_sandbox.id, "DELETE", "/process/pty/many-7").status == 200
    assert wire.toolbox(own_sandbox.id, "POST", "/process/pty", {"id": "one more"}).status == 201
    terminal = Listener(own_sandbox.id, "/process/pty/many-499/connect")
    terminal.send(b"echo a$((1+1))b; exit\n")
    assert terminal.await_end() == NORMAL
    assert b"a2b" in terminal.content


def test_more_sessions_than_fit(own_sandbox) -> None:
    """The memory of a small sandbox is used up before there are as many as there may be."""
    answers = make_many(own_sandbox, "/process/session", "sessionId", SESSIONS_MAX + 1)
    made = [each for each in answers if each.status < 300]
    (first, *_) = [each for each in answers if each.status >= 300]
    assert_refused(first, first.status, "memory" if len(made) < SESSIONS_MAX else "1000")
    assert first.status == (400 if len(made) < SESSIONS_MAX else 422)
    assert len(made) > 100
    for number in range(5):
        own_sandbox.process.delete_session(f"many-{number}")
    for session in ("many-50", "many-60"):
        answer = own_sandbox.process.execute_session_command(session, SessionExecuteRequest(command="echo still here"))
        assert (answer.stdout, answer.exit_code) == ("still here\n", 0)
    assert wire.sandbox(own_sandbox.id)["state"] == "started"


def test_a_hundred_megabytes_of_log_are_followed_without_loss(sandbox) -> None:
    session = unique("session")
    sandbox.process.create_session(session)
    program = f"for n in range({LINES}): print(str(n).zfill(9) + 'x' * {LINE_LENGTH - 10})"
    request = SessionExecuteRequest(command=f'python3 -c "{program}"', run_async=True)
    command = sandbox.process.execute_session_command(session, request).cmd_id
    logs = f"/process/session/{session}/command/{command}/logs?follow=true"
    follower = Listener(sandbox.id, logs)
    assert follower.await_end(100) == NORMAL
    late = wire.toolbox(sandbox.id, "GET", logs, timeout=100)
    for content in (bytes(follower.content), late.body):
        # A line that had come in part goes on behind another mark.
        lines = content.replace(b"\x01\x01\x01", b"").splitlines()
        assert len(lines) == LINES
        assert all(line == b"%09d%s" % (number, b"x" * (LINE_LENGTH - 10)) for number, line in enumerate(lines))
