"""What a crash may leave behind is cleaned at the next start, and only that."""

import uuid

from support import wire
from support.waiting import eventually


def test_a_disk_that_no_sandbox_has_is_removed(installation, sandbox) -> None:
    """As after a crash between the disk and the database."""
    image = installation.launcher({"op": "list_images"})["ok"]["images"][0]["id"]
    orphan = str(uuid.uuid4())
    made = installation.launcher({"op": "create_disk", "id": orphan, "image": image, "host_name": "orphan", "disk_bytes": 1 << 30})
    assert "ok" in made, made
    limits = {"cpu_millis": 1000, "memory_bytes": 512 << 20, "pids": 256}
    started = {"op": "start_sandbox", "id": orphan, "engine": "runsc", "limits": limits, "network": {"mode": "default"}}
    assert "ok" in installation.launcher(started)
    assert installation.traces(orphan)
    installation.kill("server")
    installation.start_server()
    eventually("it is gone", lambda: orphan not in installation.disks() and not installation.traces(orphan), 60)
    assert sandbox.id in installation.disks()


def test_a_shim_without_a_record_is_ended(installation, own_sandbox) -> None:
    """As after a crash of the launcher in the middle of an end."""
    installation.kill("launcher")
    record = installation.home / "run/sandboxes" / own_sandbox.id / "record.json"
    assert record.exists()
    record.unlink()
    installation.start_launcher()
    eventually(
        "the launcher and the machine agree",
        lambda: bool(installation.shims(own_sandbox.id)) == installation.disks()[own_sandbox.id]["running"],
        30,
    )


def test_a_sandbox_that_was_given_up_does_not_run_on(installation, own_sandbox) -> None:
    """As when a runner comes back after so long a silence that nobody counts on it any more."""
    own_sandbox.fs.upload_file(b"kept", "notes.txt")
    own_sandbox.process.exec("sync")
    runner = {"Authorization": f"Bearer {(installation.home / 'secrets/runner.key').read_text().strip()}"}
    given_up = {"state": "error", "errorReason": "its runner has been silent for a day", "recoverable": True}
    assert wire.call("PUT", f"/sandbox/{own_sandbox.id}/state", given_up, headers=runner).status == 200
    assert installation.engine(own_sandbox.id)
    installation.kill("server")
    installation.start_server()
    eventually("it is stopped", lambda: not installation.engine(own_sandbox.id) and not installation.shims(own_sandbox.id), 60)
    assert wire.sandbox(own_sandbox.id)["state"] == "error"
    assert wire.call("POST", f"/sandbox/{own_sandbox.id}/recover").json()["state"] == "started"
    assert own_sandbox.fs.download_file("notes.txt") == b"kept"
