"""The server under test, told by the environment (`./dev test` sets it), and sandboxes that are gone after the tests."""

import os
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest

for variable in ("DAYTONA_API_URL", "DAYTONA_API_KEY", "SANDLOT_HOME", "SANDLOT_INSTANCE", "SANDLOT_PROXY_PORT"):
    if not os.environ.get(variable):
        pytest.exit(f"{variable} is not set. Run: ./dev test posture faults api", returncode=2)
if os.geteuid() != 0:
    pytest.exit("These tests look at the machine from outside, and need root.", returncode=2)

from daytona import CreateSandboxFromSnapshotParams, Daytona, Sandbox  # noqa: E402
from support import unique, wire  # noqa: E402
from support.installation import Installation  # noqa: E402
from support.internet import Internet  # noqa: E402
from support.name_server import NameServer  # noqa: E402


@pytest.fixture(scope="session")
def installation() -> Installation:
    """The installation as its operator sees it."""
    return Installation()


@pytest.fixture(scope="session")
def daytona() -> Daytona:
    """The published client."""
    return Daytona()


@pytest.fixture
def name() -> Iterator[str]:
    """A name for a sandbox that is deleted after the test, if one got it."""
    chosen = unique("named")
    yield chosen
    if wire.sandbox(chosen):
        wire.remove(chosen)


@pytest.fixture(scope="session")
def make(daytona: Daytona) -> Iterator[Callable[..., Sandbox]]:
    """Makes sandboxes that are deleted at the end at the latest, and never stop by themselves meanwhile."""
    made: list[str] = []

    def make_one(**parameters: Any) -> Sandbox:
        parameters = {"name": unique("test"), "auto_stop_interval": 0} | parameters
        sandbox = daytona.create(CreateSandboxFromSnapshotParams(**parameters))
        made.append(sandbox.id)
        return sandbox

    yield make_one
    for each in made:
        wire.remove(each)


@pytest.fixture(scope="module")
def sandbox(make: Callable[..., Sandbox]) -> Iterator[Sandbox]:
    """A started sandbox that the tests of one file share."""
    created = make()
    yield created
    wire.remove(created.id)


@pytest.fixture
def own_sandbox(make: Callable[..., Sandbox]) -> Iterator[Sandbox]:
    """A started sandbox for one test that changes or ends it."""
    created = make()
    yield created
    wire.remove(created.id)


@pytest.fixture(scope="session")
def internet(installation: Installation) -> Iterator[Internet]:
    """An Internet of our own that every packet of this installation's sandboxes is routed to."""
    network = Internet(installation)
    try:
        network.open()
        yield network
    finally:
        network.close()


@pytest.fixture(scope="session")
def name_server() -> Iterator[NameServer]:
    """The name server that the server under test asks for sandboxes."""
    server = NameServer()
    yield server
    server.close()


@pytest.fixture
def run_on_host() -> Callable[..., str]:
    """Runs a program on the host and gives what it prints."""

    def run(*words: str) -> str:
        return subprocess.run(words, capture_output=True, text=True, check=True, timeout=30).stdout

    return run
