"""What the toolbox refuses, in its own error shape."""

import datetime

import pytest
from support import inside, wire

ABSENT = "00000000-0000-4000-8000-000000000000"


def assert_refused(answer: wire.Answer, status: int, *words: str) -> None:
    """The toolbox's error shape, with a message that has these words."""
    assert answer.status == status, (answer.status, answer.body[:500])
    body = answer.json()
    assert {"statusCode", "message", "code", "timestamp", "path", "method"} <= set(body), body
    assert body["statusCode"] == status
    assert isinstance(body["message"], str) and len(body["message"]) > 5, body
    assert body["code"] == body["code"].upper()
    datetime.datetime.fromisoformat(body["timestamp"])
    for word in words:
        assert word.lower() in body["message"].lower(), body


@pytest.fixture(scope="module")
def prepared(sandbox):
    """Files and folders that the refusals are about."""
    inside.shell(sandbox, "mkdir -p /tmp/t/folder/inner && echo content > /tmp/t/file && ln -s nowhere /tmp/t/dangling")
    inside.shell(sandbox, "sudo -n sh -c 'mkdir /tmp/t/closed && chmod 700 /tmp/t/closed && echo x > /tmp/t/closed/file'")
    yield sandbox
    listed = inside.shell(sandbox, "ls /tmp/t")
    assert listed.split() == ["closed", "dangling", "file", "folder"], "a refused call changed something"
    assert inside.shell(sandbox, "cat /tmp/t/file") == "content\n"


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": wire.KEY}, {"X-Forwarded-For": "127.0.0.1"}])
@pytest.mark.parametrize("identifier", ["{id}", ABSENT])
def test_without_the_right_key_nothing_is_open(sandbox, identifier: str, headers: dict[str, str]) -> None:
    target = identifier.replace("{id}", sandbox.id)
    for method, rest, body in (("GET", "/work-dir", None), ("POST", "/process/execute", {"command": "id"})):
        assert wire.toolbox(target, method, rest, body, headers=headers).status == 401


@pytest.mark.parametrize("identifier", [ABSENT, "nobody", "..%2f..", "%00", "x" * 3000, "22222222-2222"])
def test_an_unknown_sandbox_is_not_found(identifier: str) -> None:
    answer = wire.toolbox(identifier, "GET", "/work-dir")
    assert answer.status == 404, answer


COMMANDS = [
    b"", b"{", b"[]", b'"id"', b"\xff", {}, {"command": ""}, {"command": "   "}, {"command": 7}, {"command": ["id"]}, {"command": None},
    {"command": "id", "timeout": -1}, {"command": "id", "timeout": 1.5}, {"command": "id", "timeout": "soon"},
    {"command": "id", "timeout": 1 << 70}, {"command": "id", "envs": {"1A": "x"}}, {"command": "id", "envs": {"A-B": "x"}},
    {"command": "id", "envs": {"A": 1}}, {"command": "id", "envs": "A=1"}, {"command": "id", "cwd": 7},
]  # fmt: skip


@pytest.mark.parametrize("body", COMMANDS, ids=range(len(COMMANDS)))
def test_a_command_that_cannot_be_run(prepared, body: object) -> None:
    assert_refused(wire.toolbox(prepared.id, "POST", "/process/execute", body), 400)


@pytest.mark.parametrize("body", [b"{", {}, {"code": ""}, {"code": 7}, {"code": "1", "timeout": -1}], ids=range(5))
def test_code_that_cannot_be_run(prepared, body: object) -> None:
    assert_refused(wire.toolbox(prepared.id, "POST", "/process/code-run", body), 400)


def test_a_command_in_no_folder_is_an_answer(prepared) -> None:
    answer = wire.toolbox(prepared.id, "POST", "/process/execute", {"command": "id", "cwd": "/no/such"})
    assert answer.status == 200
    assert answer.json()["exitCode"] == -1
    assert answer.json()["result"]


FILES = [
    ("GET", "/files/download?path=/tmp/t/none", None, 404),
    ("GET", "/files/download?path=/tmp/t/folder", None, 400),
    ("GET", "/files/download?path=/tmp/t/closed/file", None, 403),
    ("GET", "/files/download?path=/tmp/t/dangling", None, 404),
    ("GET", "/files/download?path=/tmp/t/file/below", None, 400),
    ("GET", "/files/download?path=", None, 400),
    ("GET", "/files/download", None, 400),
    ("GET", "/files/download?path=/tmp/t/a%00b", None, 400),
    ("GET", "/files/download?path=/" + "x" * 5000, None, 400),
    ("GET", "/files?path=/tmp/t/none", None, 404),
    ("GET", "/files?path=/tmp/t/file", None, 400),
    ("GET", "/files?path=/tmp/t/closed", None, 403),
    ("GET", "/files/info?path=/tmp/t/none", None, 404),
    ("GET", "/files/info?path=/tmp/t/dangling", None, 404),
    ("GET", "/files/info", None, 400),
    ("POST", "/files/folder?path=/tmp/t/file&mode=755", None, 400),
    ("POST", "/files/folder?path=/tmp/t/new&mode=999", None, 400),
    ("POST", "/files/folder?path=/tmp/t/new&mode=rwx", None, 400),
    ("POST", "/files/folder?mode=755", None, 400),
    ("DELETE", "/files?path=/tmp/t/none", None, 404),
    ("DELETE", "/files?path=/tmp/t/folder", None, 400),
    ("DELETE", "/files?path=/tmp/t/folder&recursive=yes", None, 400),
    ("DELETE", "/files", None, 400),
    ("POST", "/files/move?source=/tmp/t/none&destination=/tmp/t/x", None, 404),
    ("POST", "/files/move?source=/tmp/t/file&destination=/tmp/t/folder", None, 409),
    ("POST", "/files/move?source=/tmp/t/file&destination=/tmp/none/x", None, 404),
    ("POST", "/files/move?source=/tmp/t/file", None, 400),
    ("POST", "/files/permissions?path=/tmp/t/none&mode=644", None, 404),
    ("POST", "/files/permissions?path=/tmp/t/file&mode=8", None, 400),
    ("POST", "/files/permissions?path=/tmp/t/file&mode=rw", None, 400),
    ("POST", "/files/permissions?path=/tmp/t/file&owner=nobody-at-all", None, 400),
    ("POST", "/files/permissions?path=/tmp/t/file&group=nobody-at-all", None, 400),
]  # fmt: skip


@pytest.mark.parametrize(("method", "target", "body", "status"), FILES, ids=[f"{each[0]} {each[1][:60]}" for each in FILES])
def test_files_that_are_not_what_is_wanted(prepared, method: str, target: str, body: object, status: int) -> None:
    assert_refused(wire.toolbox(prepared.id, method, target, body), status)


MULTIPART = {"Content-Type": "multipart/form-data; boundary=b"}
UPLOADS = [
    ({}, b"nothing"),
    ({"Content-Type": "multipart/form-data"}, b"--b--\r\n"),
    (MULTIPART, b""),
    (MULTIPART, b"--b\r\n"),
    (MULTIPART, b"--b\r\nContent-Disposition: form-data; name=\"files[0].file\"; filename=\"x\"\r\n\r\nno path before\r\n--b--\r\n"),
    (MULTIPART, b"--b\r\nContent-Disposition: form-data; name=\"files[0].path\"\r\n\r\n/tmp/t/folder\r\n"
                b"--b\r\nContent-Disposition: form-data; name=\"files[0].file\"; filename=\"x\"\r\n\r\nover a folder\r\n--b--\r\n"),
    (MULTIPART, b"--b\r\nContent-Disposition: form-data; name=\"files[0].path\"\r\n\r\n/tmp/t/closed/new\r\n"
                b"--b\r\nContent-Disposition: form-data; name=\"files[0].file\"; filename=\"x\"\r\n\r\nnot mine\r\n--b--\r\n"),
    (MULTIPART, b"--b\r\nContent-Disposition: form-data; name=\"files[0].path\"\r\n\r\n" + b"/x" * 50_000 + b"\r\n--b--\r\n"),
    (MULTIPART, b"--b\r\n" + b"X-Long: y\r\n" * 20_000 + b"\r\n\r\n--b--\r\n"),
]  # fmt: skip


@pytest.mark.parametrize(("headers", "body"), UPLOADS, ids=range(len(UPLOADS)))
def test_uploads_that_cannot_be_written(prepared, headers: dict[str, str], body: bytes) -> None:
    answer = wire.toolbox(prepared.id, "POST", "/files/bulk-upload", body, headers=wire.BEARER | headers)
    assert answer.status == 400, answer
    assert answer.message
    assert isinstance(answer.json().get("errors", []), list)


@pytest.mark.parametrize("body", [b"{", {}, {"paths": []}, {"paths": "/tmp/t/file"}, {"paths": [7]}], ids=range(5))
def test_downloads_of_nothing(prepared, body: object) -> None:
    answer = wire.toolbox(prepared.id, "POST", "/files/bulk-download", body)
    assert answer.status == 400, answer
    assert answer.message


def test_a_bulk_download_says_of_each_file_what_is_wrong(prepared) -> None:
    paths = ["/tmp/t/file", "/tmp/t/none", "/tmp/t/folder", "/tmp/t/closed/file", ""]
    answer = wire.toolbox(prepared.id, "POST", "/files/bulk-download", {"paths": paths})
    assert answer.status == 200
    for expected in (b"content\n", b"FILE_NOT_FOUND", b"INVALID_FILE_PATH", b"FILE_ACCESS_DENIED"):
        assert expected in answer.body
    boundary = answer.headers["content-type"].partition("boundary=")[2].strip('"')
    assert answer.body.rstrip().endswith(f"--{boundary}--".encode())


@pytest.mark.parametrize("target", ["/no-such-path", "/", "/files/none/none", "/..%2f..%2fhealth", "/process"])
def test_an_unknown_path_is_not_found(prepared, target: str) -> None:
    assert wire.toolbox(prepared.id, "GET", target).status == 404


def test_a_body_of_countless_values_is_refused(sandbox) -> None:
    body = b'{"command": "true", "x": [' + b"{}," * 600_000 + b"{}]}"
    assert_refused(wire.toolbox(sandbox.id, "POST", "/process/execute", body), 400, "500000 values")
    assert inside.shell(sandbox, "echo fine") == "fine\n"
