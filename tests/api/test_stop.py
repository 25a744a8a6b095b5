"""What a stop answers, and that nothing is lost by it."""

from support import wire
from support.waiting import eventually

# Pages that are written through a mapping are in no call to the system: the sandbox's kernel has them alone. The
# process holds them to the end, and is killed, since it does not listen.
_WRITER = """
import mmap, os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
for number in range(300):
    with open(f"small-{number}", "w") as file:
        file.write(f"small {number}")
with open("read-first", "wb") as file:
    file.write(b"old" * 100_000)
open("read-first", "rb").read()
kept = open("read-first", "r+b")
kept.seek(150_000)
kept.write(b"new")
kept.flush()
with open("mapped", "wb") as file:
    file.truncate(1 << 20)
mapped = mmap.mmap(os.open("mapped", os.O_RDWR), 1 << 20)
mapped[: 1 << 20] = b"m" * (1 << 20)
print("written", flush=True)
time.sleep(1000)
"""
_READER = """
assert all(open(f"small-{number}").read() == f"small {number}" for number in range(300))
content = open("read-first", "rb").read()
assert (len(content), content[150_000:150_003]) == (300_000, b"new"), content[149_990:150_010]
assert open("mapped", "rb").read() == b"m" * (1 << 20)
print("kept")
"""


def _run(sandbox_id: str, command: str) -> str:
    answer = wire.toolbox(sandbox_id, "POST", "/process/execute", {"command": command})
    assert answer.status == 200, answer
    return str(answer.json()["result"])


def test_a_stop_is_answered_when_it_is_done(sandbox) -> None:
    answer = wire.call("POST", f"/sandbox/{sandbox.id}/stop")
    assert (answer.status, answer.json()["state"]) == (200, "stopped")
    assert wire.sandbox(sandbox.id)["state"] == "stopped"
    assert wire.call("POST", f"/sandbox/{sandbox.id}/start").json()["state"] == "started"


def test_a_stop_of_one_that_lives_while_it_runs_answers_that_it_is_gone(name: str) -> None:
    made = wire.call("POST", "/sandbox", {"name": name, "autoDeleteInterval": 0}).json()
    answer = wire.call("POST", f"/sandbox/{made['id']}/stop")
    assert (answer.status, answer.json()["state"]) == (200, "destroyed")
    assert wire.sandbox(made["id"]) is None


def test_a_deletion_is_answered_before_it_is_done(name: str) -> None:
    made = wire.call("POST", "/sandbox", {"name": name}).json()
    answer = wire.call("DELETE", f"/sandbox/{made['id']}")
    assert (answer.status, answer.json()["state"]) == (200, "destroying")


def test_nothing_that_was_written_before_a_stop_is_lost(sandbox) -> None:
    upload = f"cat >writer.py <<'EOF'\n{_WRITER}\nEOF\ncat >reader.py <<'EOF'\n{_READER}\nEOF"
    _run(sandbox.id, upload)
    _run(sandbox.id, "setsid python3 writer.py >log 2>&1 </dev/null &")
    eventually("all is written", lambda: "written" in _run(sandbox.id, "cat log"), 60)
    assert wire.call("POST", f"/sandbox/{sandbox.id}/stop").json()["state"] == "stopped"
    assert wire.call("POST", f"/sandbox/{sandbox.id}/start").json()["state"] == "started"
    assert _run(sandbox.id, "python3 reader.py 2>&1") == "kept\n"
