"""Terminals with the synchronous and the asynchronous client."""

import re
from pathlib import Path

import pytest
import terminals
from daytona import AsyncDaytona, DaytonaError, DaytonaNotFoundError
from daytona.common.pty import PtySize

from conftest import unique

ROOT = Path(__file__).resolve().parents[3]


def test_a_terminal_shows_what_is_typed_and_answered(sandbox) -> None:
    seen: list[bytes] = []
    terminal = terminals.create(
        sandbox, unique("terminal"), cwd="/tmp", envs={"COLOUR": "red"}, pty_size=PtySize(cols=100, rows=30)
    )
    terminal.send_input('echo "<$COLOUR $PWD $(stty size)>"; exit 5\n')
    result = terminal.wait(on_data=seen.append)
    assert "<red /tmp 30 100>" in b"".join(seen).decode()
    assert result.exit_code == 5


def test_a_terminal_is_described_resized_and_ended(sandbox) -> None:
    name = unique("terminal")
    terminals.create(sandbox, name).disconnect()
    described = sandbox.process.get_pty_session_info(name)
    assert (described.id, described.cols, described.rows, described.active) == (name, 80, 24, True)
    assert sandbox.process.resize_pty_session(name, PtySize(cols=132, rows=43)).cols == 132
    assert name in [each.id for each in sandbox.process.list_pty_sessions()]
    sandbox.process.kill_pty_session(name)
    with pytest.raises(DaytonaNotFoundError):
        sandbox.process.get_pty_session_info(name)


def test_who_comes_back_sees_what_was_there(sandbox) -> None:
    name = unique("terminal")
    first = terminals.create(sandbox, name)
    first.send_input("WORD=kept; echo a$((1+1))b\n")
    first.disconnect()
    seen: list[bytes] = []
    second = terminals.connect(sandbox, name)
    second.send_input("echo still $WORD; exit\n")
    assert second.wait(on_data=seen.append).exit_code == 0
    shown = b"".join(seen).decode()
    assert "a2b" in shown and "still kept" in shown


def test_errors_are_told(sandbox) -> None:
    name = unique("terminal")
    terminals.create(sandbox, name).disconnect()
    with pytest.raises(DaytonaError):
        sandbox.process.create_pty_session(name)
    with pytest.raises(DaytonaError):
        sandbox.process.create_pty_session(unique("terminal"), pty_size=PtySize(cols=5000, rows=24))
    with pytest.raises(DaytonaError):
        sandbox.process.connect_pty_session(unique("none"))


@pytest.mark.asyncio
async def test_the_asynchronous_client_does_the_same(async_daytona: AsyncDaytona, sandbox) -> None:
    process = (await async_daytona.get(sandbox.id)).process
    seen: list[bytes] = []

    async def show(data: bytes) -> None:
        seen.append(data)

    terminal = await process.create_pty_session(unique("terminal"), on_data=show)
    await terminal.wait_for_connection()
    await terminal.send_input("echo a$((1+1))b; exit 7\n")
    assert (await terminal.wait()).exit_code == 7
    assert "a2b" in b"".join(seen).decode()


def test_the_example_of_the_documentation_runs(capsys: pytest.CaptureFixture[str]) -> None:
    program = re.search(r"```python\n(.*?)```", (ROOT / "docs/terminals.md").read_text(), re.DOTALL)
    assert program
    exec(compile(program.group(1), "docs/terminals.md", "exec"), {})  # noqa: S102
    printed = capsys.readouterr().out
    assert "42" in printed and printed.strip().endswith("3")
