"""WebSockets as they are on the wire: messages, and how they end."""

import threading
import urllib.parse

import websocket
from support import wire
from support.waiting import eventually

_CLOSE = 8
_TEXT = 1
# What nobody sends: the connection was cut.
CUT = 1006


class Listener:
    """An open WebSocket of a toolbox; a thread takes what comes until its end."""

    def __init__(self, sandbox_id: str, target: str, subprotocols: list[str] | None = None) -> None:
        base = urllib.parse.urlsplit(wire.toolbox_base())
        self._socket = websocket.create_connection(
            f"ws://{base.netloc}{base.path}/{sandbox_id}{target}",
            header=[f"Authorization: Bearer {wire.KEY}"],
            subprotocols=subprotocols,
            timeout=30,
        )
        self._socket.settimeout(None)
        self.texts: list[str] = []
        self.content = bytearray()
        self.code: int | None = None
        self.reason = ""
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        code, reason = CUT, ""
        try:
            while True:
                kind, content = self._socket.recv_data(control_frame=True)
                if kind == _CLOSE:
                    code, reason = int.from_bytes(content[:2], "big") or CUT, content[2:].decode()
                    return
                if kind == _TEXT:
                    self.texts.append(content.decode())
                elif kind == websocket.ABNF.OPCODE_BINARY:
                    self.content += content
        except (OSError, websocket.WebSocketException):
            pass
        finally:
            self.code, self.reason = code, reason
            self._socket.close(timeout=0)

    def send(self, content: str | bytes) -> None:
        """Text as text, bytes as bytes."""
        if isinstance(content, bytes):
            self._socket.send_binary(content)
        else:
            self._socket.send(content)

    def await_content(self, wanted: bytes, seconds: float = 20) -> None:
        """Waits until it has come, wherever in what has come."""
        eventually(f"{wanted!r} on the WebSocket", lambda: wanted in self.content, seconds)

    def await_end(self, seconds: float = 30) -> int:
        """Waits until the connection has ended, and gives its code."""
        self._thread.join(seconds)
        assert self.code is not None, f"the connection goes on; it has brought {self.content[-200:]!r} and {self.texts[-3:]}"
        return self.code

    def leave(self) -> None:
        """Goes without a word."""
        self._socket.shutdown()
