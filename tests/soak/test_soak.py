"""Sandboxes are made, used in many ways and deleted for a long time: in the end nothing of them is left, and nothing has grown."""

import itertools
import os
import random
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from daytona import CreateSandboxFromSnapshotParams, Daytona, Sandbox, SessionExecuteRequest
from support import unique, wire
from support.installation import Installation
from support.listening import Listener
from support.waiting import eventually

MINUTES = float(os.environ.get("SANDLOT_TEST_SOAK_MINUTES", "15"))
# At a time; each is alone in using its sandbox.
WORKERS = 4
# Until everything that is made once, and grows at first, has been made.
WARM_UP_ROUNDS = 10
MEBIBYTE = 1 << 20
# How much more a process of ours may have after all rounds than after the first ones.
GROWTH_MAX = {"server memory": 128 * MEBIBYTE, "launcher memory": 16 * MEBIBYTE, "server files": 20, "launcher files": 10}


def runs_commands(sandbox: Sandbox) -> None:
    assert sandbox.process.exec("seq 1000 | tail -n 1").result == "1000\n"
    assert sandbox.process.code_run("print(6 * 7)").result == "42\n"


def moves_files(sandbox: Sandbox) -> None:
    content = os.urandom(300_000)
    sandbox.fs.upload_file(content, "folder/file")
    assert sandbox.fs.download_file("folder/file") == content


def keeps_a_session(sandbox: Sandbox) -> None:
    session = unique("session")
    sandbox.process.create_session(session)
    for command in ("cd /tmp", "sleep 1000 &"):
        sandbox.process.execute_session_command(session, SessionExecuteRequest(command=command))
    answer = sandbox.process.execute_session_command(session, SessionExecuteRequest(command="pwd"))
    assert answer.stdout == "/tmp\n"


def keeps_variables(sandbox: Sandbox) -> None:
    sandbox.code_interpreter.run_code("kept = 41")
    assert sandbox.code_interpreter.run_code("print(kept + 1)").stdout == "42\n"


def opens_a_terminal(sandbox: Sandbox) -> None:
    name = unique("terminal")
    assert wire.toolbox(sandbox.id, "POST", "/process/pty", {"id": name}).status == 201
    terminal = Listener(sandbox.id, f"/process/pty/{name}/connect")
    terminal.send(b"echo a$((1+1))b\n")
    terminal.await_content(b"a2b")
    terminal.leave()


def changes_the_network(sandbox: Sandbox) -> None:
    answer = wire.call("POST", f"/sandbox/{sandbox.id}/network-settings", {"networkAllowList": "203.0.113.0/28"})
    assert answer.status == 200, answer


def stops_and_starts(sandbox: Sandbox) -> None:
    sandbox.stop()
    sandbox.start()
    assert sandbox.process.exec("echo again").result == "again\n"


USES = [runs_commands, moves_files, keeps_a_session, keeps_variables, opens_a_terminal, changes_the_network, stops_and_starts]


def live(daytona: Daytona, number: int) -> None:
    """One sandbox from its creation to its deletion, with some of the uses in some order."""
    sandbox = daytona.create(CreateSandboxFromSnapshotParams(name=unique("soak"), auto_stop_interval=0))
    try:
        for use in random.Random(number).sample(USES, 3):
            use(sandbox)
    finally:
        wire.remove(sandbox.id)


def rounds(daytona: Daytona, numbers: range) -> None:
    with ThreadPoolExecutor(WORKERS) as pool:
        for done in [pool.submit(live, daytona, number) for number in numbers]:
            done.result()


# It lasts as long as it is told to.
@pytest.mark.timeout(0)
def test_nothing_is_left_and_nothing_has_grown(daytona: Daytona, installation: Installation) -> None:
    rounds(daytona, range(WARM_UP_ROUNDS * WORKERS))
    before = eventually("nothing is left of the first", lambda: not installation.leaks() and installation.holdings())
    grown = installation.growing()
    end = time.monotonic() + MINUTES * 60
    made = 0
    for first in itertools.count(WARM_UP_ROUNDS * WORKERS, WORKERS * 5):
        rounds(daytona, range(first, first + WORKERS * 5))
        made += WORKERS * 5
        if time.monotonic() >= end:
            break
    print(f"{made} sandboxes in {MINUTES:g} minutes; then {installation.growing()}, before {grown}")
    eventually("nothing is left of any", lambda: not installation.leaks())
    eventually(f"{before} again", lambda: installation.holdings() == before)
    for what, most in GROWTH_MAX.items():
        assert installation.growing()[what] - grown[what] <= most, what
