"""The Ruby client's habits on the wire: WebSockets on the preview host of port 2280 with a preview token, messages that it
takes apart one by one, uploads that it counts, parts that it measures."""

import json
import urllib.parse

import pytest
from support import inside, sockets, unique, wire
from support.waiting import eventually

RUBY = wire.BEARER | {"X-Daytona-Source": "sdk-ruby", "X-Daytona-SDK-Version": "0.190.0", "User-Agent": "sdk-ruby/0.190.0"}
MARKERS = (b"\x01\x01\x01", b"\x02\x02\x02")


def call(sandbox, method: str, target: str, body: object = None) -> wire.Answer:
    return wire.toolbox(sandbox.id, method, target, body, headers=RUBY)


@pytest.fixture
def connect(sandbox):
    """Opens a WebSocket as this client does: it asks for the preview of port 2280 and changes the path alone."""
    link = wire.call("GET", f"/sandbox/{sandbox.id}/ports/2280/preview-url", headers=RUBY).json()
    host = urllib.parse.urlsplit(link["url"]).netloc
    headers = {name: value for name, value in RUBY.items() if name != "Authorization"}

    def opened(target: str, token: str = link["token"], **options):
        return sockets.opened(target, headers | {"X-Daytona-Preview-Token": token}, host=host, **options)

    return opened


def test_every_message_of_a_log_can_be_read_alone(sandbox, connect) -> None:
    name = unique("ruby")
    assert call(sandbox, "POST", "/process/session", {"sessionId": name}).status == 201
    # A line longer than any message, and lines of both streams.
    program = "head -c 300000 /dev/zero | tr '\\0' x; echo; for n in 1 2 3; do echo out $n; echo err $n >&2; sleep 0.1; done"
    body = {"command": program, "runAsync": True}
    command = call(sandbox, "POST", f"/process/session/{name}/exec", body).json()["cmdId"]
    streams: dict[bytes, bytes] = dict.fromkeys(MARKERS, b"")
    with connect(f"/process/session/{name}/command/{command}/logs?follow=true") as socket:
        *said, (_, end) = sockets.frames(socket)
    for _, message in said:
        assert message.startswith(MARKERS), message[:20]
        assert len(message) < 65_536
        current = b""
        while message:
            if message.startswith(MARKERS):
                current, message = message[:3], message[3:]
            following = [at for at in (message.find(marker) for marker in MARKERS) if at >= 0]
            cut = min(following, default=len(message))
            streams[current] += message[:cut]
            message = message[cut:]
    assert streams[MARKERS[0]] == b"x" * 300_000 + b"\nout 1\nout 2\nout 3\n"
    assert streams[MARKERS[1]] == b"err 1\nerr 2\nerr 3\n"
    assert sockets.closed_with(end)[0] == 1000


def test_a_terminal_is_opened_by_the_preview_host(sandbox, connect) -> None:
    name = unique("ruby")
    made = call(sandbox, "POST", "/process/pty", {"id": name, "cols": 80, "rows": 24, "lazyStart": True})
    assert made.status == 201
    with connect(f"/process/pty/{name}/connect") as socket:
        socket.send("echo a$((1+1))b; exit\n")
        *said, (_, end) = sockets.frames(socket)
    assert json.loads(said[0][1]) == {"type": "control", "status": "connected"}
    assert b"a2b" in b"".join(content for kind, content in said if kind == sockets.BINARY)
    assert sockets.closed_with(end) == (1000, '{"exitCode":0}')


def test_a_terminal_of_the_newer_kind_ends_with_a_control_message(connect) -> None:
    target = f"/process/pty/create-connect?id={unique('ruby')}&cols=80&rows=24"
    with connect(target, offers=("X-Daytona-Pty-Exit-Control",)) as socket:
        socket.send("exit 7\n")
        said = [json.loads(content) for kind, content in sockets.frames(socket) if kind == sockets.TEXT]
    assert [each["status"] for each in said] == ["connected", "exited"]
    assert said[1]["exitCode"] == 7


def test_the_interpreter_is_reached_by_the_preview_host(connect) -> None:
    with connect("/process/interpreter/execute") as socket:
        socket.send(json.dumps({"code": "print(6 * 7)"}))
        said = [json.loads(content) for kind, content in sockets.frames(socket) if kind == sockets.TEXT]
    assert [(each["type"], each["text"]) for each in said] == [("stdout", "42\n"), ("control", "completed")]


def test_the_preview_host_opens_to_its_token_alone(sandbox, connect) -> None:
    for token in ("", "wrong", wire.KEY):
        with pytest.raises(Exception, match="40[13]|307"):
            connect("/process/interpreter/execute", token=token).__enter__()


def test_uploads_are_counted_and_parts_are_measured(sandbox) -> None:
    folder = f"/tmp/{unique('ruby')}"
    texts = [b"", b"caf\xc3\xa9", bytes(range(256)) * 300]
    body = b""
    for number, text in enumerate(texts):
        body += f'--r\r\nContent-Disposition: form-data; name="files[{number}].path"\r\n\r\n{folder}/{number}\r\n'.encode()
        body += f'--r\r\nContent-Disposition: form-data; name="files[{number}].file"; filename="{number}"\r\n\r\n'.encode() + text + b"\r\n"
    form = RUBY | {"Content-Type": "multipart/form-data; boundary=r"}
    answer = wire.toolbox(sandbox.id, "POST", "/files/bulk-upload", body + b"--r--\r\n", headers=form)
    assert [each["bytes"] for each in answer.json()["files"]] == [len(text) for text in texts]

    for number, text in enumerate(texts):
        streamed = call(sandbox, "POST", "/files/bulk-download", {"paths": [f"{folder}/{number}"]})
        head, _, rest = streamed.body.partition(b"\r\n\r\n")
        assert f"Content-Length: {len(text)}\r\n".encode() in head
        assert rest == text + b"\r\n--DAYTONA-FILE-BOUNDARY--\r\n"
    missing = call(sandbox, "POST", "/files/bulk-download", {"paths": [f"{folder}/none"]})
    assert missing.status == 200 and b'name="error"' in missing.body and missing.body.endswith(b"--DAYTONA-FILE-BOUNDARY--\r\n")


def test_a_sandbox_is_stopped_read_again_and_deleted(own_sandbox) -> None:
    target = f"/sandbox/{own_sandbox.id}"
    assert wire.call("POST", f"{target}/stop?force=false", headers=RUBY).status == 200
    eventually("stopped", lambda: wire.call("GET", target, headers=RUBY).json()["state"] == "stopped", 60)
    assert wire.call("DELETE", target, headers=RUBY).status == 200
    eventually("gone", lambda: wire.call("GET", target, headers=RUBY).status == 404, 60)


def test_lists_are_never_null(sandbox) -> None:
    path = unique("ruby")
    inside.shell(sandbox, f"git init -q {path} && mkdir {path}/empty")
    assert call(sandbox, "GET", f"/git/branches?path={path}").json()["branches"] == []
    assert call(sandbox, "GET", f"/git/status?path={path}").json()["fileStatus"] == []
    assert call(sandbox, "GET", f"/files?path={path}/empty").json() == []
    assert call(sandbox, "GET", f"/files/search?path={path}/empty&pattern=x").json() == {"files": []}
    assert call(sandbox, "GET", f"/files/find?path={path}/empty&pattern=x").json() == []
