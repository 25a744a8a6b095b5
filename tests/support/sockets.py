"""WebSockets as clients open them that are not the published ones at hand."""

from collections.abc import Iterator
from contextlib import contextmanager

from support import wire
from websocket import ABNF, WebSocket, create_connection

TEXT, BINARY, CLOSE = ABNF.OPCODE_TEXT, ABNF.OPCODE_BINARY, ABNF.OPCODE_CLOSE


@contextmanager
def opened(target: str, headers: dict[str, str], host: str | None = None, offers: tuple[str, ...] = ()) -> Iterator[WebSocket]:
    """A connection to a path of the proxy with these headers and no other of a client's, under the host's name if one is told."""
    address = wire.toolbox_base().replace("http://", "ws://", 1).removesuffix("/toolbox")
    socket = create_connection(
        address + target, timeout=30, header=headers, host=host, subprotocols=list(offers) or None, suppress_origin=True
    )
    try:
        yield socket
    finally:
        socket.close(timeout=1)


def frames(socket: WebSocket) -> Iterator[tuple[int, bytes]]:
    """What the server sends, frame by frame; its close frame is the last."""
    while True:
        kind, content = socket.recv_data()
        yield kind, content
        if kind == CLOSE:
            return


def closed_with(content: bytes) -> tuple[int, str]:
    """Code and reason of a close frame."""
    return int.from_bytes(content[:2], "big"), content[2:].decode()
