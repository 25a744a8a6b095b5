"""Each kind of error reaches the caller as the client's own exception, with a sentence that helps."""

import pytest
from conftest import unique
from daytona import (
    CreateSandboxFromSnapshotParams,
    Daytona,
    DaytonaConfig,
    DaytonaError,
    DaytonaNotFoundError,
)
from generation import BadRequest, Unauthorized, need, output


def refusal(call, status: int = 400) -> DaytonaError:
    """The client's error that the call ends with, with this status."""
    with pytest.raises(DaytonaError) as caught:
        call()
    assert caught.value.status_code == status, caught.value
    return caught.value


def test_a_wrong_key_is_an_authentication_error() -> None:
    with pytest.raises(Unauthorized):
        list(Daytona(DaytonaConfig(api_key="no-such-key")).list())


def test_an_unknown_sandbox_is_not_found(daytona: Daytona) -> None:
    with pytest.raises(DaytonaNotFoundError):
        daytona.get(unique("nobody"))
    with pytest.raises(DaytonaNotFoundError):
        daytona.get("00000000-0000-4000-8000-000000000000")


def test_an_unknown_snapshot_is_named(daytona: Daytona) -> None:
    snapshot = unique("no-snapshot")
    error = refusal(lambda: daytona.create(CreateSandboxFromSnapshotParams(snapshot=snapshot)))
    assert snapshot in str(error)


def test_a_name_with_control_characters_is_a_bad_request(daytona: Daytona) -> None:
    with pytest.raises(BadRequest, match="name"):
        daytona.create(CreateSandboxFromSnapshotParams(name="line\nbreak"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("domain_allow_list", "example.org"),
        ("network_allow_list", "not-a-range"),
        ("network_allow_list", "2001:db8::/32"),
        ("outbound_proxy_url", "http://203.0.113.7:3128"),
    ],
)
def test_a_policy_that_cannot_be_kept_is_refused_by_name(daytona: Daytona, field: str, value: str) -> None:
    need(field in CreateSandboxFromSnapshotParams.model_fields, field)
    error = refusal(lambda: daytona.create(CreateSandboxFromSnapshotParams(**{field: value})))
    wire = "".join(part.title() if n else part for n, part in enumerate(field.split("_")))
    assert wire in str(error)


def test_a_stopped_sandbox_runs_nothing(daytona: Daytona, own_sandbox) -> None:
    own_sandbox.stop()
    refusal(lambda: own_sandbox.process.exec("true"), 409)
    own_sandbox.start()
    assert own_sandbox.process.exec("echo back").result == output("back\n")


def test_a_server_that_is_not_there_is_told() -> None:
    absent = Daytona(DaytonaConfig(api_key="any", api_url="http://127.0.0.1:9/api"))
    with pytest.raises(DaytonaError, match="Connection refused"):
        absent.get("anything")
