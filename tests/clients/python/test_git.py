"""Git through the published client, against a Git server of our own in the sandbox (../../support/git_server.py)."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import unique
from daytona import AsyncDaytona, CreateSandboxFromSnapshotParams, Daytona, DaytonaError, Sandbox
from generation import exact, has, need
from support.waiting import eventually

ROOT = Path(__file__).resolve().parents[3]
SERVER = "/tmp/server"
PLAIN = "http://localhost:8081"
GOOD = "https://localhost:8443"
SELF_SIGNED = "https://localhost:8444"
ROBOT = {"username": "robot", "password": "open sesame/+%"}
ADA = {"author": "Ada", "email": "ada@example.org"}


def shell(sandbox: Sandbox, command: str) -> str:
    """What a command prints; it must succeed."""
    answer = sandbox.process.exec(command)
    assert answer.exit_code == 0, f"{command}: {answer.result}"
    return answer.result


@pytest.fixture(scope="module")
def box(sandbox: Sandbox) -> Sandbox:
    """A sandbox in which the server runs, three times: plain, with a good and with a self-signed certificate."""
    sandbox.fs.upload_file((ROOT / "tests/support/git_server.py").read_bytes(), f"{SERVER}/git_server.py")
    program = f"python3 {SERVER}/git_server.py {SERVER}/files"
    shell(sandbox, f"{program} --make demo")
    shell(sandbox, f"nohup {program} 8081 --moved-to {GOOD} > /dev/null 2>&1 &")
    shell(sandbox, f"nohup {program} 8443 --tls good > /dev/null 2>&1 &")
    wait(sandbox, f"test -e {SERVER}/files/self-signed.pem")
    shell(sandbox, f"nohup {program} 8444 --tls self-signed > /dev/null 2>&1 &")
    for url in (PLAIN, GOOD, SELF_SIGNED):
        wait(sandbox, f"curl --silent --insecure --output /dev/null {url}/refused/")
    shell(sandbox, f"git config --global http.sslCAInfo {SERVER}/files/ca.pem")
    return sandbox


def wait(sandbox: Sandbox, command: str) -> None:
    eventually(command, lambda: sandbox.process.exec(command).exit_code == 0)


@pytest.fixture
def project(box: Sandbox) -> str:
    """The guarded URL of a repository of the test's own."""
    name = unique("project")
    shell(box, f"python3 {SERVER}/git_server.py {SERVER}/files --make {name}")
    return f"{PLAIN}/guarded/{name}.git"


@pytest.fixture
def clone(box: Sandbox) -> Callable[..., str]:
    """Clones into a new folder and gives its path."""

    def clone_one(url: str, **options: object) -> str:
        path = unique("clone")
        box.git.clone(url, path, **options)
        return path

    return clone_one


def refusal(kind: str, status: int, call: Callable[[], object]) -> str:
    """The sentence of the error that the call ends with, which must be exactly of this class, or the one above it."""
    with pytest.raises(DaytonaError) as caught:
        call()
    assert type(caught.value) is exact(kind, status), repr(caught.value)
    assert caught.value.status_code == status
    assert "sesame" not in str(caught.value)
    return str(caught.value)


def test_a_new_repository_lists_nothing(box: Sandbox) -> None:
    need(hasattr(box.git, "init"), "git init")
    path = unique("new")
    box.git.init(path, initial_branch="main")
    status = box.git.status(path)
    assert (status.current_branch, status.file_status, status.detached) == ("main", [], False)
    assert (status.branch_published, status.ahead, status.behind) == (False, 0, 0)
    assert box.git.branches(path).branches == []
    assert box.git.remotes(path).remotes == []


def test_a_change_is_staged_committed_and_gone_from_the_status(box: Sandbox, clone: Callable[..., str]) -> None:
    path = clone(f"{PLAIN}/open/demo.git")
    box.fs.upload_file(b"new", f"{path}/new.txt")
    box.fs.upload_file(b"changed", f"{path}/README.md")
    found = {each.name: (each.staging, each.worktree) for each in box.git.status(path).file_status}
    assert found == {"new.txt": ("Untracked", "Untracked"), "README.md": ("Unmodified", "Modified")}
    box.git.add(path, ["."])
    commit = box.git.commit(path, "Change things", **ADA)
    assert re.fullmatch("[0-9a-f]{40}", commit.sha)
    status = box.git.status(path)
    assert (status.file_status, status.ahead) == ([], 1)
    assert getattr(status, "upstream", "origin/main") == "origin/main"
    refusal("DaytonaConflictError", 409, lambda: box.git.commit(path, "Nothing", **ADA))
    assert box.git.commit(path, "Nothing", allow_empty=True, **ADA).sha != commit.sha


def test_branches_are_made_checked_out_and_deleted(box: Sandbox, clone: Callable[..., str]) -> None:
    path = clone(f"{PLAIN}/open/demo.git")
    box.git.create_branch(path, "topic")
    assert box.git.status(path).current_branch == "topic"
    refusal("DaytonaGitBranchExistsError", 409, lambda: box.git.create_branch(path, "topic"))
    refusal("DaytonaGitBranchNotFoundError", 404, lambda: box.git.checkout_branch(path, "none"))
    box.git.checkout_branch(path, "main")
    branches = box.git.branches(path)
    assert branches.branches == ["main", "topic"]
    assert getattr(branches, "current", "main") == "main"
    box.git.delete_branch(path, "topic")
    box.git.delete_branch(path, "topic")
    assert box.git.branches(path).branches == ["main"]


def test_resets_and_restores(box: Sandbox, clone: Callable[..., str]) -> None:
    need(hasattr(box.git, "reset"), "git reset")
    path = clone(f"{PLAIN}/open/demo.git")
    box.fs.upload_file(b"changed", f"{path}/README.md")
    box.git.add(path, ["README.md"])
    box.git.restore(path, ["README.md"], staged=True)
    assert box.git.status(path).file_status[0].worktree == "Modified"
    box.git.restore(path, ["README.md"])
    assert box.git.status(path).file_status == []
    box.git.reset(path, mode="hard", target="HEAD~1")
    assert box.git.status(path).behind == 1
    box.fs.upload_file(b"mine", f"{path}/README.md")
    refusal("DaytonaGitDirtyWorktreeError", 409, lambda: box.git.pull(path))
    refusal("DaytonaFileNotFoundError", 404, lambda: box.git.restore(path, ["none"]))
    refusal("DaytonaGitBranchNotFoundError", 404, lambda: box.git.reset(path, target="none"))


def test_clones_a_branch_a_commit_and_a_depth(box: Sandbox, clone: Callable[..., str]) -> None:
    first = shell(box, f"git -C {SERVER}/files/demo-work rev-parse v1").strip()
    assert box.git.status(clone(f"{PLAIN}/open/demo.git", branch="other")).current_branch == "other"
    status = box.git.status(clone(f"{PLAIN}/open/demo.git", commit_id=first))
    assert (status.current_branch, getattr(status, "detached", True)) == ("HEAD", True)
    if has(box.git.clone, "depth"):
        shallow = clone(f"{PLAIN}/open/demo.git", depth=1)
        assert shell(box, f"git -C {shallow} rev-list --count HEAD") == "1\n"


def test_each_failure_of_a_clone_has_its_class(box: Sandbox) -> None:
    def clone(url: str, **options: object) -> Callable[[], None]:
        return lambda: box.git.clone(url, unique("never"), **options)

    refusal("DaytonaGitRepoNotFoundError", 404, clone(f"{PLAIN}/open/none.git"))
    refusal("DaytonaGitBranchNotFoundError", 404, clone(f"{PLAIN}/open/demo.git", branch="none"))
    refusal("DaytonaGitAuthFailedError", 401, clone(f"{PLAIN}/guarded/demo.git"))
    refusal("DaytonaGitAuthFailedError", 401, clone(f"{PLAIN}/guarded/demo.git", username="a", password="b"))
    refusal("DaytonaForbiddenError", 403, clone(f"{PLAIN}/refused/demo.git"))
    refusal("DaytonaGitTransportFailedError", 502, clone("http://localhost:9/demo.git"))
    refusal("DaytonaGitTransportFailedError", 502, clone(f"{PLAIN}/echo/demo.git", **ROBOT))
    refusal("DaytonaBadRequestError", 400, clone("--upload-pack=id"))
    refusal("DaytonaGitRepoNotFoundError", 404, lambda: box.git.status(unique("none")))


def test_certificates_are_checked_and_unchecked_servers_get_no_credential(
    box: Sandbox, clone: Callable[..., str]
) -> None:
    clone(f"{GOOD}/guarded/demo.git", **ROBOT)
    refusal("DaytonaGitTransportFailedError", 502, lambda: clone(f"{SELF_SIGNED}/open/demo.git"))
    refusal("DaytonaGitTransportFailedError", 502, lambda: clone(f"{SELF_SIGNED}/guarded/demo.git", **ROBOT))
    if has(box.git.clone, "insecure_skip_tls"):
        clone(f"{SELF_SIGNED}/open/demo.git", insecure_skip_tls=True)
        sentence = refusal(
            "DaytonaBadRequestError",
            400,
            lambda: clone(f"{SELF_SIGNED}/guarded/demo.git", insecure_skip_tls=True, **ROBOT),
        )
        assert "sslCAInfo" in sentence
    assert "Basic" not in shell(box, f"cat {SERVER}/files/8444.journal")


def test_a_redirect_to_another_host_gets_no_credential(box: Sandbox) -> None:
    shell(box, f"rm -f {SERVER}/files/8443.journal")
    refusal(
        "DaytonaGitAuthFailedError",
        401,
        lambda: box.git.clone(f"{PLAIN}/moved/demo.git", unique("never"), **ROBOT),
    )
    journal = shell(box, f"cat {SERVER}/files/8443.journal")
    assert "/guarded/demo.git" in journal and "Basic" not in journal


def test_pushes_and_pulls_with_a_credential_that_is_left_nowhere(
    box: Sandbox, project: str, clone: Callable[..., str]
) -> None:
    mine, theirs = clone(project, **ROBOT), clone(project, **ROBOT)
    box.git.commit(mine, "mine", allow_empty=True, **ADA)
    refusal("DaytonaGitAuthFailedError", 401, lambda: box.git.push(mine))
    box.git.push(mine, **ROBOT)
    box.git.commit(theirs, "theirs", allow_empty=True, **ADA)
    refusal("DaytonaGitPushRejectedError", 409, lambda: box.git.push(theirs, **ROBOT))
    refusal("DaytonaGitMergeConflictError", 409, lambda: box.git.pull(theirs, **ROBOT))
    shell(box, f"git -C {theirs} reset --quiet --hard HEAD~1")
    box.git.pull(theirs, **ROBOT)
    assert box.git.status(theirs).ahead == 0
    assert shell(box, "grep -r sesame . /tmp --exclude-dir=server || true") == ""
    if has(box.git.push, "set_upstream"):
        box.git.create_branch(mine, "topic")
        box.git.push(mine, set_upstream=True, remote="origin", branch="topic", **ROBOT)
        assert box.git.status(mine).upstream == "origin/topic"


def test_a_server_that_refuses_is_told_from_one_that_is_ahead(
    box: Sandbox, project: str, clone: Callable[..., str]
) -> None:
    hook = f"{SERVER}/files/repositories/{project.rsplit('/', 1)[1]}/hooks/update"
    shell(box, f"printf '#!/bin/sh\\necho main is protected >&2; exit 1' > {hook} && chmod +x {hook}")
    path = clone(project, **ROBOT)
    box.git.commit(path, "x", allow_empty=True, **ADA)
    sentence = refusal("DaytonaGitRemoteRejectedError", 422, lambda: box.git.push(path, **ROBOT))
    assert "main is protected" in sentence


def test_remotes_and_configuration(box: Sandbox) -> None:
    need(hasattr(box.git, "set_config"), "git configuration")
    path = unique("config")
    box.git.init(path)
    box.git.remote_add(path, "origin", f"{PLAIN}/open/demo.git", fetch=True)
    assert box.git.remote_get(path, "origin") == f"{PLAIN}/open/demo.git"
    assert box.git.remote_get(path, "none") is None
    refusal("DaytonaConflictError", 409, lambda: box.git.remote_add(path, "origin", "https://a.example/x"))
    box.git.remote_add(path, "origin", "https://a.example/x", overwrite=True)
    assert box.git.remote_get(path, "origin") == "https://a.example/x"
    assert box.git.get_config("sandlot.none") is None
    box.git.configure_user("Grace", "grace@example.org", scope="local", path=path)
    assert box.git.get_config("user.name", scope="local", path=path) == "Grace"
    refusal("DaytonaBadRequestError", 400, lambda: box.git.set_config("a.b", "c", scope="local"))
    refusal("DaytonaFileAccessDeniedError", 403, lambda: box.git.set_config("a.b", "c", scope="system"))


def test_a_credential_is_kept_only_when_asked_for(box: Sandbox, clone: Callable[..., str]) -> None:
    need(hasattr(box.git, "dangerously_authenticate"), "kept credentials")
    box.git.dangerously_authenticate(host="localhost:8081", protocol="http", **ROBOT)
    try:
        box.git.pull(clone(f"{PLAIN}/guarded/demo.git"))
        assert shell(box, "stat -c %a ~/.git-credentials") == "600\n"
    finally:
        shell(box, "rm ~/.git-credentials")


def test_git_ends_when_its_client_gives_up(box: Sandbox) -> None:
    need(has(box.git.clone, "request_timeout"), "limit for one request")
    path = unique("left")
    with pytest.raises(DaytonaError):
        box.git.clone(f"{PLAIN}/endless/demo.git", path, request_timeout=2)
    wait(box, "! pgrep -f '[e]ndless/demo'")
    wait(box, f"test ! -e {path}")


async def test_the_asynchronous_client_does_the_same(async_daytona: AsyncDaytona) -> None:
    sandbox = await async_daytona.create(CreateSandboxFromSnapshotParams(name=unique("async-git")))
    try:
        await sandbox.process.exec("git init --quiet --initial-branch main work")
        await sandbox.fs.upload_file(b"text", "work/file.txt")
        await sandbox.git.add("work", ["."])
        commit = await sandbox.git.commit("work", "First", **ADA)
        await sandbox.git.create_branch("work", "topic")
        await sandbox.git.delete_branch("work", "main")
        branches = await sandbox.git.branches("work")
        assert (branches.branches, len(commit.sha)) == (["topic"], 40)
        assert getattr(branches, "current", "topic") == "topic"
        with pytest.raises(exact("DaytonaGitBranchNotFoundError", 404)):
            await sandbox.git.checkout_branch("work", "main")
    finally:
        await sandbox.delete()


def test_the_example_of_the_documentation_runs(daytona: Daytona, capsys: pytest.CaptureFixture[str]) -> None:
    program = re.search(r"```python\n(.*?)```", (ROOT / "docs/git.md").read_text(), re.DOTALL)
    assert program
    exec(compile(program.group(1), "docs/git.md", "exec"), {})  # noqa: S102
    printed = capsys.readouterr().out
    assert "louder [('hello.py', 'Modified')]" in printed
    assert "['louder', 'main']" in printed
