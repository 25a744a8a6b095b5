"""A terminal and a log over `websockets`, which offers compression, checks what it is sent, and sends messages in pieces."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from support import unique, wire
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect


@contextmanager
def opened(sandbox, target: str, key: str = wire.KEY) -> Iterator[ClientConnection]:
    base = wire.toolbox_base().replace("http://", "ws://", 1)
    with connect(
        f"{base}/{sandbox.id}{target}",
        additional_headers={"Authorization": f"Bearer {key}"},
        origin="https://elsewhere.example",
        proxy=None,
        max_size=None,
    ) as socket:
        yield socket


@contextmanager
def terminal(sandbox) -> Iterator[ClientConnection]:
    name = unique("terminal")
    assert wire.toolbox(sandbox.id, "POST", "/process/pty", {"id": name, "cols": 80, "rows": 24}).status == 201
    with opened(sandbox, f"/process/pty/{name}/connect") as socket:
        yield socket


def shows(socket: ClientConnection, wanted: bytes) -> None:
    """Waits until the terminal has shown it."""
    seen = b""
    while wanted not in seen:
        message = socket.recv(timeout=30)
        seen += message if isinstance(message, bytes) else b""


def test_a_terminal_takes_pings_and_messages_in_pieces(sandbox) -> None:
    pongs = []
    with terminal(sandbox) as socket:
        assert not socket.protocol.extensions
        assert socket.ping(b"there?").wait(30)

        def line() -> Iterator[bytes]:
            yield b"echo a$((1"
            pongs.append(socket.ping(b"between"))
            yield b"+1))b\n"

        socket.send(line())
        shows(socket, b"a2b")
        assert pongs[0].wait(30)
        text = "echo [$(printf '€' | od -An -tx1)]\n".encode()
        cut = text.index("€".encode()) + 1  # in the middle of the character
        socket.send(iter([text[:cut], text[cut:]]), text=True)
        shows(socket, b"[ e2 82 ac]")
        socket.close(4001, "enough")
        assert socket.close_code == 4001


def test_what_may_not_be_sent_ends_the_connection_with_its_code(sandbox) -> None:
    for message, code in ((bytes(65_537), 1009), (b"a\xff", 1007)):
        with terminal(sandbox) as socket:
            socket.send(message, text=code == 1007)
            with pytest.raises(ConnectionClosed) as closed:
                while True:
                    socket.recv(timeout=30)
            assert closed.value.rcvd.code == code, closed.value


def test_a_refused_connection_says_why(sandbox) -> None:
    with pytest.raises(InvalidStatus) as refused, opened(sandbox, "/process/pty/any/connect", key="nobody's"):
        pass
    assert refused.value.response.status_code == 401
    assert b"message" in refused.value.response.body


def test_a_log_is_followed_to_its_end(sandbox) -> None:
    session = unique("session")
    assert wire.toolbox(sandbox.id, "POST", "/process/session", {"sessionId": session}).status == 201
    program = {"command": "head -c 300000 /dev/zero | tr '\\0' x; echo; echo end", "runAsync": True}
    command = wire.toolbox(sandbox.id, "POST", f"/process/session/{session}/exec", program).json()["cmdId"]
    with opened(sandbox, f"/process/session/{session}/command/{command}/logs?follow=true") as socket:
        seen = b"".join(piece if isinstance(piece, bytes) else piece.encode() for piece in socket)
        assert socket.close_code == 1000
    assert seen.replace(b"\x01", b"") == b"x" * 300_000 + b"\nend\n"
