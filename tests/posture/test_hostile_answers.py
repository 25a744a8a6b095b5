"""A sandbox that answers what nobody can digest: its callers get a sentence, the server and its neighbours go on."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from support import inside, wire
from support.installation import alive
from support.waiting import PATIENCE

FLOODS = 4


def replace_git(sandbox, program: str) -> None:
    """Puts a program of the sandbox's own in the place of git."""
    sandbox.fs.upload_file(f"#!/usr/bin/env python3\nimport sys\n{program}\n".encode(), "/tmp/git")
    inside.shell(sandbox, "sudo -n install -m 755 /tmp/git /usr/local/bin/git && test $(command -v git) = /usr/local/bin/git")


def calls(sandbox, path: str) -> list[wire.Answer]:
    """The same call several times at once."""
    with ThreadPoolExecutor(FLOODS) as pool:
        waiting = [pool.submit(wire.toolbox, sandbox.id, "GET", path, timeout=PATIENCE) for _ in range(FLOODS)]
        return [each.result() for each in waiting]


@pytest.fixture
def unharmed(sandbox, installation):
    """All the while the same server answers a neighbour: what was wrong held it for minutes, or for ever."""
    server = installation.process("server")
    over = threading.Event()

    def neighbour() -> None:
        while not over.wait(0.2):
            answer = wire.toolbox(sandbox.id, "POST", "/process/execute", {"command": "echo fine"}, timeout=PATIENCE)
            assert (answer.status, answer.json()["result"]) == (200, "fine\n")

    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(neighbour)
        try:
            yield
        finally:
            over.set()
        asked.result()
    assert alive(server)


def test_a_url_of_colons_is_refused_at_once(sandbox, unharmed) -> None:
    for url in ("a://" + ":" * 80_000, "a://" + ":" * 8_000, "https://" + "a-" * 4_000):
        answer = wire.toolbox(sandbox.id, "POST", "/git/clone", {"url": url, "path": "copy"}, timeout=PATIENCE)
        assert answer.status == 400, answer


def test_words_that_go_on_and_on_hold_nobody_up(own_sandbox, unharmed) -> None:
    replace_git(own_sandbox, "sys.stderr.write('Remote branch ' * 40_000 + \"'\" * 40_000 + 'a://b' * 40_000)\nsys.exit(128)")
    for path in ("/git/status?path=/tmp", "/git/branches?path=/tmp", "/git/history?path=/tmp", "/git/remotes?path=/tmp"):
        for answer in calls(own_sandbox, path):
            assert answer.status == 422, answer
            assert answer.message.startswith("unprocessable entity: "), answer.message[:100]


@pytest.mark.parametrize("path", ["status", "branches", "remotes"])
def test_lists_without_end_fill_no_memory(own_sandbox, unharmed, path) -> None:
    entry = {"status": "? a\\0", "branches": "  refs/heads/a\\0\\n", "remotes": "remote.a.url\\na\\0"}[path]
    replace_git(own_sandbox, f'for _ in range(800):\n    sys.stdout.write("{entry}" * 1_000)')
    for answer in calls(own_sandbox, f"/git/{path}?path=/tmp"):
        assert answer.status == 422, answer
        assert "100000" in answer.message or "memory" in answer.message
    inside.shell(own_sandbox, "sudo -n rm /usr/local/bin/git")
    own_sandbox.git.init("work")
    assert own_sandbox.git.status("work").file_status == []


def test_nobody_inside_can_write_to_the_agents_program(own_sandbox) -> None:
    before = inside.shell(own_sandbox, "sudo -n sha256sum /.sandlot/agent")
    for command in (
        "sh -c 'echo x >> /.sandlot/agent'",
        "cp /bin/true /.sandlot/agent",
        "mv /bin/true /.sandlot/agent",
        "ln -f /bin/true /.sandlot/agent",
        "rm -f /.sandlot/agent",
        "mount -o remount,rw /.sandlot/agent",
        "dd if=/dev/zero of=/proc/1/exe count=1",
        "umount -l /.sandlot/agent",
    ):
        own_sandbox.process.exec(f"sudo -n {command}", timeout=20)
        assert inside.shell(own_sandbox, "sudo -n sha256sum /.sandlot/agent") == before, command
    assert inside.shell(own_sandbox, "echo fine") == "fine\n"
