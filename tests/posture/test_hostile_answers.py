"""A sandbox that answers what nobody can digest: its callers get a sentence, the server and its neighbours go on."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support import inside, wire
from support.installation import alive

FLOODS = 4
SECONDS_MAX = 60
"""Generous: what was wrong held the server for minutes, or for ever."""


def replace_git(sandbox, program: str) -> None:
    """Puts a program of the sandbox's own in the place of git."""
    sandbox.fs.upload_file(f"#!/usr/bin/env python3\nimport sys\n{program}\n".encode(), "/tmp/git")
    inside.shell(sandbox, "sudo -n install -m 755 /tmp/git /usr/local/bin/git && test $(command -v git) = /usr/local/bin/git")


def calls(sandbox, path: str) -> list[wire.Answer]:
    """The same call several times at once."""
    with ThreadPoolExecutor(FLOODS) as pool:
        waiting = [pool.submit(wire.toolbox, sandbox.id, "GET", path, timeout=300) for _ in range(FLOODS)]
        return [each.result() for each in waiting]


@pytest.fixture
def unharmed(sandbox, installation):
    """Afterwards the same server answers, and the neighbour has not waited long."""
    server = installation.process("server")
    with ThreadPoolExecutor(1) as pool:

        def neighbour() -> float:
            time.sleep(1)
            began = time.monotonic()
            assert inside.shell(sandbox, "echo fine") == "fine\n"
            return time.monotonic() - began

        took = pool.submit(neighbour)
        yield
        assert took.result() < SECONDS_MAX
    assert alive(server)


def test_a_url_of_colons_is_refused_at_once(sandbox, unharmed) -> None:
    for url in ("a://" + ":" * 80_000, "a://" + ":" * 8_000, "https://" + "a-" * 4_000):
        began = time.monotonic()
        answer = wire.toolbox(sandbox.id, "POST", "/git/clone", {"url": url, "path": "copy"}, timeout=300)
        assert 400 <= answer.status < 500, answer
        assert time.monotonic() - began < SECONDS_MAX


def test_words_that_go_on_and_on_hold_nobody_up(own_sandbox, unharmed) -> None:
    replace_git(own_sandbox, "sys.stderr.write('Remote branch ' * 40_000 + \"'\" * 40_000 + 'a://b' * 40_000)\nsys.exit(128)")
    began = time.monotonic()
    for path in ("/git/status?path=/tmp", "/git/branches?path=/tmp", "/git/history?path=/tmp", "/git/remotes?path=/tmp"):
        for answer in calls(own_sandbox, path):
            assert 400 <= answer.status < 500, answer
            assert answer.message.startswith("unprocessable entity: "), answer.message[:100]
    assert time.monotonic() - began < 4 * SECONDS_MAX


@pytest.mark.parametrize("path", ["status", "branches", "remotes"])
def test_lists_without_end_fill_no_memory(own_sandbox, unharmed, path) -> None:
    entry = {"status": "? a\\0", "branches": "  refs/heads/a\\0\\n", "remotes": "remote.a.url\\na\\0"}[path]
    replace_git(own_sandbox, f'for _ in range(800):\n    sys.stdout.write("{entry}" * 1_000)')
    for answer in calls(own_sandbox, f"/git/{path}?path=/tmp"):
        assert answer.status in (422, 503), answer
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
