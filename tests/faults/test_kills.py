"""`kill -9` of server, launcher, shim, engine and database, in the middle of what they do."""

import json
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support import inside, unique, wire
from support.installation import Installation, alive, kill
from support.waiting import PATIENCE, eventually, some_moment

SAVE = """
import os, sys
with open(sys.argv[1], "w") as file:
    file.write(sys.argv[2])
    file.flush()
    os.fsync(file.fileno())
folder = os.open(os.path.dirname(sys.argv[1]), os.O_RDONLY)
os.fsync(folder)
"""


@contextmanager
def request_under_way(method: str, target: str, body: object = None, base: str = wire.API) -> Iterator[None]:
    """A request that is under way meanwhile, and must have ended some time after, in whatever way."""

    def ask() -> None:
        try:
            wire.call(method, target, body, base=base, timeout=80)
        except (OSError, ValueError):
            pass
        except Exception as cut:  # http.client's, when the connection is cut in the answer
            assert type(cut).__module__ == "http.client", cut

    thread = threading.Thread(target=ask)
    thread.start()
    yield
    thread.join(100)
    assert not thread.is_alive(), "the request never ended"


def save(sandbox, text: str) -> None:
    """Writes a file inside and waits until it is on the disk."""
    inside.python(sandbox, SAVE, "/home/daytona/saved", text)


def saved(sandbox) -> str:
    return sandbox.fs.download_file("/home/daytona/saved").decode()


def final(id_or_name: str, seconds: float = 90) -> str:
    """The state that it comes to, or "gone"."""

    def look() -> str | None:
        found = wire.sandbox(id_or_name)
        state = found["state"] if found else "gone"
        return state if state in ("started", "stopped", "error", "gone") else None

    return eventually(f"{id_or_name} in a final state", look, seconds)


def works(sandbox) -> bool:
    answer = wire.toolbox(sandbox.id, "POST", "/process/execute", {"command": "echo works"}, timeout=20)
    return answer.status == 200 and answer.json()["result"] == "works\n"


def restart(installation: Installation, part: str) -> None:
    getattr(installation, f"start_{part}")()


# Parts that live beside sandboxes: their end is not the sandboxes' end.


def test_sandboxes_outlive_an_orderly_restart_of_the_server(own_sandbox, installation) -> None:
    outlives(own_sandbox, installation, lambda: (installation.stop_server(), installation.start_server()))


@pytest.mark.parametrize("part", ["server", "launcher"])
def test_sandboxes_outlive_a_kill_of_the(own_sandbox, installation, part: str) -> None:
    outlives(own_sandbox, installation, lambda: (installation.kill(part), restart(installation, part)))


def test_sandboxes_outlive_a_kill_of_server_and_launcher_together(own_sandbox, installation) -> None:
    def both() -> None:
        installation.kill("server")
        installation.kill("launcher")
        installation.start_launcher()
        installation.start_server()

    outlives(own_sandbox, installation, both)


def outlives(sandbox, installation: Installation, fault) -> None:
    """Process, files, connection to the inside and network policy of a sandbox are as before."""
    counting = "nohup sh -c 'while :; do date +%s%N > /tmp/tick; sleep 0.1; done' >/dev/null 2>&1 & echo $!"
    process = inside.shell(sandbox, counting).split()[-1]
    save(sandbox, "before")
    shims = installation.shims(sandbox.id)
    fault()
    assert installation.shims(sandbox.id) == shims
    eventually("it works again", lambda: works(sandbox), 30)
    assert wire.sandbox(sandbox.id)["state"] == "started"
    inside.shell(sandbox, f"kill -0 {process}")
    first = inside.shell(sandbox, "cat /tmp/tick")
    eventually("it went on", lambda: inside.shell(sandbox, "cat /tmp/tick") != first, 10)
    assert saved(sandbox) == "before"
    # Still governed: it can be stopped and started.
    sandbox.stop()
    sandbox.start()
    assert saved(sandbox) == "before"


@pytest.mark.parametrize("part", ["server", "launcher"])
@pytest.mark.parametrize("after", [0.0, 0.03, 0.08, 0.15, 0.3])
def test_killed_during_a_creation(installation, part: str, after: float) -> None:
    name = unique("killed")
    with request_under_way("POST", "/sandbox", {"name": name, "labels": {"fault": part}}):
        if after:
            eventually("it is known", lambda: wire.sandbox(name), 10)
            some_moment(after - 0.03)
        installation.kill(part)
        restart(installation, part)
    state = final(name)
    known = wire.sandbox(name)
    if state == "started":
        answer = wire.toolbox(known["id"], "POST", "/process/execute", {"command": "echo works"})
        assert (answer.status, answer.json()["result"]) == (200, "works\n")
    elif state == "error":
        assert known["errorReason"]
    if known:
        wire.remove(known["id"])
        eventually("nothing of it is left", lambda: not installation.traces(known["id"]), 30)
    # The name is free again.
    again = wire.call("POST", "/sandbox", {"name": name})
    assert again.status == 200, again
    wire.remove(again.json()["id"])


@pytest.mark.parametrize("part", ["server", "launcher"])
def test_killed_during_a_deletion(make, installation, part: str) -> None:
    victims = [make() for _ in range(3)]
    for after, victim in zip((0.0, 0.02, 0.06), victims, strict=True):
        with request_under_way("DELETE", f"/sandbox/{victim.id}"):
            some_moment(after)
            installation.kill(part)
            restart(installation, part)
        state = final(victim.id)
        if state != "gone":
            # The order had not been taken down: it is given again.
            assert state in ("started", "error")
            wire.remove(victim.id)
        eventually("nothing of it is left", lambda victim=victim: not installation.traces(victim.id), 30)


@pytest.mark.parametrize("part", ["server", "launcher"])
def test_killed_during_a_stop_and_a_start(make, installation, part: str) -> None:
    victim = make()
    save(victim, "before")
    for verb in ("stop", "start"):
        with request_under_way("POST", f"/sandbox/{victim.id}/{verb}"):
            some_moment(0.03)
            installation.kill(part)
            restart(installation, part)
        assert final(victim.id) in ("started", "stopped")
    if final(victim.id) == "stopped":
        victim.start()
    assert saved(victim) == "before"
    wire.remove(victim.id)


@pytest.mark.parametrize("part", ["server", "launcher"])
def test_killed_during_a_command_and_an_upload(own_sandbox, installation, part: str) -> None:
    command = {"command": "echo begun > /tmp/begun; sleep 3; echo ended > /tmp/ended"}
    boundary = b"--b\r\nContent-Disposition: form-data; name="
    upload = boundary + b'"files[0].path"\r\n\r\n/tmp/large\r\n' + boundary
    upload += b'"files[0].file"; filename="x"\r\n\r\n' + b"x" * (64 << 20) + b"\r\n--b--\r\n"
    with request_under_way("POST", f"/{own_sandbox.id}/process/execute", command, wire.toolbox_base()):
        begun = "/files/info?path=/tmp/begun"
        eventually("it has begun", lambda: wire.toolbox(own_sandbox.id, "GET", begun).status == 200, 10)
        with request_under_way("POST", f"/{own_sandbox.id}/files/bulk-upload", upload, wire.toolbox_base()):
            some_moment(0.1)
            installation.kill(part)
            restart(installation, part)
    eventually("it works again", lambda: works(own_sandbox), 30)
    assert wire.sandbox(own_sandbox.id)["state"] == "started"
    own_sandbox.fs.upload_file(b"whole", "/tmp/large")
    assert own_sandbox.fs.download_file("/tmp/large") == b"whole"


# Parts of one sandbox: it ends with a reason, and comes back with its files.


def test_a_killed_engine_is_told_and_its_files_are_kept(own_sandbox, sandbox, installation) -> None:
    ends_and_comes_back(own_sandbox, sandbox, installation, installation.engine(own_sandbox.id))


def test_a_killed_shim_is_told_and_its_files_are_kept(own_sandbox, sandbox, installation) -> None:
    ends_and_comes_back(own_sandbox, sandbox, installation, installation.shims(own_sandbox.id))


def ends_and_comes_back(victim, neighbour, installation: Installation, processes: list[int]) -> None:
    assert processes
    save(victim, "before")
    with request_under_way("POST", f"/{victim.id}/process/execute", {"command": "touch /tmp/begun; sleep 60"}, wire.toolbox_base()):
        eventually("it has begun", lambda: wire.toolbox(victim.id, "GET", "/files/info?path=/tmp/begun").status == 200)
        kill(processes)
    ended = eventually("the end is noticed", lambda: final(victim.id) in ("stopped", "error") and wire.sandbox(victim.id), 60)
    assert ended["errorReason"], ended
    eventually("nothing of it runs", lambda: not installation.engine(victim.id) and not installation.shims(victim.id), 30)
    assert works(neighbour)
    victim.start()
    assert saved(victim) == "before"
    assert works(victim)


def test_an_agent_that_stands_still_holds_up_nobody_else(own_sandbox, sandbox, installation) -> None:
    """A sandbox whose kernel was stopped answers nothing; the server must not run out of anything meanwhile."""
    stopped = installation.engine(own_sandbox.id)
    for process in stopped:
        os.kill(process, signal.SIGSTOP)
    try:
        waiting = [threading.Thread(target=call_briefly, args=(own_sandbox.id,)) for _ in range(30)]
        for each in waiting:
            each.start()
        for _ in range(5):
            assert works(sandbox)  # while the other is stopped
        for each in waiting:
            each.join(30)
    finally:
        for process in filter(alive, stopped):
            os.kill(process, signal.SIGCONT)
    state = final(own_sandbox.id)
    if state == "started":
        eventually("it works again", lambda: works(own_sandbox), 30)


def call_briefly(sandbox_id: str) -> None:
    try:
        wire.toolbox(sandbox_id, "POST", "/process/execute", {"command": "true"}, timeout=3)
    except OSError:
        pass


def test_a_killed_engine_during_a_deletion_is_no_hindrance(make, installation) -> None:
    victim = make()
    kill(installation.engine(victim.id))
    wire.remove(victim.id)
    assert installation.traces(victim.id) == []


def test_sandboxes_that_ended_while_nobody_looked_are_noticed(own_sandbox, installation) -> None:
    save(own_sandbox, "before")
    installation.kill("server")
    installation.kill("launcher")
    kill(installation.shims(own_sandbox.id) + installation.engine(own_sandbox.id))
    installation.start_launcher()
    installation.start_server()
    eventually("the end is noticed", lambda: final(own_sandbox.id) in ("stopped", "error"), 60)
    assert wire.sandbox(own_sandbox.id)["errorReason"]
    own_sandbox.start()
    assert saved(own_sandbox) == "before"


def test_what_was_on_the_disk_outlives_the_end_of_everything(own_sandbox, installation) -> None:
    save(own_sandbox, "written before all was killed")
    installation.kill("server")
    installation.kill("launcher")
    kill(postmaster(installation))
    kill(installation.shims(own_sandbox.id) + installation.engine(own_sandbox.id))
    installation.start_launcher()
    installation.start_server()
    assert final(own_sandbox.id) in ("started", "stopped", "error")
    if final(own_sandbox.id) != "started" or not works(own_sandbox):
        eventually("the end is noticed", lambda: final(own_sandbox.id) in ("stopped", "error"), 60)
        own_sandbox.start()
    assert saved(own_sandbox) == "written before all was killed"


# The database.


def postmaster(installation: Installation) -> list[int]:
    files = list((installation.home / "database").rglob("postmaster.pid"))
    return [int(path.read_text().split()[0]) for path in files]


def test_an_orderly_restart_of_the_database_goes_by(own_sandbox, installation) -> None:
    assert "ok" in installation.launcher({"op": "database_stop"})
    unavailable = wire.call("GET", f"/sandbox/{own_sandbox.id}", timeout=PATIENCE)
    assert unavailable.status == 503, unavailable
    assert json.loads(unavailable.body)["message"]
    assert "ok" in installation.launcher({"op": "database_start"})
    eventually("the server works again", lambda: wire.call("GET", f"/sandbox/{own_sandbox.id}").status == 200, 45)
    assert wire.sandbox(own_sandbox.id)["state"] == "started"
    assert works(own_sandbox)


def test_a_killed_database_loses_nothing(own_sandbox, installation) -> None:
    name = unique("written")
    made = wire.call("POST", "/sandbox", {"name": name})
    assert made.status == 200
    kill(postmaster(installation))
    eventually("it starts again", lambda: "ok" in installation.launcher({"op": "database_start"}), 30)
    eventually("what was answered is there", lambda: wire.call("GET", f"/sandbox/{name}").status == 200, 45)
    assert works(own_sandbox)
    wire.remove(made.json()["id"])


def test_a_database_killed_during_creations_leaves_nothing_stuck(installation) -> None:
    names = [unique("during") for _ in range(3)]
    with request_under_way("POST", "/sandbox", {"name": names[0]}), request_under_way("POST", "/sandbox", {"name": names[1]}):
        with request_under_way("POST", "/sandbox", {"name": names[2]}):
            some_moment(0.05)
            kill(postmaster(installation))
            eventually("it starts again", lambda: "ok" in installation.launcher({"op": "database_start"}), 30)
    for name in names:
        assert final(name) in ("started", "error", "gone")
        if found := wire.sandbox(name):
            wire.remove(found["id"])


def test_keys_and_settings_are_the_same_after_a_restart(own_sandbox, installation) -> None:
    before = Path(installation.home / "secrets/admin.key").read_text()
    wire.call("PUT", f"/sandbox/{own_sandbox.id}/labels", {"labels": {"kept": "yes"}})
    installation.kill("server")
    installation.start_server()
    assert Path(installation.home / "secrets/admin.key").read_text() == before
    assert wire.sandbox(own_sandbox.id)["labels"] == {"kept": "yes"}
