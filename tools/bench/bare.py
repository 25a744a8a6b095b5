"""The engines without Sandlot, to be measured beside it."""

import json
import pathlib
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
        subprocess.run([program, *arguments, "run", "--bundle", bundle, identity], check=True, stdin=subprocess.DEVNULL, timeout=60)
        took = time.perf_counter() - begin
        # runsc keeps a namespace mounted in its state folder.
        subprocess.run(["umount", f"{bundle}/state/null-netns"], stderr=subprocess.DEVNULL, check=False, timeout=10)
        return took


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
        "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}],
        "linux": {"namespaces": [{"type": kind} for kind in ("pid", "mount", "ipc", "uts")]},
    }
