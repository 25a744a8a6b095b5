"""Previews: who is let in, where they get, and that nothing of the caller's credentials gets inside."""

import base64
import re
import socket
import urllib.parse
from collections.abc import Iterator

import pytest
from daytona import Sandbox
from support import inside, wire
from support.installation import Installation

# Answers with the head of each request as it came: as a page, as events, or over a WebSocket.
ECHO = r"""
import base64, hashlib, socket, socketserver, sys, threading

class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        head = b""
        while b"\r\n\r\n" not in head:
            piece = self.request.recv(65536)
            if not piece:
                return
            head += piece
        body = f"port {self.server.server_address[1]}\n".encode() + head.partition(b"\r\n\r\n")[0]
        lines = {name.lower(): value.strip() for name, _, value in
                 (line.partition(":") for line in head.decode("latin-1").split("\r\n")[1:])}
        if "websocket" in lines.get("upgrade", "").lower():
            key = lines["sec-websocket-key"].encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
            accept = base64.b64encode(hashlib.sha1(key).digest())
            self.request.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                 b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
            self.request.sendall(b"\x81\x7e" + len(body).to_bytes(2, "big") + body)
            frame = self.request.recv(4096)
            mask, masked = frame[2:6], frame[6:]
            said = bytes(byte ^ mask[n % 4] for n, byte in enumerate(masked))
            self.request.sendall(bytes([0x81, len(said)]) + said)
        elif b"/events" in head.split(b"\r\n", 1)[0]:
            self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
            for line in body.decode("latin-1").splitlines():
                self.request.sendall(f"data: {line}\n\n".encode())
            self.request.recv(1)  # until the connection ends
            self.request.sendall(b"data: last\n\n")
        else:
            self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)

class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

class Server6(Server):
    address_family = socket.AF_INET6

threading.Thread(target=Server6(("::1", 8006), Echo).serve_forever).start()
for address, port in (("127.0.0.1", 8000), ("0.0.0.0", 8001), ("127.0.0.1", 6080), ("127.0.0.1", 22222), ("127.0.0.1", 33333)):
    threading.Thread(target=Server((address, port), Echo).serve_forever).start()
"""

# Odd spellings of 8000 and of 2280; each is refused, none is understood as the port.
SPELLINGS = [
    "08000", "+8000", "-8000", "8000 ", "8000.0", "0x1f40", "8e3", "٨٠٠٠", "%38000", "8000%00", "8_000", "0", "65536",
    "99999999999", "02280", "+2280", "002280", "２２８０", "",
]  # fmt: skip


def serve_echo(sandbox: Sandbox) -> None:
    sandbox.fs.upload_file(ECHO.encode(), "/tmp/echo.py")
    sandbox.process.exec("nohup python3 /tmp/echo.py >/tmp/echo.log 2>&1 &")
    inside.shell(
        sandbox,
        "for a in 127.0.0.1:8000 127.0.0.1:8001 127.0.0.1:6080 127.0.0.1:22222 127.0.0.1:33333 [::1]:8006; do"
        " curl --globoff --silent --retry 30 --retry-connrefused --retry-delay 1 --output /dev/null http://$a/; done",
    )


@pytest.fixture(scope="module")
def private(sandbox: Sandbox) -> Sandbox:
    """A sandbox that is not public, with servers on 8000 (bound to localhost) and 8001."""
    serve_echo(sandbox)
    return sandbox


@pytest.fixture(scope="module")
def public(make) -> Iterator[Sandbox]:
    """A public one with the same servers."""
    created = make(public=True)
    serve_echo(created)
    yield created
    wire.remove(created.id)


@pytest.fixture(scope="module")
def domain(sandbox: Sandbox) -> str:
    """What the hosts of previews end with."""
    host = urllib.parse.urlsplit(sandbox.get_preview_link(8000).url).netloc
    return host.removeprefix(f"8000-{sandbox.id}.")


def head(target: str, host: str, *lines: str) -> bytes:
    return "\r\n".join([f"GET {target} HTTP/1.1", f"Host: {host}", "Connection: close", *lines, "", ""]).encode()


def status(answer: bytes) -> int:
    found = re.match(rb"HTTP/1\.1 (\d{3}) ", answer)
    assert found, answer[:200]
    return int(found[1])


@pytest.fixture
def ask(installation: Installation, domain: str):
    """Asks the proxy for a path of a preview host, with these further header lines."""

    def ask_for(label: str, target: str, *lines: str) -> bytes:
        return wire.exchange(installation.proxy_port, head(target, f"{label}.{domain}", *lines))

    return ask_for


def secrets_of(sandbox: Sandbox) -> dict[str, str]:
    links = {f"token of {port}": sandbox.get_preview_link(port).token for port in (8000, 8001, 2280)}
    return {"key": wire.KEY} | links


def assert_clean(echoed: bytes, sandbox: Sandbox) -> None:
    """Nothing that opens anything is in what the sandbox was sent."""
    # The caller's own answer may give it a cookie; the body is what the sandbox saw.
    echo = echoed.partition(b"\r\n\r\n")[2] if echoed.startswith(b"HTTP/1.1 ") else echoed
    assert b"port 80" in echo, echoed[:300]
    lowered = echo.decode("latin-1").lower()
    for secret in secrets_of(sandbox).values():
        assert secret.lower() not in lowered
    for trace in ("x-daytona-preview-token", "daytona_sandbox_auth_key", "daytona-sandbox-auth", "x-daytona-authorization", "bearer"):
        assert trace not in lowered, lowered


WAYS_IN = ["key", "header", "query", "cookie", "all at once"]


def credentials(way: str, sandbox: Sandbox, ask) -> tuple[str, list[str]]:
    """Target and header lines that let in, in one of the contract's ways."""
    token = sandbox.get_preview_link(8000).token
    bearer, preview = f"Authorization: Bearer {wire.KEY}", f"X-Daytona-Preview-Token: {token}"
    query = f"/?first=1&DAYTONA_SANDBOX_AUTH_KEY={token}&last=2"
    if way == "key":
        return "/?first=1&last=2", [bearer]
    if way == "header":
        return "/?first=1&last=2", [preview]
    if way == "query":
        return query, []
    cookie = "Cookie: mine=yes; " + cookie_for(ask(f"8000-{sandbox.id}", query))
    if way == "cookie":
        return "/?first=1&last=2", [cookie]
    return query, [bearer, preview, cookie]


def cookie_for(answer: bytes) -> str:
    """The cookie that an answer sets, as the browser would send it."""
    found = re.search(rb"(?im)^set-cookie: (daytona-sandbox-auth-[^=]+=[^;\r]+)", answer)
    assert found, answer[:500]
    return found[1].decode()


@pytest.mark.parametrize("way", WAYS_IN)
def test_lets_in_and_takes_the_credentials_off(private: Sandbox, ask, way: str) -> None:
    target, lines = credentials(way, private, ask)
    answer = ask(f"8000-{private.id}", target, *lines, "X-Mine: kept")
    assert status(answer) == 200, answer
    echoed = answer.partition(b"\r\n\r\n")[2]
    assert_clean(echoed, private)
    assert b"first=1" in echoed and b"last=2" in echoed and b"X-Mine: kept" in echoed
    if "Cookie: mine" in str(lines):
        assert b"mine=yes" in echoed


@pytest.mark.parametrize("way", WAYS_IN)
def test_web_sockets_pass_without_the_credentials(private: Sandbox, ask, installation, domain, way: str) -> None:
    target, lines = credentials(way, private, ask)
    upgrade = ["Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + base64.b64encode(b"x" * 16).decode()]
    request = head(target, f"8000-{private.id}.{domain}", *lines, *upgrade).replace(b"Connection: close", b"Connection: Upgrade")
    # A short masked frame after the handshake, whose text comes back.
    text, mask = b"hello there", b"\1\2\3\4"
    frame = bytes([0x81, 0x80 | len(text)]) + mask + bytes(byte ^ mask[n % 4] for n, byte in enumerate(text))
    answer = wire.exchange(installation.proxy_port, request + frame, 10, lambda read: read.endswith(text))
    assert status(answer) == 101, answer
    assert answer.endswith(text)
    assert_clean(answer, private)


@pytest.mark.parametrize("way", ["key", "query"])
def test_events_arrive_one_by_one_and_without_the_credentials(private: Sandbox, ask, installation, domain, way: str) -> None:
    target, lines = credentials(way, private, ask)
    # More than these comes only when the connection has ended: what waits for more has nothing to pass on.
    request = head(target.replace("/", "/events", 1), f"8000-{private.id}.{domain}", *lines)
    answer = wire.exchange(installation.proxy_port, request, 10, lambda read: b"data: Host" in read)
    assert status(answer) == 200, answer
    assert b"data: Host" in answer and b"data: last" not in answer
    assert_clean(answer, private)


def test_without_credentials_or_with_wrong_ones_nobody_is_let_in(private: Sandbox, ask) -> None:
    wrong = [
        [],
        ["Authorization: Bearer wrong"],
        ["X-Daytona-Preview-Token: wrong"],
        ["Cookie: daytona-sandbox-auth-" + private.id + "=" + private.id],
        ["X-Forwarded-For: 127.0.0.1", "X-Forwarded-Host: localhost"],
    ]
    for lines in wrong:
        for target in ("/", "/?DAYTONA_SANDBOX_AUTH_KEY=wrong", "/?DAYTONA_SANDBOX_AUTH_KEY="):
            answer = ask(f"8000-{private.id}", target, *lines)
            assert status(answer) == 401, (lines, answer)
            assert b"port 8000" not in answer


def test_another_sandboxes_token_opens_nothing(private: Sandbox, public: Sandbox, ask) -> None:
    token = public.get_preview_link(22222).token
    assert status(ask(f"22222-{private.id}", "/", f"X-Daytona-Preview-Token: {token}")) == 401
    cookie = cookie_for(ask(f"22222-{public.id}", f"/?DAYTONA_SANDBOX_AUTH_KEY={token}"))
    assert status(ask(f"22222-{private.id}", "/", f"Cookie: {cookie}")) == 401
    moved = cookie.replace(public.id, private.id)
    assert status(ask(f"22222-{private.id}", "/", f"Cookie: {moved}")) == 401


def test_a_preview_token_of_one_port_opens_no_other_and_runs_no_command(private: Sandbox, ask, installation: Installation) -> None:
    token = private.get_preview_link(8000).token
    header = f"X-Daytona-Preview-Token: {token}"
    assert status(ask(f"8000-{private.id}", "/", header)) == 200
    for port in (8001, 6080, 22222, 33333, 2280):
        for target, lines in (("/", [header]), (f"/?DAYTONA_SANDBOX_AUTH_KEY={token}", [])):
            answer = ask(f"{port}-{private.id}", target, *lines)
            assert status(answer) == 401, (port, answer)
            assert b"port " + str(port).encode() not in answer
    body = b'{"command": "id"}'
    for host, path in (
        (f"127.0.0.1:{installation.proxy_port}", f"/toolbox/{private.id}/process/execute"),
        (private.get_preview_link(2280).url.split("/")[2], "/process/execute"),
    ):
        request = (
            f"POST {path} HTTP/1.1\r\nHost: {host}\r\n{header}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        ).encode() + body
        answer = wire.exchange(installation.proxy_port, request)
        assert status(answer) == 401, answer
        assert b"uid=" not in answer


def test_the_token_that_clients_in_browsers_ask_for_opens_the_toolbox(private: Sandbox, installation: Installation) -> None:
    """They ask for the preview of port 1 and send its token to the toolbox, since a page's WebSocket has no headers."""
    token = private.get_preview_link(1).token
    target = f"/toolbox/{private.id}/work-dir?DAYTONA_SANDBOX_AUTH_KEY={token}"
    answer = wire.exchange(installation.proxy_port, head(target, f"127.0.0.1:{installation.proxy_port}"))
    assert status(answer) == 200
    assert b"/home/daytona" in answer


def test_a_new_start_makes_old_tokens_worthless(own_sandbox: Sandbox, ask) -> None:
    old = own_sandbox.get_preview_link(8000).token
    own_sandbox.stop()
    own_sandbox.start()
    serve_echo(own_sandbox)
    assert own_sandbox.get_preview_link(8000).token != old

    assert status(ask(f"8000-{own_sandbox.id}", "/", f"X-Daytona-Preview-Token: {old}")) == 401


def test_a_server_bound_to_localhost_is_reached_and_one_on_all_addresses(private: Sandbox, ask) -> None:
    for port in (8000, 8001):
        answer = ask(f"{port}-{private.id}", "/", f"Authorization: Bearer {wire.KEY}")
        assert f"port {port}".encode() in answer


def test_a_server_bound_to_the_ipv6_loopback_is_reached_and_listed(private: Sandbox, ask) -> None:
    answer = ask(f"8006-{private.id}", "/", f"Authorization: Bearer {wire.KEY}")
    assert b"port 8006" in answer
    assert 8006 in wire.toolbox(private.id, "GET", "/port").json()["ports"]
    assert wire.toolbox(private.id, "GET", "/port/8006/in-use?wait=5").json() == {"isInUse": True}


def test_a_public_sandbox_needs_no_credentials_but_for_its_special_ports(public: Sandbox, ask) -> None:
    for port in (8000, 6080):
        answer = ask(f"{port}-{public.id}", "/")
        assert status(answer) == 200
        assert f"port {port}".encode() in answer
    for port in (22222, 33333):
        answer = ask(f"{port}-{public.id}", "/")
        assert status(answer) == 401, answer
        assert b"port " not in answer
    toolbox = ask(f"2280-{public.id}", "/work-dir")
    assert status(toolbox) == 401


def test_a_public_sandbox_gets_no_credentials_that_were_not_needed(public: Sandbox, ask) -> None:
    token = public.get_preview_link(8000).token
    lines = [f"Authorization: Bearer {wire.KEY}", f"X-Daytona-Preview-Token: {token}", "X-Daytona-Skip-Last-Activity-Update: true"]
    answer = ask(f"8000-{public.id}", f"/?DAYTONA_SANDBOX_AUTH_KEY={token}", *lines)
    echoed = answer.partition(b"\r\n\r\n")[2]
    assert_clean(echoed, public)
    assert b"skip-last-activity" not in echoed.lower()


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_odd_spellings_of_a_port_lead_nowhere(public: Sandbox, ask, spelling: str) -> None:
    for target in ("/", "/work-dir"):
        answer = ask(f"{spelling}-{public.id}", target)
        assert status(answer) == 400, answer
        assert b"port " not in answer.partition(b"\r\n\r\n")[2] or b"must begin with a port" in answer
        assert b"/home/daytona" not in answer


def test_the_toolbox_answers_on_its_port_to_who_may(private: Sandbox, ask) -> None:
    answer = ask(f"2280-{private.id}", "/work-dir", f"Authorization: Bearer {wire.KEY}")
    assert status(answer) == 200
    assert b"/home/daytona" in answer


def test_a_signed_address_opens_its_port_alone(private: Sandbox, ask) -> None:
    answer = wire.call("GET", f"/sandbox/{private.id}/ports/8000/signed-preview-url?expiresInSeconds=60")
    if answer.status == 501:
        pytest.skip("signed preview addresses are not built yet")
    assert answer.status == 200, answer
    token = answer.json()["token"]
    assert re.fullmatch(r"[a-z0-9]{16}", token)
    assert b"port 8000" in ask(f"8000-{token}", "/")
    for port in (8001, 2280, 22222):
        assert status(ask(f"{port}-{token}", "/work-dir")) == 401
    # A cookie would outlive it.
    assert b"set-cookie" not in ask(f"8000-{token}", "/").lower()
    expire = wire.call("POST", f"/sandbox/{private.id}/ports/8000/signed-preview-url/{token}/expire")
    assert expire.status == 201
    assert status(ask(f"8000-{token}", "/")) == 401


def opened(installation: Installation, request: bytes) -> socket.socket:
    """A connection that was answered and stays open: an event stream, or a WebSocket that has greeted."""
    connection = socket.create_connection(("127.0.0.1", installation.proxy_port), timeout=20)
    connection.sendall(request)
    read = b""
    while b"port 8000" not in read:
        piece = connection.recv(65536)
        assert piece, read
        read += piece
    return connection


def rest(connection: socket.socket) -> bytes:
    """What still comes until the connection ends, which it must do within the socket's time."""
    read = b""
    with connection:
        try:
            while piece := connection.recv(65536):
                read += piece
        except ConnectionResetError:
            pass
    return read


def upgrading(host: str, *lines: str) -> bytes:
    key = base64.b64encode(b"x" * 16).decode()
    request = head("/", host, *lines, "Upgrade: websocket", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}")
    return request.replace(b"Connection: close", b"Connection: Upgrade")


def test_closing_a_public_sandbox_closes_it_at_once_and_ends_what_is_open(make, ask, installation: Installation, domain: str) -> None:
    own = make(public=True)
    serve_echo(own)
    host = f"8000-{own.id}.{domain}"
    assert status(ask(f"8000-{own.id}", "/")) == 200
    socket_open, events_open = opened(installation, upgrading(host)), opened(installation, head("/events", host))
    assert wire.call("POST", f"/sandbox/{own.id}/public/false").status == 201
    assert status(ask(f"8000-{own.id}", "/")) == 401
    assert status(ask(f"8001-{own.id}", "/")) == 401
    # Neither end is the server's inside: the one waits for a message, the other says something last.
    rest(socket_open)
    assert b"data: last" not in rest(events_open)
    wire.remove(own.id)


def test_the_way_is_never_taken_from_a_header(private: Sandbox, public: Sandbox, ask, domain: str) -> None:
    lines = [
        f"X-Forwarded-Host: 8000-{public.id}.{domain}",
        f"X-Original-Host: 8000-{public.id}.{domain}",
        f"Forwarded: host=8000-{public.id}.{domain};for=127.0.0.1;proto=https",
        f"X-Original-URL: /toolbox/{public.id}/work-dir",
        f"X-Daytona-Sandbox-Id: {public.id}",
        f"X-Daytona-Authorization: Bearer {wire.KEY}",
        "X-Daytona-Port: 2280",
    ]
    for label in (f"8000-{private.id}", f"2280-{private.id}", f"22222-{public.id}"):
        answer = ask(label, "/work-dir", *lines)
        assert status(answer) == 401, answer
        assert b"/home/daytona" not in answer


def test_a_port_that_nothing_listens_on_says_so(private: Sandbox, ask) -> None:
    answer = ask(f"8999-{private.id}", "/", f"Authorization: Bearer {wire.KEY}")
    assert status(answer) == 502, answer


def test_a_stopped_or_unknown_sandbox_says_so(own_sandbox: Sandbox, ask) -> None:
    own_sandbox.stop()
    answer = ask(f"8000-{own_sandbox.id}", "/", f"Authorization: Bearer {wire.KEY}")
    assert status(answer) == 409
    unknown = ask("8000-00000000-0000-4000-8000-000000000000", "/", f"Authorization: Bearer {wire.KEY}")
    assert status(unknown) == 404


@pytest.mark.parametrize(
    ("wanted", "request_head"),
    [
        (400, b"GET / HTTP/1.1\r\nHost: 8000-{id}.{domain}\r\nHost: 8001-{id}.{domain}\r\n\r\n"),
        (400, b"GET / HTTP/1.1\r\n\r\n"),
        (400, b"GET / HTTP/1.1\r\nHost: 8000-{id}.{domain}.example.org\r\nConnection: close\r\n\r\n"),
        (400, b"GET http://8001-{id}.{domain}/ HTTP/1.1\r\nHost: 8000-\xff\xfe.{domain}\r\nConnection: close\r\n\r\n"),
        (404, b"GET / HTTP/1.1\r\nHost: 8000-..%2f{id}.{domain}\r\nConnection: close\r\n\r\n"),
        (400, b"POST / HTTP/1.1\r\nHost: 8000-{id}.{domain}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /"),
    ],
)
def test_ambiguous_requests_are_refused(public: Sandbox, installation, domain: str, wanted: int, request_head: bytes) -> None:
    request = request_head.replace(b"{id}", public.id.encode()).replace(b"{domain}", domain.encode())
    answer = wire.exchange(installation.proxy_port, request, 3)
    assert status(answer) == wanted, answer
    assert b"port 800" not in answer
