"""The engines without Sandlot, to be measured beside it."""

import json
import os
import pathlib
import select
import subprocess
import tempfile
import time
import uuid


def run(name, program, root):
    """Seconds for one `run` of `true` by an engine (`runsc` or `runc`) on a root."""
    identity = f"bench-{uuid.uuid4()}"
    with tempfile.TemporaryDirectory() as bundle:
        pathlib.Path(bundle, "config.json").write_text(json.dumps(bundle_of(root)))
        arguments = ["--root", f"{bundle}/state"]
        if name == "runsc":
            arguments += ["--platform", "systrap", "--network", "none", "--overlay2", "none", "--ignore-cgroups"]
        begin = time.perf_counter()
        run_to_end([program, *arguments, "run", "--bundle", bundle, identity], 60)
        took = time.perf_counter() - begin
        # runsc keeps a namespace mounted in its state folder.
        subprocess.run(["umount", f"{bundle}/state/null-netns"], stderr=subprocess.DEVNULL, check=False, timeout=10)
        return took


def run_to_end(words, seconds):
    """Runs a program that must succeed. Python's own wait with a time limit looks again after up to 50 ms, which would be
    measured too; this one is woken by the end."""
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL)
    end = select.poll()
    descriptor = os.pidfd_open(process.pid)
    try:
        end.register(descriptor, select.POLLIN)
        if not end.poll(seconds * 1000):
            process.kill()
            raise TimeoutError(f"{words[0]} did not end within {seconds} s")
    finally:
        os.close(descriptor)
        status = process.wait()
    if status != 0:
        raise subprocess.CalledProcessError(status, words)


def bundle_of(root):
    return {
        "ociVersion": "1.0.0",
        "process": {
            "user": {"uid": 0, "gid": 0},
            "args": ["/bin/true"],
            "env": ["PATH=/usr/bin:/bin"],
            "cwd": "/",
        },
        "root": {"path": str(root), "readonly": True},
        # runc puts links into /dev: without one of its own, they would go into the image.
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755", "size=64k"]},
        ],
        "linux": {"namespaces": [{"type": kind} for kind in ("pid", "mount", "ipc", "uts")]},
    }
