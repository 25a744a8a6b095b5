"""What the control API refuses: a sentence that names the field, in the contract's shape, and nothing is changed."""

import datetime
import json

import pytest
from support import unique, wire

ABSENT = "00000000-0000-4000-8000-000000000000"
LONG = "x" * 100_000


def assert_refused(answer: wire.Answer, status: int, *words: str) -> None:
    """The control plane's error shape, with a message that has these words."""
    assert answer.status == status, (answer.status, answer.body[:500])
    body = answer.json()
    assert {"path", "timestamp", "statusCode", "error", "message"} <= set(body), body
    assert body["statusCode"] == status
    assert isinstance(body["message"], str) and len(body["message"]) > 10, body
    assert body["path"].startswith("/api/")
    datetime.datetime.fromisoformat(body["timestamp"])
    assert answer.headers["content-type"].startswith("application/json")
    assert "x-daytona-api-version" in answer.headers
    for word in words:
        assert word.lower() in body["message"].lower(), body


@pytest.fixture(autouse=True)
def changes_nothing():
    """No refused request leaves a sandbox behind."""
    before = set(wire.sandboxes())
    yield
    left = set(wire.sandboxes()) - before
    for each in left:
        wire.remove(each)
    assert not left


WITHOUT_ACCESS = [
    {},
    {"Authorization": "Bearer "},
    {"Authorization": "Bearer wrong"},
    {"Authorization": "Bearer dtn_" + "0" * 64},
    {"Authorization": f"Bearer {wire.KEY}x"},
    {"Authorization": f"Basic {wire.KEY}"},
    {"Authorization": wire.KEY},
    {"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9."},
    {"Authorization": "Bearer " + "A" * 8000},
    {"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1"},
    {"Cookie": f"Authorization=Bearer {wire.KEY}"},
]


@pytest.mark.parametrize("headers", WITHOUT_ACCESS, ids=range(len(WITHOUT_ACCESS)))
def test_without_the_right_key_nothing_is_open(headers: dict[str, str]) -> None:
    for method, target, body in (
        ("GET", "/sandbox", None),
        ("POST", "/sandbox", {}),
        ("GET", f"/sandbox/{ABSENT}", None),
        ("DELETE", f"/sandbox/{ABSENT}?force=true", None),
        ("GET", "/api-keys/current", None),
        ("GET", "/jobs/poll?timeout=1", None),
        ("GET", "/snapshots", None),
    ):
        assert_refused(wire.call(method, target, body, headers=headers), 401)


def test_a_users_key_is_no_runners(daytona) -> None:
    for method, target, body in (
        ("GET", "/jobs/poll?timeout=1", None),
        ("POST", "/runners/healthcheck", {}),
        ("GET", "/runners/me", None),
        ("PUT", f"/sandbox/{ABSENT}/state", {"state": "started"}),
        ("GET", "/sandbox/for-runner", None),
    ):
        assert wire.call(method, target, body).status == 401, (method, target)


def test_what_needs_no_key_says_nothing_private() -> None:
    for target in ("/health", "/config"):
        answer = wire.call("GET", target, headers={})
        assert answer.status == 200
        assert wire.KEY not in answer.body.decode()


BODIES = [
    (b"{", "json"),
    (b"not json", "json"),
    (b'{"name": "a"', "json"),
    (b'{"name": "a"} trailing', "json"),
    (b"[]", "object"),
    (b'"text"', "object"),
    (b"7", "object"),
    (b"\xff\xfe\x00", ""),
    (b'{"name": "\xff"}', ""),
    (b'{"labels": ' + b"[" * 100_000, ""),
    (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, ""),
]


@pytest.mark.parametrize(("body", "word"), BODIES, ids=range(len(BODIES)))
def test_a_body_that_is_no_json_object(body: bytes, word: str) -> None:
    assert_refused(wire.call("POST", "/sandbox", body), 400, word)


def test_a_body_without_end_is_too_large() -> None:
    answer = wire.call("POST", "/sandbox", b'{"name": "' + b"x" * (8 << 20) + b'"}')
    assert answer.status == 413
    assert answer.json()["message"]


FIELDS = [
    ("name", "line\nbreak", "name"),
    ("name", "nul\0", "name"),
    ("name", "escape\x1b[31m", "name"),
    ("name", "turned\u202eround", "name"),
    ("name", "<b>bold</b>", "name"),
    ("name", "http://example.org", "name"),
    ("name", "www.example.org", "name"),
    ("name", LONG, "name"),
    ("name", ["a"], "name"),
    ("name", {"a": 1}, "name"),
    ("snapshot", "no-such-snapshot", "no-such-snapshot"),
    ("snapshot", "../../etc/passwd", "snapshot"),
    ("snapshot", ABSENT, "snapshot"),
    ("snapshot", ["sandlot/default"], "snapshot"),
    ("user", "no such user", "user"),
    ("user", "../root", "user"),
    ("env", ["A=1"], "env"),
    ("env", {"A": 1}, "env"),
    ("env", {"A=B": "1"}, "env"),
    ("env", {"": "1"}, "env"),
    ("env", {"A": "nul\0"}, "env"),
    ("env", {f"A{n}": "1" for n in range(5000)}, "env"),
    ("env", {"A": LONG * 2}, "env"),
    ("labels", "team=blue", "labels"),
    ("labels", {"team": None}, "labels"),
    ("labels", {"team": ["blue"]}, "labels"),
    ("labels", {f"l{n}": "1" for n in range(5000)}, "labels"),
    ("public", "perhaps", "public"),
    ("public", 2, "public"),
    ("networkBlockAll", "perhaps", "networkBlockAll"),
    ("networkAllowList", "not-a-range", "networkAllowList"),
    ("networkAllowList", "203.0.113.0/33", "networkAllowList"),
    ("networkAllowList", "203.0.113.0", "networkAllowList"),
    ("networkAllowList", "203.0.113.256/32", "networkAllowList"),
    ("networkAllowList", "0x7f.1/8", "networkAllowList"),
    ("networkAllowList", "2001:db8::/32", "networkAllowList"),
    ("networkAllowList", "10.0.0.0/8", "networkAllowList"),
    ("networkAllowList", "169.254.169.254/32", "networkAllowList"),
    ("networkAllowList", ",".join(f"203.0.113.{n}/32" for n in range(11)), "networkAllowList"),
    ("networkAllowList", ["203.0.113.0/24"], "networkAllowList"),
    ("target", "no-such-region", "region"),
    ("cpu", 2, "cpu"),
    ("cpu", -1, "cpu"),
    ("cpu", 1.5, "cpu"),
    ("cpu", "many", "cpu"),
    ("memory", 1 << 40, "memory"),
    ("memory", 8, "memory"),
    ("disk", -5, "disk"),
    ("disk", 1e308, "disk"),
    ("autoStopInterval", -1, "autoStopInterval"),
    ("autoStopInterval", 1.5, "autoStopInterval"),
    ("autoStopInterval", "soon", "autoStopInterval"),
    ("autoStopInterval", 1 << 60, "autoStopInterval"),
    ("autoArchiveInterval", -1, "autoArchiveInterval"),
    ("autoDeleteInterval", 1 << 60, "autoDeleteInterval"),
    ("autoDeleteInterval", True, "autoDeleteInterval"),
    # What this build cannot honour is refused by its name.
    ("domainAllowList", "example.org", "domainAllowList"),
    ("volumes", [{"volumeId": "v", "mountPath": "/v"}], "volumes"),
    ("gpu", 1, "gpu"),
    ("gpuType", ["H100"], "gpuType"),
    ("buildInfo", {"dockerfileContent": "FROM debian"}, "buildInfo"),
    ("linkedSandbox", "other", "linkedSandbox"),
    ("secrets", [{"TOKEN": "name"}], "secrets"),
    ("spot", True, "spot"),
    ("outboundProxyUrl", "http://203.0.113.7:3128", "outboundProxyUrl"),
    ("otelEndpointOverride", "http://203.0.113.7", "otelEndpointOverride"),
    ("autoPauseInterval", 5, "autoPauseInterval"),
    ("ttlMinutes", 5, "ttlMinutes"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value", "word"), FIELDS, ids=[f"{n}-{field[0]}" for n, field in enumerate(FIELDS)])
def test_a_field_that_does_not_fit_is_named(field: str, value: object, word: str | None) -> None:
    answer = wire.call("POST", "/sandbox", {field: value})
    assert_refused(answer, 400, *([word] if word else []))


HARMLESS = {
    "cpu": 0, "memory": 0, "disk": 0, "gpu": 0, "gpuType": [], "volumes": [], "domainAllowList": "", "buildInfo": None,
    "secrets": [], "spot": False, "fieldOfTheFuture": {"deep": [1, 2]}, "class": "small",
}  # fmt: skip


def test_unknown_and_empty_fields_are_accepted_and_ignored(name: str) -> None:
    answer = wire.call("POST", "/sandbox", {"name": name, **HARMLESS})
    assert answer.status == 200, answer
    wire.remove(name)


def test_numbers_and_switches_as_text_are_understood(name: str) -> None:
    answer = wire.call("POST", "/sandbox", {"name": name, "autoStopInterval": "7", "public": "true"})
    assert answer.status == 200, answer
    assert (answer.json()["autoStopInterval"], answer.json()["public"]) == (7, True)
    wire.remove(name)


QUERIES = [
    ("limit=0", "limit"),
    ("limit=201", "limit"),
    ("limit=-1", "limit"),
    ("limit=ten", "limit"),
    ("cursor=not-a-cursor", "cursor"),
    ("cursor=eyJhIjoxfQ%3D%3D", "cursor"),
    ("labels=team", "labels"),
    ("labels=%5B1%5D", "labels"),
    ("states=no-such-state", "states"),
    ("sort=no-such-field", "sort"),
    ("order=sideways", "order"),
    ("minCpu=0", "minCpu"),
    ("createdAtAfter=yesterday", "createdAtAfter"),
    ("isPublic=perhaps", "isPublic"),
    ("limit=%zz", ""),
]


@pytest.mark.parametrize(("query", "word"), QUERIES, ids=[query for query, _ in QUERIES])
def test_a_list_that_cannot_be_made(query: str, word: str) -> None:
    answer = wire.call("GET", f"/sandbox?{query}")
    assert_refused(answer, 400, word)


# With %2F and %00 kept as they are on the way, nothing of an id may become part of another path.
NOBODY = [
    ABSENT, "nobody", "..%2F..%2Fetc", "%2e%2e", "a%00b", "%F0%9F%A6%8A", "'%20OR%20'1'%3D'1", "x" * 4000, ABSENT.upper(),
    ABSENT[:8], "%20", "null",
]  # fmt: skip


@pytest.mark.parametrize("identifier", NOBODY, ids=range(len(NOBODY)))
def test_an_unknown_sandbox_is_not_found_by_any_operation(identifier: str) -> None:
    for method, rest, body in (
        ("GET", "", None),
        ("DELETE", "", None),
        ("DELETE", "?force=true", None),
        ("POST", "/start", None),
        ("POST", "/stop", None),
        ("PUT", "/labels", {"labels": {"a": "b"}}),
        ("POST", "/autostop/5", None),
        ("POST", "/autoarchive/5", None),
        ("POST", "/autodelete/5", None),
        ("POST", "/network-settings", {"networkBlockAll": True}),
        ("POST", "/last-activity", None),
        ("GET", "/toolbox-proxy-url", None),
        ("GET", "/ports/3000/preview-url", None),
    ):
        answer = wire.call(method, f"/sandbox/{identifier}{rest}", body)
        assert_refused(answer, 404)


@pytest.mark.parametrize(
    ("method", "rest", "body", "word"),
    [
        ("GET", "/ports/0/preview-url", None, "port"),
        ("GET", "/ports/65536/preview-url", None, "port"),
        ("GET", "/ports/-1/preview-url", None, "port"),
        ("GET", "/ports/+80/preview-url", None, "port"),
        ("GET", "/ports/080/preview-url", None, "port"),
        ("GET", "/ports/80.0/preview-url", None, "port"),
        ("GET", "/ports/http/preview-url", None, "port"),
        ("GET", "/ports/99999999999999999999/preview-url", None, "port"),
        ("POST", "/autostop/-1", None, "interval"),
        ("POST", "/autostop/soon", None, "interval"),
        ("POST", "/autostop/99999999999", None, "interval"),
        ("POST", "/autoarchive/-1", None, "interval"),
        ("PUT", "/labels", {"labels": "team"}, "labels"),
        ("PUT", "/labels", {"labels": {"a": 1}}, "labels"),
        ("PUT", "/labels", {}, "labels"),
        ("PUT", "/labels", b"{", "json"),
        ("POST", "/network-settings", {}, "networkBlockAll"),
        ("POST", "/network-settings", {"networkAllowList": "all"}, "networkAllowList"),
        ("POST", "/network-settings", {"networkAllowList": "10.0.0.0/8"}, "networkAllowList"),
        ("POST", "/network-settings", {"networkBlockAll": "perhaps"}, "networkBlockAll"),
        ("POST", "/network-settings", {"networkBlockAll": False, "domainAllowList": "example.org"}, "domainAllowList"),
        ("POST", "/public/perhaps", None, "public"),
    ],
)
def test_a_change_that_cannot_be_made_changes_nothing(sandbox, method, rest, body, word) -> None:
    before = wire.sandbox(sandbox.id)
    assert_refused(wire.call(method, f"/sandbox/{sandbox.id}{rest}", body), 400, word)
    after = wire.sandbox(sandbox.id)
    moving = ("lastActivityAt", "updatedAt")
    assert {k: v for k, v in after.items() if k not in moving} == {k: v for k, v in before.items() if k not in moving}


@pytest.mark.parametrize("target", ["/no-such-path", "/sandbox/a/b/c/d", "/", "/sandboxes", "/socket.io", "/..%2fapi/sandbox"])
def test_an_unknown_path_is_not_found(target: str) -> None:
    assert_refused(wire.call("GET", target), 404)


def test_events_are_refused_at_once_so_that_clients_poll() -> None:
    answer = wire.call("GET", "/socket.io/?EIO=4&transport=websocket", timeout=3)
    assert answer.status == 404
    upgrade = wire.BEARER | {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "eHh4eHh4eHh4eHh4eHh4eA==",
    }  # fmt: skip
    assert wire.call("GET", "/socket.io/?EIO=4&transport=websocket", headers=upgrade, timeout=3).status == 404


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("POST", "/volumes", {"name": "v"}),
        ("GET", "/volumes", None),
        ("POST", "/snapshots", {"name": "s", "imageName": "debian:12"}),
        ("GET", "/secret", None),
        ("POST", "/warm-pools", {"snapshot": "s", "pool": 1}),
        ("GET", "/audit/organizations/x", None),
    ],
)
def test_what_is_known_but_not_built_says_so(method: str, target: str, body: object) -> None:
    assert_refused(wire.call(method, target, body), 501)


@pytest.mark.parametrize("rest", ["/pause", "/fork", "/archive", "/snapshot", "/ssh-access"])
def test_what_a_sandbox_cannot_do_yet_says_so(sandbox, rest: str) -> None:
    answer = wire.call("POST", f"/sandbox/{sandbox.id}{rest}", {"name": unique("x")})
    assert_refused(answer, 501)
    assert wire.sandbox(sandbox.id)["state"] == "started"


# What is no HTTP at all is cut off without an answer.
CUT = b""


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (b"GET /api/sandbox HTTP/1.1\r\n\r\n", b"401"),
        (b"GET /api/sandbox\r\n\r\n", b"400"),
        (b"GET /api/sand box HTTP/1.1\r\nHost: x\r\n\r\n", b"400"),
        (b"GET /api/sandbox HTTP/1.1\r\nHost: x\r\nBad Header: y\r\n\r\n", b"400"),
        (b"GET /api/sandbox HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 100_000 + b"\r\n\r\n", b"431"),
        (b"POST /api/sandbox HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", b"400"),
        (b"POST /api/sandbox HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", b"400"),
        (b"POST /api/sandbox HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"400"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 100, CUT),
        (b"\0" * 1000, CUT),
    ],
    ids=range(10),
)
def test_broken_http_is_refused_and_the_server_goes_on(request_head: bytes, status: bytes) -> None:
    port = int(wire.API.rsplit(":", 1)[1].split("/")[0])
    answer = wire.exchange(port, request_head, 3, lambda received: b"\r\n\r\n" in received)
    assert answer[9:12] == status, answer
    assert wire.call("GET", "/health").status == 200


def test_what_is_no_request_is_told_why() -> None:
    port = int(wire.API.rsplit(":", 1)[1].split("/")[0])
    answer = wire.exchange(port, b"GET /api/sand box HTTP/1.1\r\nHost: x\r\n\r\n", 3, lambda received: b"}" in received)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ") and b"content-type: application/json" in head.lower(), answer
    assert "percent-encoded" in json.loads(body)["message"]
