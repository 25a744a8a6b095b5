"""Where the generations of the published client differ: found out by looking at the client, never by its version.

Programs in the field pin old ones, so the same tests run with several. What a generation does not have is skipped,
and where it has a coarser class for an error, that class is asked for.
"""

import inspect
from collections.abc import Callable

import daytona as client
import daytona_toolbox_api_client as toolbox
import pytest
from daytona import Daytona, DaytonaError, DaytonaNotFoundError, DaytonaTimeoutError, Sandbox
from daytona.common import errors
from support.waiting import eventually

# Whether each status has its class, rather than a few of them.
EVERY_STATUS = hasattr(errors, "DaytonaGoneError")
# Whether a failed download is told by its status, rather than by its text alone.
DOWNLOADS_TELL_STATUS = hasattr(client, "FileDownloadErrorDetails")
# Whether code goes to the server as it is, rather than on a command line that the client makes of it.
SENDS_CODE = hasattr(toolbox.ProcessApi, "code_run")
# Whether sandboxes are listed with a query and a cursor, rather than by page.
QUERIES = hasattr(client, "ListSandboxesQuery")
# What makes a deletion wait until it is done.
WAIT = {"wait": True} if "wait" in inspect.signature(Sandbox.delete).parameters else {}


def _error(*names: str) -> type[DaytonaError]:
    """The first of these classes that there is."""
    return next((getattr(errors, name) for name in names if hasattr(errors, name)), DaytonaError)


BadRequest = _error("DaytonaBadRequestError", "DaytonaValidationError")
Unauthorized = _error("DaytonaAuthenticationError")
Forbidden = _error("DaytonaForbiddenError", "DaytonaAuthorizationError")
Conflict = _error("DaytonaConflictError")
BrokenConnection = _error("DaytonaConnectionError")
BY_STATUS = {400: BadRequest, 401: Unauthorized, 403: Forbidden, 404: DaytonaNotFoundError, 409: Conflict}
NoLanguageServer = _error("DaytonaLspServerNotInitializedError", "DaytonaValidationError")
TimedOut = DaytonaTimeoutError if EVERY_STATUS else DaytonaError
NoSuchDownload = DaytonaNotFoundError if DOWNLOADS_TELL_STATUS else DaytonaError


def exact(name: str, status: int) -> type[DaytonaError]:
    """The class of that name or, where there is none so fine, the class for the status."""
    return getattr(errors, name, None) or BY_STATUS.get(status, DaytonaError)


def output(text: str) -> str:
    """What a program printed, as the client gives it: an old one reads it by lines and loses the last line's end."""
    return text if SENDS_CODE else text.removesuffix("\n")


def has(call: Callable[..., object], parameter: str) -> bool:
    """Whether a call of the client takes this parameter."""
    return parameter in inspect.signature(call).parameters


def need(there: bool, what: str) -> None:
    """Ends the test when the client under test cannot do what it is about."""
    if not there:
        pytest.skip(f"this generation of the client has no {what}")


def listed(daytona: Daytona, labels: dict[str, str], limit: int | None = None) -> list[Sandbox]:
    """All sandboxes with these labels, asked for in pages of that size."""
    if QUERIES:
        return list(daytona.list(client.ListSandboxesQuery(labels=labels, limit=limit)))
    found: list[Sandbox] = []
    while True:
        page = daytona.list(labels, page=len(found) // (limit or 100) + 1, limit=limit or 100)
        found += page.items
        if not page.items or len(found) >= page.total:
            return found


async def listed_async(daytona: client.AsyncDaytona, labels: dict[str, str]) -> list[client.AsyncSandbox]:
    """All sandboxes with these labels."""
    if QUERIES:
        return [each async for each in daytona.list(client.ListSandboxesQuery(labels=labels))]
    return (await daytona.list(labels)).items


def delete(daytona: Daytona, sandbox: Sandbox) -> None:
    """Deletes it and waits until it is gone."""
    sandbox.delete(**WAIT)

    def gone() -> bool:
        try:
            daytona.get(sandbox.id)
        except DaytonaNotFoundError:
            return True
        return False

    eventually(f"{sandbox.id} is gone", gone)
