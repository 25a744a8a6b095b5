"""Sessions with the synchronous and the asynchronous client."""

import asyncio
import re
from pathlib import Path

import pytest
from conftest import unique
from daytona import AsyncDaytona, DaytonaNotFoundError, Sandbox, SessionExecuteRequest
from generation import Conflict

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def session(sandbox: Sandbox) -> str:
    name = unique("session")
    sandbox.process.create_session(name)
    return name


def run(sandbox: Sandbox, session: str, command: str):
    return sandbox.process.execute_session_command(session, SessionExecuteRequest(command=command))


def begin(sandbox: Sandbox, session: str, command: str) -> str:
    request = SessionExecuteRequest(command=command, run_async=True)
    return sandbox.process.execute_session_command(session, request).cmd_id


def follow(sandbox: Sandbox, session: str, command: str) -> tuple[str, str]:
    out: list[str] = []
    err: list[str] = []
    asyncio.run(sandbox.process.get_session_command_logs_async(session, command, out.append, err.append))
    return "".join(out), "".join(err)


def test_the_shell_keeps_its_state(sandbox, session) -> None:
    run(sandbox, session, "cd /tmp && export COLOUR=red")
    answer = run(sandbox, session, "pwd; echo $COLOUR; echo problem >&2; (exit 4)")
    assert (answer.exit_code, answer.stdout, answer.stderr) == (4, "/tmp\nred\n", "problem\n")


def test_sessions_are_listed_with_their_commands(sandbox, session) -> None:
    command = run(sandbox, session, "echo listed").cmd_id
    found = sandbox.process.get_session(session)
    assert [(each.id, each.command, each.exit_code) for each in found.commands] == [(command, "echo listed", 0)]
    assert session in [each.session_id for each in sandbox.process.list_sessions()]
    assert sandbox.process.get_session_command(session, command).exit_code == 0


def test_logs_are_followed_to_the_end(sandbox, session) -> None:
    command = begin(sandbox, session, "for n in 1 2 3; do echo line $n; sleep 0.2; done; echo problem >&2")
    assert follow(sandbox, session, command) == ("line 1\nline 2\nline 3\n", "problem\n")
    logs = sandbox.process.get_session_command_logs(session, command)
    assert (logs.stdout, logs.stderr) == ("line 1\nline 2\nline 3\n", "problem\n")


def test_a_running_command_reads_what_is_sent(sandbox, session) -> None:
    command = begin(sandbox, session, 'read name; echo "hello $name"')
    sandbox.process.send_session_command_input(session, command, "you")
    assert follow(sandbox, session, command)[0] == "you\nhello you\n"


def test_a_session_ends_with_its_children(sandbox, session) -> None:
    begin(sandbox, session, "sleep 4321 & sleep 4321")
    sandbox.process.delete_session(session)
    assert sandbox.process.exec("pgrep -fx 'sleep 4321' | wc -l").result.strip() == "0"
    with pytest.raises(DaytonaNotFoundError):
        sandbox.process.get_session(session)


def test_errors_have_their_classes(sandbox, session) -> None:
    with pytest.raises(Conflict):
        sandbox.process.create_session(session)
    with pytest.raises(DaytonaNotFoundError):
        run(sandbox, unique("none"), "true")
    assert run(sandbox, session, "exit 3").exit_code == 3
    with pytest.raises(Exception, match="ended"):
        run(sandbox, session, "true")


def test_a_long_log_loses_nothing(sandbox, session) -> None:
    command = begin(sandbox, session, "seq 1 300000")
    out, _ = follow(sandbox, session, command)
    assert out == "".join(f"{n}\n" for n in range(1, 300001))


def test_the_entrypoint_is_a_session(sandbox) -> None:
    entrypoint = sandbox.process.get_entrypoint_session()
    assert [each.id for each in entrypoint.commands] == ["entrypoint_command"]
    assert sandbox.process.get_entrypoint_logs().stdout == ""


@pytest.mark.asyncio
async def test_the_asynchronous_client_does_the_same(async_daytona: AsyncDaytona, sandbox) -> None:
    process = (await async_daytona.get(sandbox.id)).process
    name = unique("session")
    await process.create_session(name)
    answer = await process.execute_session_command(name, SessionExecuteRequest(command="echo out; echo err >&2"))
    assert (answer.stdout, answer.stderr, answer.exit_code) == ("out\n", "err\n", 0)
    request = SessionExecuteRequest(command="echo one; sleep 0.3; echo two", run_async=True)
    command = (await process.execute_session_command(name, request)).cmd_id
    out: list[str] = []
    await process.get_session_command_logs_async(name, command, out.append, lambda _: None)
    assert "".join(out) == "one\ntwo\n"
    await process.delete_session(name)


def test_the_example_of_the_documentation_runs(capsys: pytest.CaptureFixture[str]) -> None:
    program = re.search(r"```python\n(.*?)```", (ROOT / "docs/sessions.md").read_text(), re.DOTALL)
    assert program
    exec(compile(program.group(1), "docs/sessions.md", "exec"), {})  # noqa: S102
    printed = capsys.readouterr().out
    assert "red in /tmp\n 0" in printed
