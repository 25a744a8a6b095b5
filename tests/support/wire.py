"""Requests as they are on the wire, for what the published clients would never send."""

import http.client
import json
import os
import socket
import time
import urllib.parse
from dataclasses import dataclass
from typing import Any

from support.waiting import eventually

API = os.environ.get("DAYTONA_API_URL", "")
KEY = os.environ.get("DAYTONA_API_KEY", "")
BEARER = {"Authorization": f"Bearer {KEY}"}


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON; an empty one is None."""
        return json.loads(self.body) if self.body.strip() else None

    @property
    def message(self) -> str:
        """The sentence of an error."""
        return str(self.json()["message"])


def call(
    method: str,
    target: str,
    body: Any = None,
    headers: dict[str, str] = BEARER,
    base: str = API,
    timeout: float = 60,
) -> Answer:
    """One request to a path below the base, with exactly these headers; bytes go as they are, other bodies as JSON."""
    parts = urllib.parse.urlsplit(base)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    headers = dict(headers)
    if body is not None:
        headers.setdefault("Content-Type", "application/json")
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        connection.request(method, parts.path + target, body, headers)
        response = connection.getresponse()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
    finally:
        connection.close()


def sandbox(id_or_name: str) -> dict[str, Any] | None:
    """The sandbox as the API tells it, or None."""
    answer = call("GET", f"/sandbox/{id_or_name}")
    if answer.status == 404:
        return None
    assert answer.status == 200, answer
    return answer.json()


def sandboxes() -> dict[str, dict[str, Any]]:
    """All sandboxes by their id, those in error too."""
    answer = call("GET", "/sandbox?limit=200&includeErroredDeleted=true")
    assert answer.status == 200, answer
    return {each["id"]: each for each in answer.json()["items"]}


def remove(id_or_name: str, seconds: float = 60) -> None:
    """Deletes a sandbox, whatever state it is in, and waits until it is gone."""

    found = sandbox(id_or_name)
    # By its id: the name is free as soon as the deletion has begun.
    target = found["id"] if found else id_or_name

    def gone() -> bool:
        return call("DELETE", f"/sandbox/{target}?force=true").status == 404 or sandbox(target) is None

    eventually(f"{id_or_name} deleted", gone, seconds)


def toolbox(sandbox_id: str, method: str, target: str, body: Any = None, **options: Any) -> Answer:
    """A call of the toolbox of one sandbox."""
    return call(method, f"/{sandbox_id}{target}", body, base=toolbox_base(), **options)


def toolbox_base() -> str:
    """Where toolbox calls go: on the proxy's port of the machine that the API is on."""
    port = int(os.environ.get("SANDLOT_PROXY_PORT", "4000"))
    return f"http://{urllib.parse.urlsplit(API).hostname}:{port}/toolbox"


def exchange(port: int, request: bytes, seconds: float = 20, enough=None) -> bytes:
    """Sends bytes to a port of this machine and reads until its end, the time's end, or until there is enough."""
    received = b""
    deadline = time.monotonic() + seconds
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(request)
        while (left := deadline - time.monotonic()) > 0 and not (enough and enough(received)):
            connection.settimeout(left)
            try:
                piece = connection.recv(65536)
            except TimeoutError:
                break
            if not piece:
                break
            received += piece
    return received
