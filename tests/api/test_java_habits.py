"""The Java client's habits on the wire (its HTTP client is OkHttp): strict answers, ten seconds of patience, a second try
after 408, WebSockets that carry nothing but a key and speak in text, single files, bodies of DELETE."""

import json

import pytest
from support import inside, sockets, unique, wire
from support.contract import faults

# On each of connecting, writing and waiting for the next byte.
PATIENCE = 10
JAVA = wire.BEARER | {"X-Daytona-Source": "sdk-java", "X-Daytona-SDK-Version": "0.190.0", "User-Agent": "sdk-java/0.190.0"}
OUT, ERR = b"\x01\x01\x01", b"\x02\x02\x02"


def call(sandbox, method: str, target: str, body: object = None) -> wire.Answer:
    return wire.toolbox(sandbox.id, method, target, body, headers=JAVA, timeout=PATIENCE)


@pytest.fixture
def session(sandbox) -> str:
    name = unique("java")
    assert call(sandbox, "POST", "/process/session", {"sessionId": name}).status == 201
    return name


def test_a_sandbox_is_whole_in_every_answer() -> None:
    body = {"labels": {"code-toolbox-language": "python"}, "cpu": 0, "memory": 0, "disk": 0, "gpu": 0}
    made = wire.call("POST", "/sandbox", body, headers=JAVA)
    assert made.status == 200, made
    identifier = made.json()["id"]
    try:
        assert faults("control", "Sandbox", made.json()) == []
        assert faults("control", "Sandbox", wire.call("GET", f"/sandbox/{identifier}", headers=JAVA).json()) == []
        listed = wire.call("GET", "/sandbox?limit=1", headers=JAVA).json()
        assert faults("control", "ListSandboxesResponse", listed) == []
        assert faults("control", "PaginatedSnapshots", wire.call("GET", "/snapshots?page=1&limit=10", headers=JAVA).json()) == []
        where = wire.call("GET", f"/sandbox/{identifier}/toolbox-proxy-url", headers=JAVA).json()
        assert where["url"] == made.json()["toolboxProxyUrl"]
    finally:
        gone = wire.call("DELETE", f"/sandbox/{identifier}", headers=JAVA)
        assert faults("control", "Sandbox", gone.json()) == []


@pytest.mark.parametrize(
    ("target", "schema"),
    [
        ("/files?path=/etc", {"type": "array", "items": {"$ref": "#/definitions/FileInfo"}}),
        ("/files/info?path=/etc/passwd", "FileInfo"),
        ("/files/search?path=/etc&pattern=passwd", "SearchFilesResponse"),
        ("/files/find?path=/etc/passwd&pattern=daytona", {"type": "array", "items": {"$ref": "#/definitions/Match"}}),
        ("/process/session", {"type": "array", "items": {"$ref": "#/definitions/Session"}}),
        ("/process/session/entrypoint", "Session"),
        ("/process/pty", "PtyListResponse"),
        ("/process/interpreter/context", "ListContextsResponse"),
        ("/port", "PortList"),
        ("/work-dir", "WorkDirResponse"),
        ("/user-home-dir", "UserHomeDirResponse"),
        ("/system/metrics", "SystemMetrics"),
        ("/computeruse/recordings", "ListRecordingsResponse"),
    ],
)
def test_a_strict_reader_misses_nothing(sandbox, target: str, schema: object) -> None:
    answer = call(sandbox, "GET", target)
    assert answer.status == 200, answer
    assert faults("toolbox", schema, answer.json()) == []


def test_git_answers_a_strict_reader_also_before_the_first_commit(sandbox) -> None:
    path = unique("java")
    inside.shell(sandbox, f"git init -q -b main {path} && touch {path}/new")
    for call_of_git, schema in (("status", "GitStatus"), ("branches", "ListBranchResponse")):
        answer = call(sandbox, "GET", f"/git/{call_of_git}?path={path}")
        assert (answer.status, faults("toolbox", schema, answer.json())) == (200, [])
    history = call(sandbox, "GET", f"/git/history?path={path}")
    assert (history.status, history.json()) == (200, [])


def test_a_command_over_its_time_is_not_sent_a_second_time(sandbox) -> None:
    # OkHttp repeats a POST that was answered 408, unless the answer tells it to wait.
    counter = f"/tmp/{unique('runs')}"
    for target, body in (
        ("/process/execute", {"command": f"echo ran >> {counter}; sleep 60", "timeout": 1}),
        ("/process/code-run", {"code": f"open('{counter}', 'a').write('ran\\n')\nwhile True: pass", "language": "python", "timeout": 1}),
    ):
        answer = call(sandbox, "POST", target, body)
        if answer.status == 408 and int(answer.headers.get("retry-after", "0")) <= 0:
            answer = call(sandbox, "POST", target, body)
        assert answer.status == 408
    assert inside.shell(sandbox, f"cat {counter}") == "ran\nran\n"


def test_logs_are_followed_over_a_socket_that_tells_no_version(sandbox, session: str) -> None:
    body = {"command": "echo one; echo problem >&2; sleep 0.5; echo two", "runAsync": True}
    command = call(sandbox, "POST", f"/process/session/{session}/exec", body).json()["cmdId"]
    target = f"/toolbox/{sandbox.id}/process/session/{session}/command/{command}/logs?follow=true"
    with sockets.opened(target, wire.BEARER) as socket:
        *said, (_, end) = sockets.frames(socket)
    records = b"".join(content for _, content in said)
    assert sorted(records.splitlines()) == sorted([OUT + b"one", ERR + b"problem", OUT + b"two"])
    assert sockets.closed_with(end)[0] == 1000


@pytest.mark.parametrize("newer", [False, True])
def test_a_terminal_is_driven_in_text(sandbox, newer: bool) -> None:
    name = unique("java")
    if newer:
        target = f"/toolbox/{sandbox.id}/process/pty/create-connect?id={name}&cols=90&rows=20"
        offers = ("X-Daytona-Pty-Exit-Control",)
    else:
        assert call(sandbox, "POST", "/process/pty", {"id": name, "cols": 90, "rows": 20}).status == 201
        target, offers = f"/toolbox/{sandbox.id}/process/pty/{name}/connect", ()
    with sockets.opened(target, wire.BEARER, offers=offers) as socket:
        socket.send("echo $(stty size); exit 3\n")
        *said, (_, end) = sockets.frames(socket)
        assert socket.getsubprotocol() == (offers[0].lower() if newer else None)
    assert (said[0][0], json.loads(said[0][1])) == (sockets.TEXT, {"type": "control", "status": "connected"})
    assert b"20 90" in b"".join(content for kind, content in said if kind == sockets.BINARY)
    code, reason = sockets.closed_with(end)
    assert (code, json.loads(reason)["exitCode"]) == (1011, 3)
    messages = [json.loads(content) for kind, content in said if kind == sockets.TEXT]
    assert [each["exitCode"] for each in messages if each.get("status") == "exited"] == ([3] if newer else [])


def test_the_interpreter_ends_with_a_message_and_a_close(sandbox) -> None:
    with sockets.opened(f"/toolbox/{sandbox.id}/process/interpreter/execute", wire.BEARER) as socket:
        socket.send(json.dumps({"code": "print('out')\n1/0"}))
        *said, (_, end) = sockets.frames(socket)
    messages = [json.loads(content) for _, content in said]
    assert [each["type"] for each in messages] == ["stdout", "error", "control"]
    assert all(set(each) == {"type", "text", "name", "value", "traceback"} for each in messages)
    assert (messages[1]["name"], messages[2]["text"]) == ("ZeroDivisionError", "completed")
    assert sockets.closed_with(end)[0] == 1000


def test_a_branch_is_deleted_by_a_body(sandbox) -> None:
    path = unique("java")
    inside.shell(sandbox, f"git init -q -b main {path} && git -C {path} -c user.name=A -c user.email=a@b commit -q --allow-empty -m x")
    inside.shell(sandbox, f"git -C {path} branch topic")
    assert call(sandbox, "DELETE", "/git/branches", {"path": path, "name": "topic"}).status == 204
    assert call(sandbox, "GET", f"/git/branches?path={path}").json()["branches"] == ["main"]


def test_a_file_goes_and_comes_alone(sandbox) -> None:
    path = f"/tmp/{unique('java')}"
    content = b"--java\r\nContent-Disposition: form-data; name=\"file\"; filename=\"local name\"\r\n\r\nbytes \x00\xff\r\n--java--\r\n"
    form = JAVA | {"Content-Type": "multipart/form-data; boundary=java"}
    answer = wire.toolbox(sandbox.id, "POST", f"/files/upload?path={path}", content, headers=form, timeout=PATIENCE)
    assert (answer.status, answer.body) == (200, b"")
    assert call(sandbox, "GET", f"/files/download?path={path}").body == b"bytes \x00\xff"
    # Its streams take the first part of a bulk download, and the first name="…" in its head.
    streamed = call(sandbox, "POST", "/files/bulk-download", {"paths": [path]})
    head, _, rest = streamed.body.partition(b"\r\n\r\n")
    assert head.index(b'name="file"') < head.index(b"filename=")
    assert rest.startswith(b"bytes \x00\xff\r\n--")


def test_what_takes_long_is_answered_in_time(sandbox) -> None:
    # Nothing raises this client's patience for them: a wait for longer than that is an error of the call here.
    inside.shell(sandbox, "mkdir -p java-ls && echo 'x = 1' > java-ls/a.py")
    server = {"languageId": "python", "pathToProject": "java-ls"}
    assert call(sandbox, "POST", "/lsp/start", server).status == 200
    assert call(sandbox, "POST", "/lsp/stop", server).status == 200
    name = unique("java")
    assert call(sandbox, "POST", "/process/session", {"sessionId": name}).status == 201
    stubborn = {"command": "trap '' TERM; sleep 300", "runAsync": True}
    assert call(sandbox, "POST", f"/process/session/{name}/exec", stubborn).status == 202
    assert call(sandbox, "DELETE", f"/process/session/{name}").status == 204
