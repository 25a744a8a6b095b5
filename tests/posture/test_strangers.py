"""What somebody without a key can take of the server: little memory, few connections, little time."""

import contextlib
import re
import socket
from pathlib import Path

import pytest
from support import wire
from support.installation import Installation
from support.waiting import eventually

CHUNK = 15 << 20


@pytest.fixture(params=["api", "proxy"])
def port(request: pytest.FixtureRequest, installation: Installation) -> int:
    return installation.api_port if request.param == "api" else installation.proxy_port


def answers(installation: Installation) -> bool:
    toolbox = wire.exchange(installation.proxy_port, b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    return wire.call("GET", "/health").status == 200 and b'"ok"' in toolbox


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def accepted(connection: socket.socket, count: int) -> int:
    """How much of so many bytes the other side takes before it takes no more for half a second: what is measured here."""
    connection.settimeout(0.5)
    sent = 0
    piece = b"a" * (1 << 20)
    try:
        while sent < count:
            sent += connection.send(piece[: count - sent])
    except OSError:
        pass
    return sent


def memory(installation: Installation) -> int:
    """What the server's process has of the machine's memory, in bytes."""
    status = Path(f"/proc/{installation.process('server')}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) << 10


def test_large_chunks_of_strangers_are_not_gathered(installation: Installation, port: int) -> None:
    """Twelve connections that announce chunks of 15 MB, all but the last bytes of which come."""
    began = memory(installation)
    with contextlib.ExitStack() as stack:
        for _ in range(12):
            connection = stack.enter_context(connected(port))
            head = "POST /api/sandbox HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
            connection.sendall(f"{head}{CHUNK:x}\r\n".encode())
            accepted(connection, CHUNK - 100)
        grown = memory(installation) - began
        assert answers(installation)
    # The whole of it would be 180 MB.
    assert grown < 60 << 20, f"{grown >> 20} MiB"


def test_long_heads_of_strangers_are_not_gathered(installation: Installation, port: int) -> None:
    began = memory(installation)
    with contextlib.ExitStack() as stack:
        for _ in range(400):
            connection = stack.enter_context(connected(port))
            connection.sendall(b"GET /" + b"a" * 60_000)
        grown = memory(installation) - began
        assert answers(installation)
    assert grown < 100 << 20, f"{grown >> 20} MiB"


def test_a_body_without_a_key_is_read_no_further_than_it_may_be(installation: Installation, port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"POST /api/sandbox HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000\r\n\r\n")
        # The system's own buffers hold some megabytes more.
        assert accepted(connection, 100_000_000) < 20_000_000
        connection.settimeout(20)
        status = b"401" if port == installation.api_port else b"404"
        assert connection.recv(100).startswith(b"HTTP/1.1 " + status)


def test_silent_and_slow_strangers_keep_nobody_out(installation: Installation, port: int) -> None:
    """A thousand that say nothing, or begin and do not end: newcomers are served all the same."""
    with contextlib.ExitStack() as stack:
        for number in range(1000):
            connection = stack.enter_context(connected(port))
            if number % 2:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
            if number % 100 == 99:
                assert answers(installation)
        assert answers(installation)


def test_a_head_that_comes_a_byte_at_a_time_is_ended(port: int) -> None:
    with connected(port) as connection:
        connection.settimeout(1)
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")

        def ended() -> bool:
            try:
                connection.sendall(b"a")
                return connection.recv(1) == b""
            except TimeoutError:
                return False
            except OSError:
                return True

        eventually("the connection is ended", ended)


SMUGGLING = {
    "length and chunks": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "a list of lengths": b"Content-Length: 5, 5\r\n\r\nhello",
    "a signed length": b"Content-Length: +5\r\n\r\nhello",
    "a bare line feed": b"X: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a bare carriage return": b"X: y\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a folded line": b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "junk behind a chunk's size": b"Transfer-Encoding: chunked\r\n\r\n0;x\r\n\r\n",
    "a blank behind a chunk's size": b"Transfer-Encoding: chunked\r\n\r\n0 \r\n\r\n",
    "a line feed behind a chunk's size": b"Transfer-Encoding: chunked\r\n\r\n0\n\r\n",
    "a chunk longer than its size": b"Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
    "two codings": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "a coding that is none": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a coding that is not ASCII": b"Transfer-Encoding: chunked\xa0\r\n\r\n0\r\n\r\n",
    "a coding behind a control character": b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "a blank before the colon": b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
}

# What is wrong there is in the body, not in the head.
BODY_ALONE = ("junk behind a chunk's size", "a blank behind a chunk's size", "a line feed behind a chunk's size", "a chunk longer than its size")


@pytest.mark.parametrize("case", SMUGGLING)
def test_no_request_is_hidden_in_another(installation: Installation, port: int, case: str) -> None:
    hidden = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n" if port == installation.proxy_port else b""
    hidden = hidden or b"GET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    request = b"POST /api/sandbox HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + wire.KEY.encode() + b"\r\n"
    answer = wire.exchange(port, request + SMUGGLING[case] + hidden, 5)
    assert answer.count(b"HTTP/1.1 ") <= 1, answer
    # The proxy has nothing at that path, and says so before it has read the body; then it closes the connection.
    status = b"404" if port == installation.proxy_port and case in BODY_ALONE else b"400"
    assert answer.startswith(b"HTTP/1.1 " + status), answer
