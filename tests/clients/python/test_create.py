"""Creating, finding, labelling and deleting sandboxes with the synchronous client."""


import pytest
from conftest import unique
from daytona import CreateSandboxFromSnapshotParams, Daytona, DaytonaNotFoundError
from generation import Conflict, delete, listed
from support.waiting import eventually


def test_creates_with_name_labels_and_environment(daytona: Daytona) -> None:
    name = unique("create")
    sandbox = daytona.create(
        CreateSandboxFromSnapshotParams(
            name=name, labels={"team": "blue", "purpose": name}, env_vars={"GREETING": "good morning, wörld"}
        )
    )
    try:
        assert sandbox.name == name
        assert sandbox.state == "started"
        assert sandbox.labels["team"] == "blue"
        answer = sandbox.process.exec('printf %s "$GREETING"')
        assert (answer.exit_code, answer.result) == (0, "good morning, wörld")
    finally:
        sandbox.delete()


def test_creates_without_any_parameter(daytona: Daytona) -> None:
    sandbox = daytona.create()
    try:
        assert sandbox.name
        assert sandbox.process.exec("whoami").result.strip() == "daytona"
        assert sandbox.process.exec("id -gn").result.strip() == "daytona"
        assert sandbox.get_user_home_dir() == "/home/daytona"
        assert sandbox.get_work_dir() == "/home/daytona"
    finally:
        sandbox.delete()


def test_tells_a_sandbox_its_snapshot_by_name(daytona: Daytona, sandbox) -> None:
    inside = sandbox.process.exec('printf %s "$DAYTONA_SANDBOX_SNAPSHOT"').result
    assert inside == daytona.get(sandbox.id).snapshot


def test_runs_inside_gvisor(sandbox) -> None:
    assert "gvisor" in sandbox.process.exec("uname -a").result.lower()
    assert "gvisor" in sandbox.process.exec("dmesg").result.lower()


def test_sudo_needs_no_password(sandbox) -> None:
    answer = sandbox.process.exec("sudo -n id -u")
    assert (answer.exit_code, answer.result.splitlines()[-1]) == (0, "0")


def test_finds_by_id_and_by_name(daytona: Daytona, sandbox) -> None:
    assert daytona.get(sandbox.id).name == sandbox.name
    assert daytona.get(sandbox.name).id == sandbox.id


def test_lists_by_label_only_what_carries_it(daytona: Daytona) -> None:
    wanted, other = unique("wanted"), unique("other")
    made = [
        daytona.create(CreateSandboxFromSnapshotParams(labels={"batch": batch, "kind": "list-test"}))
        for batch in (wanted, wanted, other)
    ]
    try:
        found = listed(daytona, {"batch": wanted})
        assert {each.id for each in found} == {made[0].id, made[1].id}
        by_page = listed(daytona, {"batch": wanted}, limit=1)
        assert sorted(each.id for each in by_page) == sorted(each.id for each in found)
        assert listed(daytona, {"batch": wanted, "kind": "nothing"}) == []
    finally:
        for each in made:
            each.delete()


def test_replaces_labels(daytona: Daytona, own_sandbox) -> None:
    own_sandbox.set_labels({"stage": "two"})
    labels = daytona.get(own_sandbox.id).labels
    assert labels["stage"] == "two"


def test_sets_the_auto_stop_interval(daytona: Daytona, own_sandbox) -> None:
    own_sandbox.set_autostop_interval(7)
    assert daytona.get(own_sandbox.id).auto_stop_interval == 7


def test_deletes(daytona: Daytona) -> None:
    marker = unique("delete")
    sandbox = daytona.create(CreateSandboxFromSnapshotParams(labels={"marker": marker}))
    delete(daytona, sandbox)
    eventually("it is listed no more", lambda: listed(daytona, {"marker": marker}) == [])
    with pytest.raises(DaytonaNotFoundError):
        daytona.get(sandbox.id)


def test_a_name_is_taken_only_once_and_free_again_after_deletion(daytona: Daytona) -> None:
    name = unique("twice")
    first = daytona.create(CreateSandboxFromSnapshotParams(name=name))
    with pytest.raises(Conflict, match=name):
        daytona.create(CreateSandboxFromSnapshotParams(name=name))
    delete(daytona, first)
    second = daytona.create(CreateSandboxFromSnapshotParams(name=name))
    second.delete()


def test_keeps_its_files_over_stop_and_start(own_sandbox) -> None:
    own_sandbox.fs.upload_file(b"kept over a stop", "notes.txt")
    own_sandbox.process.exec("sudo -n sh -c 'echo root was here > /opt/mark'; sync")
    own_sandbox.stop()
    assert own_sandbox.state == "stopped"
    own_sandbox.start()
    assert own_sandbox.state == "started"
    assert own_sandbox.fs.download_file("notes.txt") == b"kept over a stop"
    assert own_sandbox.process.exec("cat /opt/mark").result.strip() == "root was here"


def test_environment_is_there_again_after_a_restart(daytona: Daytona) -> None:
    sandbox = daytona.create(CreateSandboxFromSnapshotParams(env_vars={"KEPT": "yes"}))
    try:
        sandbox.stop()
        sandbox.start()
        assert sandbox.process.exec("printenv KEPT").result.strip() == "yes"
    finally:
        sandbox.delete()
