"""Files as other clients than the published ones send and ask for them: Java's and Ruby's habits, and bad manners."""

import contextlib
import http.client
import socket
import threading
import urllib.parse
from collections.abc import Iterator

import pytest
from support import inside, unique, wire
from support.waiting import eventually, some_moment
from test_toolbox_refusals import assert_refused

JAVA_READ_LIMIT = 10
FORM = "multipart/form-data; boundary=b"


def part(name: str, content: bytes, more: str = "") -> bytes:
    return f'--b\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + content + b"\r\n"


def chunked(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces if piece) + b"0\r\n\r\n"


def head(sandbox_id: str, method: str, target: str, *headers: str) -> bytes:
    base = urllib.parse.urlsplit(wire.toolbox_base())
    lines = [f"{method} {base.path}/{sandbox_id}{target} HTTP/1.1", f"Host: {base.netloc}", f"Authorization: Bearer {wire.KEY}"]
    return "\r\n".join([*lines, *headers, "", ""]).encode()


def connect() -> socket.socket:
    base = urllib.parse.urlsplit(wire.toolbox_base())
    return socket.create_connection((base.hostname, base.port), timeout=JAVA_READ_LIMIT)


def send(sandbox_id: str, method: str, target: str, body: bytes, *headers: str) -> tuple[int, bytes]:
    """A request on a connection of its own that gives up as the Java client does: after 10 s of silence."""
    with connect() as connection:
        connection.sendall(head(sandbox_id, method, target, "Connection: close", *headers) + body)
        answer = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    return int(answer[9:12]), answer.partition(b"\r\n\r\n")[2]


@pytest.fixture
def folder(sandbox) -> str:
    path = f"/tmp/{unique('wire')}"
    inside.shell(sandbox, f"mkdir {path}")
    return path


def content(sandbox, path: str) -> bytes:
    answer = wire.toolbox(sandbox.id, "GET", f"/files/download?path={urllib.parse.quote(path)}")
    assert answer.status == 200, answer
    return answer.body


# Uploads without a length, as Java, Go and TypeScript stream them.


def test_a_form_in_chunks(sandbox, folder: str) -> None:
    body = part("file", b"x" * 200_000, '; filename="f"') + b"--b--\r\n"
    pieces = [body[at : at + 7_777] for at in range(0, len(body), 7_777)]
    chunks = ("Transfer-Encoding: chunked", f"Content-Type: {FORM}")
    assert send(sandbox.id, "POST", f"/files/upload?path={folder}/one", chunked(*pieces), *chunks) == (200, b"")
    assert content(sandbox, f"{folder}/one") == b"x" * 200_000
    many = part("files[0].path", f"{folder}/many".encode()) + part("files[0].file", b"y" * 9, '; filename="f"') + b"--b--\r\n"
    status, answer = send(sandbox.id, "POST", "/files/bulk-upload", chunked(*(bytes([each]) for each in many)), *chunks)
    assert (status, answer.count(b'"bytes":9')) == (200, 1), answer
    assert content(sandbox, f"{folder}/many") == b"y" * 9


def test_a_bare_body_in_chunks(sandbox, folder: str) -> None:
    target = f"/files/upload-v2?path={folder}/bare"
    status, answer = send(sandbox.id, "POST", target, chunked(b"a" * 70_000, b"b"), "Transfer-Encoding: chunked")
    assert status == 200, answer
    assert content(sandbox, f"{folder}/bare") == b"a" * 70_000 + b"b"
    assert send(sandbox.id, "POST", target, chunked(), "Transfer-Encoding: chunked")[0] == 200
    assert content(sandbox, f"{folder}/bare") == b""


def test_a_refused_upload_is_answered_while_it_is_still_coming(sandbox, folder: str) -> None:
    body = chunked(*[b"z" * 65_536] * 64)
    status, answer = send(sandbox.id, "POST", "/files/upload-v2?path=/proc/none/x", body, "Transfer-Encoding: chunked")
    assert status == 403 and b'"message"' in answer, answer


# A body where most clients send none.


def test_a_delete_with_a_body_keeps_the_connection_in_step(sandbox, folder: str) -> None:
    inside.shell(sandbox, f"touch {folder}/file")
    body = b'{"path":"ignored","name":"ignored"}'
    with connect() as connection:
        for target, status in ((f"/files?path={folder}/file", b"204"), (f"/files?path={folder}/file", b"404")):
            length = f"Content-Length: {len(body)}"
            connection.sendall(head(sandbox.id, "DELETE", target, length, "Content-Type: application/json") + body)
            assert connection.recv(1 << 16)[9:12] == status


# Names that want to lead elsewhere.


def test_a_parts_own_file_name_leads_nowhere(sandbox, folder: str) -> None:
    for name in ("../../../tmp/evil", "/tmp/evil", "..\\\\evil", "evil\0"):
        body = part("files[0].path", f"{folder}/inner/../good".encode()) + part("files[0].file", b"x", f'; filename="{name}"')
        assert send(sandbox.id, "POST", "/files/bulk-upload", *form(body))[0] == 200
        single = part("file", b"y", f'; filename="{name}"')
        assert send(sandbox.id, "POST", f"/files/upload?path={folder}/single", *form(single))[0] == 200
    assert inside.shell(sandbox, f"ls -A {folder}; ls /tmp | grep -c evil || true").split() == ["good", "inner", "single", "0"]


def form(parts: bytes) -> tuple[bytes, str, str]:
    body = parts + b"--b--\r\n"
    return body, f"Content-Length: {len(body)}", f"Content-Type: {FORM}"


@pytest.mark.parametrize("path", ["a\0b", "", "   ", "x" * 5000, "/../../../proc/1/none/x"])
def test_a_path_that_no_file_can_have(sandbox, path: str) -> None:
    status, answer = send(
        sandbox.id, "POST", "/files/bulk-upload", *form(part("files[0].path", path.encode()) + part("files[0].file", b"x"))
    )
    assert status == 400 and b'"errors"' in answer and b'"message"' in answer, answer


# Links.


def test_links_lead_no_further_than_the_user_may(sandbox, folder: str) -> None:
    inside.shell(sandbox, f"cd {folder} && ln -s /etc/shadow s && ln -s /etc/passwd p && ln -s loop loop && ln -s / root")
    before = content(sandbox, "/etc/passwd")
    for method, target in (
        ("GET", f"/files/download?path={folder}/s"),
        ("POST", f"/files/upload-v2?path={folder}/p"),
        ("POST", f"/files/upload-v2?path={folder}/root/etc/new"),
        ("GET", f"/files/find?path={folder}/s&pattern=root"),
        ("DELETE", f"/files?path={folder}/root/etc/passwd"),
        ("POST", f"/files/permissions?path={folder}/p&mode=777"),
    ):
        answer = wire.toolbox(sandbox.id, method, target, b"x" if method == "POST" else None)
        assert_refused(answer, 403)
        assert (answer.json()["code"], answer.json()["source"]) == ("FILE_ACCESS_DENIED", "DAYTONA_DAEMON"), answer
    for call in ("download", "info"):
        assert_refused(wire.toolbox(sandbox.id, "GET", f"/files/{call}?path={folder}/loop"), 400)
    results = wire.toolbox(sandbox.id, "POST", "/files/replace", {"files": [f"{folder}/p"], "pattern": "root", "newValue": "x"})
    assert results.json()[0]["success"] is False and "denied" in results.json()[0]["error"], results
    assert content(sandbox, "/etc/passwd") == before
    listed = wire.toolbox(sandbox.id, "GET", f"/files?path={folder}&depth=5").json()
    assert sorted(each["name"] for each in listed) == ["p", "root", "s"], "a link to a folder was entered"
    found = wire.toolbox(sandbox.id, "GET", f"/files/search?path={folder}&pattern=passwd").json()
    assert found == {"files": []}


def test_a_file_replaced_by_a_link_during_the_upload(sandbox, folder: str) -> None:
    inside.shell(sandbox, f"echo precious > {folder}/other")
    half = b"h" * 600_000
    with connect() as connection:
        target = f"/files/upload-v2?path={folder}/file"
        connection.sendall(head(sandbox.id, "POST", target, f"Content-Length: {2 * len(half)}", "Connection: close") + half)
        eventually("the upload begun", lambda: wire.toolbox(sandbox.id, "GET", f"/files/info?path={folder}/file").status == 200, 20)
        inside.shell(sandbox, f"ln -sf {folder}/other {folder}/file")
        connection.sendall(half)
        assert connection.recv(1 << 16)[9:12] == b"200"
    assert content(sandbox, f"{folder}/other") == b"precious\n"


# Clients that leave.


def test_clients_that_leave_in_the_middle(sandbox, folder: str) -> None:
    inside.shell(sandbox, f"head -c 20000000 /dev/zero > {folder}/large")
    left = [connect() for _ in range(40)]
    for number, connection in enumerate(left):
        if number % 2:
            target = f"/files/upload-v2?path={folder}/left{number}"
            connection.sendall(head(sandbox.id, "POST", target, "Content-Length: 900000000") + b"l" * 100_000)
        else:
            connection.sendall(head(sandbox.id, "GET", f"/files/download?path={folder}/large"))
            assert connection.recv(1000)
    for connection in left:
        connection.close()
    eventually("no file of the client's held open", lambda: open_files(sandbox, folder) == 0, 60)
    assert len(content(sandbox, f"{folder}/large")) == 20_000_000
    assert send(sandbox.id, "POST", f"/files/upload-v2?path={folder}/next", b"ok", "Content-Length: 2")[0] == 200


def open_files(sandbox, folder: str) -> int:
    """How many files below the folder the agent has open."""
    command = f"sudo -n sh -c 'ls -l /proc/1/fd 2>/dev/null | grep -c {folder}/' || true"
    return int(inside.shell(sandbox, command).strip())


# A full disk.


def test_a_long_listing_is_whole_or_refused(own_sandbox) -> None:
    make = (
        "import os\nos.makedirs('many')\nfor n in range(1500):\n    open(f'many/{n}', 'w').close()\n"
        "for _ in range(15):\n    os.mkdir('d' * 250)\n    os.chdir('d' * 250)\n"
        "for n in range(9500):\n    open(str(n), 'w').close()\n"
    )
    own_sandbox.fs.upload_file(make.encode(), "make.py")
    inside.shell(own_sandbox, "python3 make.py", 60)
    listed = wire.toolbox(own_sandbox.id, "GET", "/files?path=many")
    assert listed.headers["content-type"].startswith("application/json")
    assert sorted(int(each["name"]) for each in listed.json()) == list(range(1500))
    deep = "/".join(["d" * 250] * 15)
    assert_refused(wire.toolbox(own_sandbox.id, "GET", f"/files?path={deep}"), 400, "32 MiB", "less depth")


@pytest.fixture
def full(own_sandbox) -> Iterator:
    own_sandbox.process.exec("mkdir -p t/folder && echo 'old text' > t/file && head -c 3000000 /dev/zero | tr '\\0' o > t/large")
    filled = inside.fill_disk(own_sandbox, "filler")
    own_sandbox.process.exec("head -c 1000000 /dev/zero > rest")
    assert "No space" in filled.result or "quota" in filled.result.lower(), filled
    yield own_sandbox


def test_a_full_disk_is_named_and_loses_nothing(full) -> None:
    big = b"b" * 4_000_000
    for target, headers, body in (
        ("/files/upload-v2?path=t/new", {}, big),
        ("/files/upload?path=t/new", {"Content-Type": FORM}, part("file", big) + b"--b--\r\n"),
    ):
        answer = wire.toolbox(full.id, "POST", target, body, headers=wire.BEARER | headers)
        assert_refused(answer, 400, "space")
    body = part("files[0].path", b"t/new") + part("files[0].file", big) + b"--b--\r\n"
    answer = wire.toolbox(full.id, "POST", "/files/bulk-upload", body, headers=wire.BEARER | {"Content-Type": FORM})
    assert answer.status == 400 and "space" in answer.message, answer

    replace = {"files": ["t/large"], "pattern": "o", "newValue": "two"}
    (result,) = wire.toolbox(full.id, "POST", "/files/replace", replace).json()
    assert result["success"] is False and "space" in result["error"], result
    assert content(full, "t/large") == b"o" * 3_000_000
    assert inside.shell(full, "ls -A t | grep -c sandlot || true") == "0\n", "a half-written copy was left"
    assert content(full, "t/file") == b"old text\n"

    metrics = wire.toolbox(full.id, "GET", "/system/metrics").json()
    assert metrics["diskFree"] < 4_000_000 and metrics["diskUsed"] <= metrics["diskTotal"], metrics
    assert wire.toolbox(full.id, "DELETE", "/files?path=filler").status == 204
    (result,) = wire.toolbox(full.id, "POST", "/files/replace", replace).json()
    assert result["success"] is True
    assert content(full, "t/large") == b"two" * 3_000_000


# An end in the middle.


def test_a_replacement_that_is_cut_off_leaves_the_old_text_or_the_new(own_sandbox) -> None:
    texts = (b"a" * 6_000_000, b"b" * 6_000_000)
    assert wire.toolbox(own_sandbox.id, "POST", "/files/upload-v2?path=whole", texts[0]).status == 200
    for wait in (0.05, 0.2, 0.4):
        swap = {"files": ["whole", "whole"], "pattern": "a", "newValue": "b"}
        caller = threading.Thread(target=call_that_may_break, args=(own_sandbox.id, swap))
        caller.start()
        some_moment(wait)
        assert wire.call("POST", f"/sandbox/{own_sandbox.id}/stop?force=true").status == 200
        caller.join(60)
        eventually("stopped", lambda: wire.sandbox(own_sandbox.id)["state"] == "stopped", 60)
        own_sandbox.start()
        assert content(own_sandbox, "whole") in texts
        assert wire.toolbox(own_sandbox.id, "POST", "/files/upload-v2?path=whole", texts[0]).status == 200


def call_that_may_break(sandbox_id: str, body: dict) -> None:
    with contextlib.suppress(OSError, http.client.HTTPException):
        wire.toolbox(sandbox_id, "POST", "/files/replace", body)


# Bodies of failures.


@pytest.mark.parametrize(
    ("target", "status", "code"),
    [
        ("/files/find?path=/no/such&pattern=x", 404, "FILE_NOT_FOUND"),
        ("/files/find?path=/tmp", 400, "BAD_REQUEST"),
        ("/files/search?path=/tmp&pattern=%5B", 400, "BAD_REQUEST"),
        ("/files/search?pattern=x", 400, "INVALID_FILE_PATH"),
        ("/files/find?path=a%00b&pattern=x", 400, "INVALID_FILE_PATH"),
        ("/files/find?path=/etc/shadow&pattern=x", 403, "FILE_ACCESS_DENIED"),
        ("/files?path=/root", 403, "FILE_ACCESS_DENIED"),
        ("/files?depth=x", 400, "BAD_REQUEST"),
        ("/files/download?path=/no/such", 404, "FILE_NOT_FOUND"),
        ("/files/download?path=/tmp", 400, "INVALID_FILE_PATH"),
    ],
)
def test_failures_have_their_code_and_source(sandbox, target: str, status: int, code: str) -> None:
    answer = wire.toolbox(sandbox.id, "GET", target)
    assert_refused(answer, status)
    assert (answer.json()["code"], answer.json()["source"]) == (code, "DAYTONA_DAEMON")
