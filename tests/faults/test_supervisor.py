"""Whatever ends the server or the launcher, they are back by themselves; whoever stops them for good can."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support import wire
from support.installation import REPOSITORY, Installation, alive, kill
from support.waiting import eventually

PARTS = ("server", "launcher")


def ready() -> bool:
    return wire.call("GET", "/health/ready", timeout=5).status == 200


def status() -> str:
    return subprocess.run([REPOSITORY / "tools/server.sh", "status"], capture_output=True, text=True, timeout=60, check=False).stdout


@pytest.mark.parametrize("part", PARTS)
def test_a_killed_part_comes_back_by_itself_and_status_tells(own_sandbox, installation: Installation, part: str) -> None:
    installation.restart_supervised(part)
    before = installation.process(part)
    kill([before])
    eventually("another process", lambda: installation.process(part) != before and installation.alive(part), 30)
    eventually("the server is ready", ready, 60)
    assert own_sandbox.process.exec("echo lives").result == "lives\n"
    assert "started again 1 times" in status() and "it was killed by SIGKILL" in status()
    logged = (installation.home / "logs/supervisor.log").read_text().splitlines()[-1]
    assert f"The {part} was killed by SIGKILL; it is started again now" in logged


@pytest.mark.parametrize("part", PARTS)
def test_a_part_outlives_its_supervisor_and_is_taken_over(installation: Installation, part: str) -> None:
    installation.restart_supervised(part)
    before = installation.process(part)
    kill([installation.supervisor(part)])
    assert installation.alive(part)
    assert "nothing starts it again when it ends" in status()
    installation.start_supervised(part)
    eventually("somebody would start it again", lambda: installation.supervisor(part))
    assert installation.process(part) == before
    kill([before])
    eventually("another process", lambda: installation.process(part) != before and installation.alive(part), 30)
    eventually("the server is ready", ready, 60)


def test_a_stopped_server_stays_stopped(installation: Installation) -> None:
    supervisor, server = installation.supervisor("server"), installation.process("server")
    installation.stop_server()
    assert not alive(supervisor) and not alive(server)
    assert not (installation.home / "run/server.pid").exists()
    installation.start_server()


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen]]:
    """Starts a supervisor of a shell command, in a folder of the test."""
    started = []

    def start(command: str) -> subprocess.Popen:
        program = [sys.executable, REPOSITORY / "tools/supervise.py", "part", tmp_path, tmp_path / "part.log"]
        supervisor = subprocess.Popen(program, stdin=subprocess.PIPE)
        words = ["PATH=/usr/bin:/bin", f"FOLDER={tmp_path}", "--", "sh", "-c", command]
        supervisor.stdin.write(b"".join(word.encode() + b"\0" for word in words))
        supervisor.stdin.close()
        started.append(supervisor)
        return supervisor

    yield start
    for supervisor in started:
        supervisor.send_signal(signal.SIGTERM)
        supervisor.wait(20)


def test_what_ends_at_each_start_is_started_ever_more_rarely(supervise, tmp_path: Path) -> None:
    supervisor = supervise('echo started >>"$FOLDER/starts"; exit 3')
    log = tmp_path / "supervisor.log"
    line = "The part ended with status 3; it is started again {} (end {})"
    eventually("four ends", lambda: log.exists() and "(end 4)" in log.read_text(), 30)
    for number, when in enumerate(("now", "in 0.5 s", "in 1 s", "in 2 s"), 1):
        assert line.format(when, number) in log.read_text()
    assert (tmp_path / "starts").read_text().count("started") == 4, "it waits before the next"
    # Between two starts too, it is stopped at once.
    supervisor.send_signal(signal.SIGTERM)
    assert supervisor.wait(20) == 0
    assert not (tmp_path / "part.supervisor.pid").exists()


def test_what_cannot_be_started_is_told(supervise, tmp_path: Path) -> None:
    supervisor = supervise("true")
    supervisor.send_signal(signal.SIGTERM)
    supervisor.wait(20)
    absent = subprocess.run(
        [sys.executable, REPOSITORY / "tools/supervise.py", "absent", tmp_path, tmp_path / "absent.log", "--once"],
        input=b"--\0/nonexistent/program\0", timeout=20, check=False,
    )
    assert absent.returncode == 0
    assert "The absent cannot be started: " in (tmp_path / "supervisor.log").read_text()


def test_stopping_waits_for_an_orderly_end(supervise, tmp_path: Path) -> None:
    """And a program that is told to end sees no second signal."""
    supervisor = supervise("trap 'sleep 1; echo orderly >\"$FOLDER/end\"; exit 0' TERM; touch \"$FOLDER/up\"; while :; do sleep 0.05; done")
    eventually("it runs", (tmp_path / "up").exists, 20)
    supervisor.send_signal(signal.SIGTERM)
    supervisor.send_signal(signal.SIGTERM)
    assert supervisor.wait(30) == 0
    assert (tmp_path / "end").read_text() == "orderly\n"


def test_variables_are_its_own_and_nobody_reads_them_among_the_arguments(supervise, tmp_path: Path) -> None:
    os.environ["SANDLOT_TEST_INHERITED"] = "yes"
    try:
        supervisor = supervise('env >"$FOLDER/variables.new"; mv "$FOLDER/variables.new" "$FOLDER/variables"; sleep 100')
        eventually("it runs", (tmp_path / "variables").exists, 20)
    finally:
        del os.environ["SANDLOT_TEST_INHERITED"]
    assert "SANDLOT_TEST_INHERITED" not in (tmp_path / "variables").read_text()
    assert "FOLDER=" not in Path(f"/proc/{supervisor.pid}/cmdline").read_text()
