"""What a program sees of the machine it runs on: a kernel of its own, and nothing of the host or the platform."""

import base64
import re

import pytest
from support import inside, wire
from support.waiting import eventually

HARMLESS_DEVICES = {
    "char", "console", "fd", "full", "fuse", "mqueue", "net", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout",
    "tty", "urandom", "zero", "core",
}  # fmt: skip
# Powers over the host's network, disks, clock or kernel, were it not gVisor's own kernel they are asked of.
NEVER = {
    "NET_ADMIN": 12, "NET_RAW": 13, "IPC_LOCK": 14, "SYS_MODULE": 16, "SYS_RAWIO": 17, "SYS_ADMIN": 21, "SYS_BOOT": 22,
    "SYS_TIME": 25, "MAC_ADMIN": 33, "SYSLOG": 34, "BPF": 39,
}  # fmt: skip

SEARCH = r"""
import base64, os, re, sys
# Given backwards and encoded, so that this program does not find itself.
secrets = [base64.b64decode(each)[::-1] for each in sys.argv[1:]]
keys = re.compile(b"dt" + rb"n_[0-9a-f]{64}")
def look(path):
    try:
        with open(path, "rb") as file:
            content = file.read(4 << 20)
    except OSError:
        return
    if keys.search(content) or any(each in content for each in secrets):
        print("FOUND in", path)
looked = 0
for process in filter(str.isdigit, os.listdir("/proc")):
    for name in ("environ", "cmdline", "maps", "mountinfo", "status"):
        look(f"/proc/{process}/{name}")
        looked += 1
for top in ("/etc", "/root", "/home", "/run", "/var/lib", "/var/log", "/opt", "/srv", "/tmp", "/dev/shm", "/.sandlot"):
    for folder, folders, files in os.walk(top):
        folders[:] = [each for each in folders if each not in ("dpkg", "apt")]
        for name in files:
            path = os.path.join(folder, name)
            if os.path.isfile(path) and os.path.getsize(path) < 4 << 20:
                look(path)
                looked += 1
print("looked at", looked)
"""


def test_the_kernel_is_gvisors(sandbox) -> None:
    assert "gvisor" in inside.shell(sandbox, "uname -a").lower()
    assert "gvisor" in inside.shell(sandbox, "dmesg").lower()
    assert "gvisor" in inside.shell(sandbox, "cat /proc/version").lower()


def test_sudo_makes_root_of_the_user(sandbox) -> None:
    assert inside.shell(sandbox, "id -un").strip() == "daytona"
    assert inside.shell(sandbox, "sudo -n id -u").strip() == "0"


def test_the_user_has_no_powers_and_root_none_over_the_host(sandbox) -> None:
    status = inside.shell(sandbox, "cat /proc/self/status")
    assert re.search(r"^CapEff:\s+0+$", status, re.MULTILINE), status
    rooted = inside.shell(sandbox, "sudo -n cat /proc/self/status")
    for line in ("CapEff", "CapBnd"):
        held = int(re.search(rf"^{line}:\s+([0-9a-f]+)$", rooted, re.MULTILINE)[1], 16)
        assert held, rooted
        assert not [name for name, bit in NEVER.items() if held >> bit & 1]


def test_no_device_of_the_host_is_there(sandbox) -> None:
    assert set(inside.shell(sandbox, "ls /dev").split()) <= HARMLESS_DEVICES
    made = sandbox.process.exec("sudo -n sh -c 'mknod /tmp/disk b 8 0 && mknod /tmp/loop b 7 0 && mknod /tmp/mem c 1 1'")
    for node in ("disk", "loop", "mem"):
        read = sandbox.process.exec(f"sudo -n head -c 1 /tmp/{node} | wc -c")
        assert read.result.splitlines()[-1] == "0", (made.result, node, read.result)


def test_nothing_tells_where_on_the_host_it_lies(sandbox, installation) -> None:
    everything = inside.shell(
        sandbox,
        "sudo -n sh -c 'cat /proc/mounts /proc/*/mountinfo /proc/*/cgroup /proc/cmdline /proc/1/environ /proc/1/maps"
        " /etc/hosts /etc/resolv.conf 2>/dev/null; dmesg; ls -l /proc/1/cwd /proc/1/root /proc/1/exe /proc/1/fd; true'",
    )
    assert "/proc" in everything
    for hint in (str(installation.home), "upperdir", "lowerdir", "/var/cache/sandlot", f"sandlot-{installation.instance}"):
        assert hint not in everything, hint


def test_root_file_system_is_not_the_hosts(sandbox, tmp_path) -> None:
    here = tmp_path / "on-the-host"
    here.write_text("secret of the host")
    for path in (str(here), f"/proc/1/root{here}", f"/proc/self/root/../..{here}"):
        assert "secret of the host" not in sandbox.process.exec(f"sudo -n cat {path}").result


def test_no_key_of_the_platform_is_inside(sandbox, installation, daytona) -> None:
    secrets = [path.read_bytes().strip() for path in (installation.home / "secrets").iterdir() if path.is_file()]
    secrets += [wire.KEY.encode(), sandbox.get_preview_link(3000).token.encode()]
    assert all(len(each) >= 16 for each in secrets)
    encoded = [base64.b64encode(each[::-1]).decode() for each in secrets]
    # The search must be able to find something: a file with one of them, in a place of its own.
    sandbox.fs.upload_file(b"x" * 100 + secrets[0], "/home/daytona/planted")
    found = inside.python(sandbox, SEARCH, *encoded, root=True, timeout=100)
    assert "FOUND in /home/daytona/planted" in found
    sandbox.fs.delete_file("/home/daytona/planted")
    found = inside.python(sandbox, SEARCH, *encoded, root=True, timeout=100)
    assert "FOUND" not in found
    assert int(found.split()[-1]) > 100, found


def test_nothing_of_ours_listens_inside(sandbox) -> None:
    sockets = inside.shell(sandbox, "sudo -n cat /proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/udp6 2>/dev/null; true")
    listening = [line for line in sockets.splitlines() if re.match(r"\s*\d+: ", line)]
    assert listening == []
    # Bit 16 of the flags: a Unix socket that accepts connections.
    unix = [line.split() for line in inside.shell(sandbox, "sudo -n cat /proc/net/unix").splitlines()[1:]]
    assert [words for words in unix if int(words[3], 16) & 0x10000] == []


def test_root_that_kills_the_agent_ends_this_sandbox_alone_and_is_told(own_sandbox, sandbox) -> None:
    """gVisor lets root inside kill the first process; that is the end of its own kernel, and of nothing else."""
    assert "agent" in inside.shell(own_sandbox, "sudo -n cat /proc/1/cmdline").replace("\0", " ")
    own_sandbox.fs.upload_file(b"kept", "notes.txt")
    wire.toolbox(own_sandbox.id, "POST", "/process/execute", {"command": "sync; sudo -n kill -9 1"}, timeout=30)
    ended = eventually("the end is noticed", lambda: (s := wire.sandbox(own_sandbox.id))["state"] == "stopped" and s, 30)
    assert ended["errorReason"], ended
    assert inside.shell(sandbox, "echo still here") == "still here\n"
    own_sandbox.start()
    assert own_sandbox.fs.download_file("notes.txt") == b"kept"


@pytest.mark.parametrize("order", ["reboot(0x1234567)", "sethostname(b'x' * 70, 70)", "mount(b'/', b'/', 0, 4096, 0)"])
def test_root_inside_has_no_hold_on_the_hosts_kernel(sandbox, order: str, run_on_host) -> None:
    before = run_on_host("uname", "-n")
    program = f"import ctypes; print(ctypes.CDLL(None).{order})"
    sandbox.process.exec(f'sudo -n python3 -c "{program}"')
    assert run_on_host("uname", "-n") == before
    assert inside.shell(sandbox, "echo still here") == "still here\n"
