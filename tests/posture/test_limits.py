"""A sandbox that takes all it can get: it meets its limits, says why, and its neighbour does not notice."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from support import inside, wire
from support.installation import alive
from support.waiting import PATIENCE, eventually

GIB = 1 << 30
# How long a greedy command would go on: longer than anybody waits for its neighbour's answers.
GREEDY_SECONDS = 100


@contextmanager
def in_background(sandbox, command: str, lasts: bool = True) -> Iterator[None]:
    """Meanwhile the command runs, to the end if it lasts; then the sandbox is stopped, as its owner would have to."""

    def run() -> None:
        body = {"command": f"touch /tmp/greedy; {command}", "timeout": GREEDY_SECONDS}
        try:
            wire.toolbox(sandbox.id, "POST", "/process/execute", body, timeout=2 * PATIENCE)
        except OSError:
            pass

    thread = threading.Thread(target=run)
    thread.start()
    begun = "/files/info?path=/tmp/greedy"
    eventually("it has begun", lambda: wire.toolbox(sandbox.id, "GET", begun, timeout=10).status == 200)
    yield
    assert thread.is_alive() or not lasts, "the neighbour was answered only when it was over"
    assert wire.call("POST", f"/sandbox/{sandbox.id}/stop?force=true").status == 200
    thread.join(PATIENCE)
    assert not thread.is_alive(), "the call did not end"


def answers(sandbox) -> None:
    """A neighbour is answered while another sandbox misbehaves."""
    answer = wire.toolbox(sandbox.id, "POST", "/process/execute", {"command": "echo fine"}, timeout=PATIENCE)
    assert (answer.status, answer.json()["result"]) == (200, "fine\n")
    sandbox.fs.upload_file(b"fine", "/tmp/neighbour")
    assert sandbox.fs.download_file("/tmp/neighbour") == b"fine"


def test_a_full_disk_is_its_owners_alone(own_sandbox, sandbox) -> None:
    metrics = wire.toolbox(own_sandbox.id, "GET", "/system/metrics").json()
    limit = own_sandbox.disk * GIB
    assert metrics["diskTotal"] == limit
    filled = inside.fill_disk(own_sandbox, "/home/daytona/full")
    assert filled.exit_code != 0
    assert "quota" in filled.result.lower() or "no space" in filled.result.lower()
    assert int(inside.shell(own_sandbox, "stat -c %s /home/daytona/full")) <= limit
    # For root as well, who is not held by quotas of users.
    more = own_sandbox.process.exec("sudo -n sh -c 'head -c 100M /dev/zero > /opt/more'", timeout=60)
    assert more.exit_code != 0
    refused = wire.toolbox(own_sandbox.id, "POST", "/files/folder?path=/home/daytona/a&mode=755")
    assert refused.status == 400 and "no space left" in refused.message, refused
    full = wire.toolbox(own_sandbox.id, "GET", "/system/metrics").json()
    assert full["diskUsed"] > 0.9 * limit
    assert full["diskFree"] < 0.1 * limit
    answers(sandbox)
    inside.shell(sandbox, "head -c 20M /dev/zero > /home/daytona/mine && sync && rm /home/daytona/mine")
    # And room comes back.
    inside.shell(own_sandbox, "rm /home/daytona/full; sync; echo again > /home/daytona/again")


def test_an_upload_that_does_not_fit_says_so_and_leaves_nothing_half(own_sandbox) -> None:
    inside.fill_disk(own_sandbox, "/home/daytona/full")
    boundary = b"--b\r\nContent-Disposition: form-data; name="
    body = boundary + b'"files[0].path"\r\n\r\n/home/daytona/big\r\n' + boundary
    body += b'"files[0].file"; filename="x"\r\n\r\n' + b"x" * (8 << 20) + b"\r\n--b--\r\n"
    headers = wire.BEARER | {"Content-Type": "multipart/form-data; boundary=b"}
    answer = wire.toolbox(own_sandbox.id, "POST", "/files/bulk-upload", body, headers=headers)
    assert answer.status == 400, answer
    assert any(word in answer.body.decode().lower() for word in ("quota", "space", "disk")), answer.body
    listed = wire.toolbox(own_sandbox.id, "GET", "/files?path=/home/daytona").json()
    assert [each["name"] for each in listed if each["name"] != "full" and not each["name"].startswith(".")] in ([], ["big"])


def test_too_many_files_are_its_owners_alone(own_sandbox, sandbox) -> None:
    with in_background(own_sandbox, "mkdir /tmp/many; cd /tmp/many; seq 10000000 | xargs touch"):
        answers(sandbox)


def comes_back(sandbox) -> None:
    """The sandbox runs commands again, or has ended because of its memory and is there again after a start."""

    def settled() -> dict | None:
        state = wire.sandbox(sandbox.id)
        if state["state"] == "started":
            done = wire.toolbox(sandbox.id, "POST", "/process/execute", {"command": "true", "timeout": 10}, timeout=20)
            return state if done.status == 200 else None
        return state if state["state"] in ("stopped", "error") else None

    after = eventually("it is settled", settled, 60)
    if after["state"] != "started":
        assert "memory" in (after.get("errorReason") or "").lower(), after
        sandbox.start()
    assert sandbox.fs.download_file("notes.txt") == b"kept"


def test_a_fork_bomb_is_its_owners_alone(own_sandbox, sandbox) -> None:
    """It meets the limit on processes, or that of the memory: 4 MB a process in gVisor. The sandbox outlives the first."""
    own_sandbox.fs.upload_file(b"kept", "notes.txt")
    inside.shell(own_sandbox, "sync")
    bomb = (
        "import os, time\nos.setsid()\nend = time.time() + 12\n"
        "while time.time() < end:\n    try:\n        os.fork()\n    except OSError:\n        open('/tmp/met', 'w').close()\n        time.sleep(0.1)\n"
    )
    own_sandbox.fs.upload_file(bomb.encode(), "/tmp/bomb.py")
    own_sandbox.process.exec("nohup python3 /tmp/bomb.py >/dev/null 2>&1 &")

    def met() -> bool:
        if wire.sandbox(own_sandbox.id)["state"] != "started":
            return True
        return wire.toolbox(own_sandbox.id, "GET", "/files/info?path=/tmp/met", timeout=5).status == 200

    eventually("it has met a limit, or the end", met)
    answers(sandbox)
    comes_back(own_sandbox)


def test_a_flood_of_output_is_bounded(own_sandbox, sandbox, installation) -> None:
    server = installation.process("server")
    with in_background(own_sandbox, "yes flood", lasts=False):  # it may be ended for its output
        answers(sandbox)
    assert alive(server)
    own_sandbox.start()
    # A command that stops by itself, but only after more than anybody wants to read.
    answer = wire.toolbox(
        own_sandbox.id, "POST", "/process/execute", {"command": "head -c 1G /dev/zero | tr '\\0' x", "timeout": 60}, timeout=90
    )
    assert answer.status == 422, answer.status
    assert len(answer.body) < 256 << 20
    assert alive(server)
    assert inside.shell(own_sandbox, "echo fine") == "fine\n"


def test_a_command_that_never_ends_is_ended_with_its_children(own_sandbox) -> None:
    command = {"command": "trap '' TERM; (sleep 9876 &) ; sleep 9876", "timeout": 1}
    answer = wire.toolbox(own_sandbox.id, "POST", "/process/execute", command, timeout=PATIENCE)
    assert (answer.status, answer.json()["code"]) == (408, "PROCESS_EXECUTION_TIMEOUT")
    assert int(answer.headers["retry-after"]) >= 1
    assert own_sandbox.process.exec("pgrep -fx 'sleep 9876'").result == ""


def test_busy_loops_leave_the_neighbour_its_share(own_sandbox, sandbox) -> None:
    with in_background(own_sandbox, "for n in 1 2 3 4 5 6 7 8; do (while :; do :; done) & done; wait"):
        answers(sandbox)
