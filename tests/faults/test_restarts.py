"""The server and the launcher end and come back under open log follows, terminals and interpreters: all go on."""

import http.client
import json
import threading
import urllib.parse
from collections.abc import Callable

import pytest
from daytona import SessionExecuteRequest
from support import inside, unique, wire
from support.installation import Installation
from support.listening import Listener
from support.waiting import eventually

# A connection that the end of the server ends must not look like the end of what it showed.
NORMAL = 1000
LINES = 120


@pytest.fixture(params=["an orderly restart", "a kill"])
def restart(request: pytest.FixtureRequest, installation: Installation) -> Callable[[], None]:
    """Ends the server and starts it again."""

    def act() -> None:
        if request.param == "a kill":
            installation.kill("server")
        else:
            installation.stop_server()
        installation.start_server()

    return act


@pytest.fixture
def restart_launcher(installation: Installation) -> Callable[[], None]:
    """Kills the launcher and starts it again."""

    def act() -> None:
        installation.kill("launcher")
        installation.start_launcher()

    return act


def counting(sandbox, session: str) -> str:
    """A command of a session that writes numbered lines for some seconds."""
    command = f"for n in $(seq {LINES}); do echo line $n; sleep 0.05; done; echo problem >&2; (exit 3)"
    answer = sandbox.process.execute_session_command(session, SessionExecuteRequest(command=command, run_async=True))
    return answer.cmd_id


def logs(session: str, command: str) -> str:
    return f"/process/session/{session}/command/{command}/logs?follow=true"


def lines(content: bytes | bytearray) -> list[str]:
    """The records of a marked log without their marks, in their order."""
    text = content.replace(b"\x01\x01\x01", b"\n").replace(b"\x02\x02\x02", b"\n").decode()
    return [line for line in text.split("\n") if line]


ALL_LINES = [f"line {n}" for n in range(1, LINES + 1)] + ["problem"]


def test_a_followed_log_is_whole_for_who_comes_back(own_sandbox, restart) -> None:
    session = unique("session")
    own_sandbox.process.create_session(session)
    own_sandbox.process.execute_session_command(session, SessionExecuteRequest(command="cd /tmp; COLOUR=red"))
    command = counting(own_sandbox, session)
    first = Listener(own_sandbox.id, logs(session, command))
    first.await_content(b"line 5")
    restart()
    assert first.await_end() != NORMAL, "a client took the server's end for that of the command"
    second = Listener(own_sandbox.id, logs(session, command))
    assert second.await_end(60) == NORMAL
    assert lines(second.content) == ALL_LINES
    assert lines(first.content) == ALL_LINES[: len(lines(first.content))]
    assert own_sandbox.process.get_session_command(session, command).exit_code == 3
    # The shell is the one it was.
    answer = own_sandbox.process.execute_session_command(session, SessionExecuteRequest(command="echo $COLOUR in $PWD"))
    assert (answer.stdout, answer.exit_code) == ("red in /tmp\n", 0)


def test_a_log_that_is_followed_over_http_does_not_seem_to_end(own_sandbox, restart) -> None:
    session = unique("session")
    own_sandbox.process.create_session(session)
    command = counting(own_sandbox, session)
    base = urllib.parse.urlsplit(wire.toolbox_base())
    connection = http.client.HTTPConnection(base.hostname, base.port, timeout=60)
    connection.request("GET", f"{base.path}/{own_sandbox.id}{logs(session, command)}", headers=wire.BEARER)
    response = connection.getresponse()
    assert b"line 1" in response.read1(100)
    restart()
    with pytest.raises((http.client.HTTPException, OSError)):
        response.read()
    connection.close()
    again = wire.toolbox(own_sandbox.id, "GET", logs(session, command))
    assert lines(again.body) == ALL_LINES


def test_a_command_of_a_session_goes_on_without_who_waited_for_it(own_sandbox, restart) -> None:
    session = unique("session")
    own_sandbox.process.create_session(session)
    outcomes: list[object] = []

    def wait() -> None:
        body = {"command": "echo begun; touch /tmp/begun; sleep 4; echo ended; (exit 5)"}
        try:
            outcomes.append(wire.toolbox(own_sandbox.id, "POST", f"/process/session/{session}/exec", body))
        except (OSError, http.client.HTTPException) as cut:
            outcomes.append(cut)

    waiting = threading.Thread(target=wait)
    waiting.start()
    eventually("it has begun", lambda: "begun" in own_sandbox.process.exec("ls /tmp").result, 20)
    restart()
    waiting.join(60)
    if isinstance(outcomes[0], wire.Answer):
        assert outcomes[0].status == 503, outcomes
    commands = own_sandbox.process.get_session(session).commands
    assert len(commands) == 1
    follow = Listener(own_sandbox.id, logs(session, commands[0].id))
    assert follow.await_end() == NORMAL
    assert lines(follow.content) == ["begun", "ended"]
    assert own_sandbox.process.get_session_command(session, commands[0].id).exit_code == 5


def test_a_terminal_goes_on_and_shows_what_was_there(own_sandbox, restart) -> None:
    name = unique("terminal")
    exit_control = ["X-Daytona-Pty-Exit-Control"]
    assert wire.toolbox(own_sandbox.id, "POST", "/process/pty", {"id": name}).status == 201
    first = Listener(own_sandbox.id, f"/process/pty/{name}/connect", exit_control)
    first.send(b"WORD=kept; (while sleep 0.1; do date +%s%N >/tmp/tick; done) & echo a$((1+1))b\n")
    first.await_content(b"a2b")
    restart()
    assert first.await_end() != NORMAL, "a client took the server's end for that of the terminal"
    assert not any("exited" in text for text in first.texts)
    assert "exitCode" not in first.reason
    assert own_sandbox.process.get_pty_session_info(name).active
    second = Listener(own_sandbox.id, f"/process/pty/{name}/connect", exit_control)
    second.await_content(b"a2b")
    second.send(b"echo still $WORD; kill -0 $! && exit 7\n")
    second.await_end()
    assert b"still kept" in second.content
    assert json.loads(second.reason)["exitCode"] == 7


def test_an_interpreter_goes_on_and_keeps_what_it_had(own_sandbox, restart) -> None:
    run = own_sandbox.code_interpreter.run_code
    context = own_sandbox.code_interpreter.create_context()
    run("kept = 41", context=context)
    request = {"contextId": context.id, "code": "import time\nprint('begun', flush=True)\ntime.sleep(6)\nfinished = 9"}
    first = Listener(own_sandbox.id, "/process/interpreter/execute")
    first.send(json.dumps(request))
    eventually("it has begun", lambda: any("begun" in text for text in first.texts), 30)
    # Another waits for its turn.
    waiting = Listener(own_sandbox.id, "/process/interpreter/execute")
    waiting.send(json.dumps({"contextId": context.id, "code": "print('never')"}))
    restart()
    for cut in (first, waiting):
        assert cut.await_end() != NORMAL, "a client took the server's end for that of its code"
        assert not any("completed" in text for text in cut.texts)
    assert run("print(kept + 1, finished)", context=context).stdout == "42 9\n"
    assert [each.id for each in own_sandbox.code_interpreter.list_contexts()] == [context.id]


def test_the_launchers_end_is_noticed_by_nobody(own_sandbox, restart_launcher) -> None:
    session, name = unique("session"), unique("terminal")
    own_sandbox.process.create_session(session)
    command = counting(own_sandbox, session)
    follow = Listener(own_sandbox.id, logs(session, command))
    assert wire.toolbox(own_sandbox.id, "POST", "/process/pty", {"id": name}).status == 201
    terminal = Listener(own_sandbox.id, f"/process/pty/{name}/connect")
    execution = Listener(own_sandbox.id, "/process/interpreter/execute")
    execution.send(json.dumps({"code": "import time\nprint('begun', flush=True)\ntime.sleep(3)\nprint('ended')"}))
    eventually("it has begun", lambda: any("begun" in text for text in execution.texts), 30)
    follow.await_content(b"line 5")
    restart_launcher()
    terminal.send(b"echo c$((1+2))d; exit\n")
    assert (terminal.await_end(), execution.await_end(), follow.await_end()) == (NORMAL, NORMAL, NORMAL)
    assert b"c3d" in terminal.content
    assert any("ended" in text for text in execution.texts)
    assert lines(follow.content) == ALL_LINES


def test_what_waits_in_the_background_of_a_session_is_still_ended_with_it(own_sandbox, restart) -> None:
    session = unique("session")
    own_sandbox.process.create_session(session)
    request = SessionExecuteRequest(command="sleep 4321 & sleep 4321", run_async=True)
    own_sandbox.process.execute_session_command(session, request)
    eventually("both run", lambda: inside.shell(own_sandbox, "pgrep -fxc 'sleep 4321' || true").strip() == "2", 20)
    restart()
    own_sandbox.process.delete_session(session)
    assert inside.shell(own_sandbox, "pgrep -fxc 'sleep 4321' || true").strip() == "0"


def test_metrics_know_the_limits_again(own_sandbox, restart) -> None:
    restart()
    metrics = wire.toolbox(own_sandbox.id, "GET", "/system/metrics").json()
    assert (metrics["memTotal"], metrics["cpuCount"]) == (own_sandbox.memory << 30, own_sandbox.cpu)
    assert metrics["cpuUsedPct"] == 0, "what was used before the restart"
