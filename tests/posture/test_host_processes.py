"""Who runs as what on the host: nothing of ours that reads what clients or sandboxes send is root."""

import pwd
from pathlib import Path

from support import inside
from support.installation import processes


def status(process: int) -> dict[str, str]:
    """/proc/<process>/status by its names."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def users(process: int) -> set[str]:
    """Real, effective, saved and file system user; by number where the host has no such user."""
    names = {entry.pw_uid: entry.pw_name for entry in pwd.getpwall()}
    return {names.get(int(each), each) for each in status(process)["Uid"].split()}


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


def test_only_the_launcher_is_root(installation, sandbox) -> None:
    """And what it starts, until that has given root up."""
    known = {"sandlot-launcher", "exe"}
    for process, words in processes():
        mine = any(str(installation.home) in word or f"/run/sandlot-{installation.instance}/" in word for word in words)
        if mine and "root" in users(process):
            program = Path(words[0]).name
            tests = program.startswith(("python", "bash", "tail", "sh", "tee", "flock"))
            assert program in known or tests, words


# The numbers that sandboxes' users have on the host (docs/adr/0016).
FIRST, END, LARGE = 0x70000000, 0x7FFE0000, 0x80010000


def engine(installation, sandbox) -> list[int]:
    """The processes of a sandbox's engine: those in its cgroup, but for the shim."""
    cgroup = f"/sandlot-{installation.instance}/{sandbox.id}"
    found = []
    for process in (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()):
        try:
            inside = cgroup in Path(f"/proc/{process}/cgroup").read_text()
            shim = b"\0shim\0" in Path(f"/proc/{process}/cmdline").read_bytes()
        except OSError:
            continue
        if inside and not shim:
            found.append(process)
    return found


def numbers(process: int) -> set[int]:
    """Its users and groups on the host, supplementary groups too."""
    about = status(process)
    return {int(each) for name in ("Uid", "Gid", "Groups") for each in about[name].split()}


def test_no_process_of_an_engine_is_a_user_of_the_host_or_of_another_sandbox(installation, sandbox, own_sandbox) -> None:
    found = {each.id: engine(installation, each) for each in (sandbox, own_sandbox)}
    users = {}
    for each, members in found.items():
        # The one with the sandbox's kernel, and the one that opens its files.
        assert len(members) >= 2, found
        users[each] = set().union(*(numbers(process) for process in members))
        assert all(FIRST <= number < END for number in users[each]), users
    assert not users[sandbox.id] & users[own_sandbox.id]


def test_an_engines_powers_end_at_its_sandboxs_files(installation, sandbox) -> None:
    """Capabilities count for a file whose owner has a number in the process's user namespace: no owner of the host's has."""
    for process in engine(installation, sandbox):
        assert Path(f"/proc/{process}/ns/user").readlink() != Path("/proc/self/ns/user").readlink()
        for name in ("uid_map", "gid_map"):
            ranges = [[int(each) for each in line.split()] for line in Path(f"/proc/{process}/{name}").read_text().splitlines()]
            assert ranges
            assert all(FIRST <= outside < END or outside == LARGE for _, outside, _ in ranges), ranges
        about = status(process)
        assert about["Seccomp"] == "2", process
        # None over network, modules, raw devices, the system, time: what remains is about files, users and processes.
        held = int(about["CapEff"], 16)
        assert not held & (1 << 12 | 1 << 13 | 1 << 16 | 1 << 17 | 1 << 21 | 1 << 25), hex(held)


def test_an_engine_reads_nothing_of_the_hosts(installation, sandbox, run_on_host) -> None:
    """As its user, with all powers of its user namespace: what a taken over engine could do that also got out of its root."""
    process = str(max(engine(installation, sandbox), key=lambda each: status(each)["Uid"]))
    secret = installation.home / "secrets/admin.key"
    root = installation.home / "run/sandboxes" / sandbox.id / "bundle/rootfs"
    script = f"id -u; cat {root}/etc/hostname; ls {root.parent}; cat {secret}; cat /etc/shadow; echo owned > /etc/owned"
    said = run_on_host("nsenter", "--target", process, "--user", "--setuid", "0", "--setgid", "0", "sh", "-c", f"{script}; true")
    # The first two show that it is root there, and reaches what it should.
    assert said.split() == ["0", inside.shell(sandbox, "hostname").strip()]
    assert "dtn_" not in said
    assert "root:" not in said
    assert not Path("/etc/owned").exists()


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
