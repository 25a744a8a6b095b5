"""A server under test, told by DAYTONA_API_URL and DAYTONA_API_KEY, and sandboxes that are gone after the tests.

The published clients are used as they are: nothing of them is patched, wrapped or configured beyond those two
variables, because that is what a user does.
"""

import os
import uuid
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from daytona import AsyncDaytona, CreateSandboxFromSnapshotParams, Daytona, Sandbox

for variable in ("DAYTONA_API_URL", "DAYTONA_API_KEY"):
    if not os.environ.get(variable):
        pytest.exit(f'{variable} is not set. Run: eval "$(./dev env)", or ./dev test python', returncode=2)


def unique(purpose: str) -> str:
    """A name that no other test and no earlier run has used."""
    return f"{purpose}-{uuid.uuid4().hex[:12]}"


@pytest.fixture(scope="session")
def daytona() -> Daytona:
    """The synchronous client."""
    return Daytona()


@pytest.fixture(scope="module")
def sandbox(daytona: Daytona) -> Iterator[Sandbox]:
    """A started sandbox that the tests of one file share; each works in files and processes of its own."""
    created = daytona.create(CreateSandboxFromSnapshotParams(name=unique("shared")))
    yield created
    created.delete()


@pytest.fixture
def own_sandbox(daytona: Daytona) -> Iterator[Sandbox]:
    """A started sandbox for one test that changes its state."""
    created = daytona.create(CreateSandboxFromSnapshotParams(name=unique("own")))
    yield created
    created.delete()


@pytest_asyncio.fixture
async def async_daytona() -> AsyncIterator[AsyncDaytona]:
    """The asynchronous client."""
    async with AsyncDaytona() as client:
        yield client
