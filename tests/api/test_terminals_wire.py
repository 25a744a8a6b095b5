"""Terminals as they are on the wire."""

from support import unique, wire
from support.listening import Listener


def test_a_viewer_is_told_when_its_sandbox_goes(own_sandbox) -> None:
    name = unique("terminal")
    own_sandbox.process.create_pty_session(name).disconnect()
    viewer = Listener(own_sandbox.id, f"/process/pty/{name}/connect")
    viewer.send(b"echo a$((1+1))b\n")
    viewer.await_content(b"a2b")
    wire.remove(own_sandbox.id)
    assert viewer.await_end() == 1011, "it was cut, or told of a good end"
    assert viewer.reason
