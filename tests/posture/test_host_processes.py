"""Who runs as what on the host: nothing of ours that reads what clients or sandboxes send is root."""

import pwd
from pathlib import Path

from support.installation import processes


def status(process: int) -> dict[str, str]:
    """/proc/<process>/status by its names."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def users(process: int) -> set[str]:
    """Real, effective, saved and file system user."""
    return {pwd.getpwuid(int(each)).pw_name for each in status(process)["Uid"].split()}


def powers(process: int) -> set[int]:
    """Its capabilities, in effect or to be had."""
    about = status(process)
    return {int(about[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")}


def test_the_server_is_no_root_and_cannot_become_it(installation) -> None:
    server = installation.process("server")
    assert users(server) == {"sandlot"}
    assert powers(server) == {0}
    assert status(server)["NoNewPrivs"] == "1"
    groups = {int(each) for each in status(server)["Groups"].split()}
    assert groups <= {pwd.getpwnam("sandlot").pw_gid}


def test_the_database_is_no_root_and_reached_by_nobody_else(installation) -> None:
    database = str(installation.home / "database")
    found = [pid for pid, words in processes() if "postgres" in words[0] and any(database in word for word in words)]
    assert found
    for process in found:
        assert users(process) == {"sandlot-db"}
        assert int(status(process)["CapEff"], 16) == 0
    assert "0.0.0.0" not in Path(f"/proc/{found[0]}/cmdline").read_text()


def test_only_launcher_shims_and_engines_are_root(installation, sandbox) -> None:
    """The engines start as root and give it up themselves; they are no programs of ours."""
    known = {"sandlot-launcher", "exe"}
    for process, words in processes():
        mine = any(str(installation.home) in word or f"/run/sandlot-{installation.instance}/" in word for word in words)
        if mine and "root" in users(process):
            program = Path(words[0]).name
            engine = program.startswith(("runsc", "gvisor", "runc"))
            tests = program.startswith(("python", "bash", "tail", "sh", "tee", "flock"))
            assert program in known or engine or tests, words


def test_secrets_are_their_owners_alone(installation) -> None:
    for path in [installation.home / "secrets", *(installation.home / "secrets").iterdir()]:
        about = path.stat()
        assert pwd.getpwuid(about.st_uid).pw_name in ("sandlot", "root")
        assert about.st_mode & 0o077 == 0, path


def test_sockets_and_disks_are_closed_to_others(installation, sandbox) -> None:
    socket = installation.home / "run/launcher.sock"
    assert socket.stat().st_mode & 0o777 == 0o600
    assert pwd.getpwuid(socket.stat().st_uid).pw_name == "sandlot"
    agent = installation.home / "run/sandboxes" / sandbox.id / "agent.sock"
    assert agent.stat().st_mode & 0o077 == 0
    assert (installation.home / "pool").stat().st_mode & 0o777 == 0o700


def test_another_user_is_refused_by_the_launcher(installation, run_on_host) -> None:
    script = (
        "import socket, sys; s = socket.socket(socket.AF_UNIX); s.settimeout(5)\n"
        "try:\n s.connect(sys.argv[1]); s.sendall(b'{\"op\":\"hello\"}\\n'); print(s.recv(4096).decode())\n"
        "except OSError as error:\n print('refused', type(error).__name__)"
    )
    socket = str(installation.home / "run/launcher.sock")
    said = run_on_host("setpriv", "--reuid", "nobody", "--clear-groups", "/usr/bin/python3", "-c", script, socket)
    assert "refused" in said or "forbidden" in said
    assert "version" not in said
