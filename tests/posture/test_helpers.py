"""The platform's own programs inside a sandbox run what they are meant to, whatever its environment says."""

import pytest
from daytona import CreateSandboxFromSnapshotParams, Daytona, SessionExecuteRequest
from support import unique

EVIL = "/tmp/evil"
PROGRAMS = "sh bash git find grep rg mv cp rm cat sed sleep mktemp chmod stat python3 node pylsp ssh head sort"
# A program of each name that leaves a trace and does not do what it is called to do.
PLANT = f"""
    mkdir -p {EVIL}
    for name in {PROGRAMS}; do printf '#!/bin/sh\\necho %s >>{EVIL}/called\\nexit 99\\n' "$name" >{EVIL}/$name; done
    printf 'echo environment >>{EVIL}/called\\n' >{EVIL}/rc
    chmod +x {EVIL}/*"""
HIJACK = {
    "PATH": EVIL,
    "BASH_ENV": f"{EVIL}/rc",
    "ENV": f"{EVIL}/rc",
    "LD_PRELOAD": f"{EVIL}/evil.so",
    "GIT_EXEC_PATH": EVIL,
    "GIT_DIR": "/nowhere",
    "PYTHONHOME": "/nowhere",
    "NODE_OPTIONS": "--require /nowhere.js",
    "IFS": "/",
}
# What the tests run themselves is not led elsewhere.
OWN = {"PATH": "/usr/bin:/bin", "BASH_ENV": "", "ENV": "", "LD_PRELOAD": "", "IFS": " "}


@pytest.fixture(scope="module", params=["path", "all"])
def hijacked(request):
    """A sandbox in which everything that a user can set leads elsewhere."""
    variables = {"PATH": EVIL} if request.param == "path" else HIJACK
    daytona = Daytona()
    sandbox = daytona.create(CreateSandboxFromSnapshotParams(name=unique("hijacked"), env_vars=variables))
    try:
        planted = sandbox.process.exec(PLANT, env=OWN)
        assert planted.exit_code == 0, planted.result
        yield sandbox
    finally:
        sandbox.delete()


def called(sandbox) -> set[str]:
    """The planted programs that were called since the last look."""
    look = sandbox.process.exec(f"touch {EVIL}/called; cat {EVIL}/called; rm {EVIL}/called", env=OWN)
    assert look.exit_code == 0, look.result
    return set(look.result.split())


def test_path_overridden_under_the_agent_does_not_lead_git_elsewhere(hijacked) -> None:
    called(hijacked)
    hijacked.fs.create_folder("/tmp/repository", "755")
    hijacked.fs.upload_file(b"text", "/tmp/repository/file")
    made = hijacked.process.exec("unset GIT_DIR GIT_EXEC_PATH; cd /tmp/repository && git init -q", env=OWN)
    assert made.exit_code == 0, made.result
    called(hijacked)
    hijacked.git.add("/tmp/repository", ["file"])
    hijacked.git.commit("/tmp/repository", "first", "Somebody", "somebody@example.org")
    status = hijacked.git.status("/tmp/repository")
    assert status.file_status == []
    assert called(hijacked) == set()


def test_path_overridden_under_the_agent_does_not_lead_searches_elsewhere(hijacked) -> None:
    hijacked.fs.create_folder("/tmp/tree", "755")
    hijacked.fs.upload_file(b"a needle in it\n", "/tmp/tree/hay.txt")
    called(hijacked)
    assert [each.file for each in hijacked.fs.find_files("/tmp/tree", "needle")] == ["/tmp/tree/hay.txt"]
    assert hijacked.fs.search_files("/tmp/tree", "*.txt").files == ["/tmp/tree/hay.txt"]
    replaced = hijacked.fs.replace_in_files(["/tmp/tree/hay.txt"], "needle", "pin")
    assert replaced[0].success, replaced[0].error
    assert hijacked.fs.download_file("/tmp/tree/hay.txt") == b"a pin in it\n"
    assert called(hijacked) == set()


def test_path_overridden_under_the_agent_does_not_lead_sessions_elsewhere(hijacked) -> None:
    called(hijacked)
    session = unique("session")
    hijacked.process.create_session(session)
    # In the background: a process of the platform's stands for it.
    request = SessionExecuteRequest(command="true & wait; echo done")
    assert hijacked.process.execute_session_command(session, request).stdout == "done\n"
    hijacked.process.delete_session(session)
    # The session's own shell is the user's, and reads what the user says.
    assert called(hijacked) <= {"environment"}


def test_path_overridden_under_the_agent_does_not_lead_language_servers_elsewhere(hijacked) -> None:
    hijacked.fs.create_folder("/tmp/project", "755")
    hijacked.fs.upload_file(b"def found():\n    return 1\n", "/tmp/project/module.py")
    called(hijacked)
    server = hijacked.create_lsp_server("python", "/tmp/project")
    server.start()
    server.did_open("/tmp/project/module.py")
    assert [each.name for each in server.document_symbols("/tmp/project/module.py")] == ["found"]
    server.stop()
    assert called(hijacked) == set()
