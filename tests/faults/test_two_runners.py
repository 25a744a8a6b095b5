"""A second runner, in a process and with a launcher of its own: called over HTTP, lost, and there again."""

import json
import secrets
import shutil
import socket
import subprocess
import threading
import urllib.parse
from collections.abc import Callable, Iterator

import pytest
from daytona import Sandbox
from support import wire
from support.installation import Installation
from support.listening import Listener
from support.waiting import eventually

# Answers HTTP with a page, and an upgrade with what the client sends after it, in capitals.
SERVER = """
import socket, threading
listener = socket.create_server(("127.0.0.1", 8000))
def serve(connection):
    head = b""
    while not head.endswith(b"\\r\\n\\r\\n"):
        head += connection.recv(1)
    if b"Upgrade: websocket" in head:
        connection.sendall(b"HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\n\\r\\n")
        while piece := connection.recv(4096):
            connection.sendall(piece.upper())
    else:
        connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 6\\r\\nConnection: close\\r\\n\\r\\ninside")
    connection.close()
while True:
    threading.Thread(target=serve, args=listener.accept()[:1]).start()
"""


def other_pool(pool: str) -> str:
    """An address range that no other tests use: sixteen further on than this installation's."""
    first, second, rest = pool.split(".", 2)
    return f"{first}.{int(second) + 16}.{rest}"


@pytest.fixture(scope="module")
def second(installation: Installation) -> Iterator[Installation]:
    """The second runner, known to the control plane as "second"."""
    port = installation.api_port
    runner = installation.beside(
        "b",
        SANDLOT_ROLES="runner",
        SANDLOT_CONTROL_PLANE_URL=f"http://127.0.0.1:{port}",
        SANDLOT_RUNNER_KEY_FILE=f"{installation.home}-b/secrets/second.key",
        SANDLOT_RUNNER_PORT=str(port + 4),
        SANDLOT_DNS_PORT=str(port + 56),
        SANDLOT_ADDRESS_POOL=other_pool(installation.environment["SANDLOT_ADDRESS_POOL"]),
        SANDLOT_POOL_GIB="4",
    )
    key = runner.home / "secrets/second.key"
    try:
        runner.make()
        key.write_text(f"dtn_{secrets.token_hex(32)}\n")
        key.chmod(0o600)
        shutil.chown(key, "sandlot", "sandlot")
        installation.with_settings(SANDLOT_RUNNERS=f"second={key}").restart_supervised("server")
        runner.start_launcher()
        runner.start_server()
        eventually("both runners are ready", lambda: ready_runners() == 2, 60)
        yield runner
    finally:
        installation.restart_supervised("server")
        runner.remove()


def ready_runners() -> int:
    """How many runners the control plane can give sandboxes to."""
    return wire.call("GET", "/health/ready").json()["details"]["runners"]["ready"]


@pytest.fixture(scope="module")
def pair(second: Installation, make: Callable[..., Sandbox]) -> Iterator[dict[str, Sandbox]]:
    """A sandbox on each runner, as placement has spread them."""
    made = [make() for _ in range(4)]
    there = [each for each in made if each.id in second.disks()]
    here = [each for each in made if each not in there]
    assert here and there, "all sandboxes are on one runner"
    for each in here[1:] + there[1:]:
        wire.remove(each.id)
    yield {"first": here[0], "second": there[0]}
    wire.remove(here[0].id)
    wire.remove(there[0].id)


@pytest.fixture(params=["first", "second"])
def sandbox(request: pytest.FixtureRequest, pair: dict[str, Sandbox]) -> Sandbox:
    """The sandbox on one of the runners."""
    return pair[request.param]


def test_the_api_names_the_runner_of_each(pair) -> None:
    runners = {wire.sandbox(each.id)["runnerId"] for each in pair.values()}
    assert len(runners) == 2


def test_commands_run(sandbox) -> None:
    answer = sandbox.process.exec("echo out; exit 3")
    assert (answer.result, answer.exit_code) == ("out\n", 3)


def test_files_go_up_and_come_down(sandbox) -> None:
    content = secrets.token_bytes(5_000_000)
    sandbox.fs.upload_file(content, "/home/daytona/large")
    assert sandbox.fs.download_file("/home/daytona/large") == content


def test_failures_look_alike(pair) -> None:
    answers = [wire.toolbox(each.id, "GET", "/files/download?path=/nowhere").json() for each in pair.values()]
    for each, answer in zip(pair.values(), answers, strict=True):
        assert answer["path"] == f"/toolbox/{each.id}/files/download"
        answer.pop("path"), answer.pop("timestamp")
    assert answers[0] == answers[1]


def test_a_terminal_answers(sandbox) -> None:
    sandbox.process.create_pty_session("terminal").disconnect()
    terminal = Listener(sandbox.id, "/process/pty/terminal/connect")
    terminal.send(b"echo a$((1+1))b; exit\n")
    terminal.await_content(b"a2b")
    terminal.await_end()


def test_refused_upgrades_look_alike(pair) -> None:
    told = []
    for each in pair.values():
        each.process.create_pty_session("refused").disconnect()
        old = {**wire.BEARER, "Sec-WebSocket-Version": "1"}
        status, body = upgrade(wire.toolbox_base() + f"/{each.id}/process/pty/refused/connect", old)
        answer = json.loads(body)
        told.append((status, answer["message"], answer["source"], answer["code"]))
    assert told[0] == told[1]
    assert told[0][0] in range(400, 500), told


def test_a_path_without_a_websocket_is_served_once(pair) -> None:
    told = [upgrade(wire.toolbox_base() + f"/{each.id}/version", wire.BEARER) for each in pair.values()]
    assert told[0][0] == 200
    assert told[0] == told[1]


def test_the_interpreter_streams(sandbox) -> None:
    seen: list[str] = []
    result = sandbox.code_interpreter.run_code("for n in range(3): print(n, flush=True)", on_stdout=lambda each: seen.append(each.output))
    assert result.stdout == "0\n1\n2\n"
    assert "".join(seen) == "0\n1\n2\n"


def test_previews_open(sandbox) -> None:
    sandbox.fs.upload_file(SERVER.encode(), "/tmp/server.py")
    sandbox.process.exec("nohup python3 /tmp/server.py >/tmp/server.log 2>&1 &")
    link = sandbox.get_preview_link(8000)
    token = {"X-Daytona-Preview-Token": link.token, "Host": urllib.parse.urlsplit(link.url).netloc}
    proxy = wire.toolbox_base().removesuffix("/toolbox")
    page = eventually("the server inside answers", lambda: preview_page(proxy, token), 20)
    assert page == b"inside"
    status, answer = upgrade(proxy + "/", token, b"through the tunnel")
    assert (status, answer) == (101, b"THROUGH THE TUNNEL")
    missing = sandbox.get_preview_link(8001)
    refused = wire.call("GET", "/", None, {**token, "X-Daytona-Preview-Token": missing.token, "Host": urllib.parse.urlsplit(missing.url).netloc}, proxy)
    assert (refused.status, "nothing listens on port 8001" in refused.message) == (502, True)


def preview_page(proxy: str, headers: dict[str, str]) -> bytes | None:
    """What the server inside answers, once it does."""
    answer = wire.call("GET", "/", None, headers, proxy)
    return answer.body if answer.status == 200 else None


def upgrade(url: str, headers: dict[str, str], sent: bytes = b"") -> tuple[int, bytes]:
    """The status of an upgrade to a WebSocket, and as many bytes after the head as it announces, or as were sent."""
    parts = urllib.parse.urlsplit(url)
    head = {"Host": parts.netloc, "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", **headers}
    head["Sec-WebSocket-Key"] = "dGhlIHNhbXBsZSBub25jZQ=="
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as connection:
        text = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        connection.sendall(f"GET {parts.path} HTTP/1.1\r\n{text}\r\n".encode())
        with connection.makefile("rb") as answers:
            status = int(answers.readline().split()[1])
            length = len(sent)
            while (line := answers.readline().strip()) != b"":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            connection.sendall(sent)
            return status, answers.read(length)


def test_the_listener_wants_the_key(second, pair) -> None:
    base = f"http://127.0.0.1:{second.environment['SANDLOT_RUNNER_PORT']}"
    target = f"/sandboxes/{pair['second'].id}/toolbox/version"
    for headers in ({}, wire.BEARER, {"X-Daytona-Authorization": f"Bearer {wire.KEY}"}):
        assert wire.call("GET", target, None, headers, base).status == 401
    listening = subprocess.run(
        ["ss", "--no-header", "--listening", "--tcp", "--numeric", f"sport = :{urllib.parse.urlsplit(base).port}"],
        capture_output=True, text=True, check=True, timeout=10,
    ).stdout
    assert {line.split()[3].rpartition(":")[0].strip("[]").removeprefix("::ffff:") for line in listening.splitlines()} == {"127.0.0.1"}


def test_a_runner_that_is_gone_is_told_and_taken_back(second, pair) -> None:
    there, here = pair["second"], pair["first"]
    there.process.exec("echo kept >/tmp/kept; nohup sleep 4321 >/dev/null 2>&1 &")
    there.process.create_pty_session("open").disconnect()
    terminal = Listener(there.id, "/process/pty/open/connect")
    terminal.send(b"echo a$((1+1))b\n")
    terminal.await_content(b"a2b")
    second.kill("server")
    assert terminal.await_end() != 1000, "a client took the runner's end for that of the terminal"
    answer = wire.toolbox(there.id, "POST", "/process/execute", {"command": "true"})
    assert (answer.status, answer.json()["source"]) == (503, "DAYTONA_PROXY")
    assert "the runner of this sandbox cannot be reached" in answer.message
    status, body = upgrade(wire.toolbox_base() + f"/{there.id}/process/pty/open/connect", wire.BEARER)
    assert (status, "cannot be reached" in json.loads(body)["message"]) == (503, True)
    link = there.get_preview_link(8000)
    token = {"X-Daytona-Preview-Token": link.token, "Host": urllib.parse.urlsplit(link.url).netloc}
    preview = wire.call("GET", "/", None, token, wire.toolbox_base().removesuffix("/toolbox"))
    assert (preview.status, "cannot be reached" in preview.message) == (503, True)
    assert here.process.exec("echo alive").result == "alive\n"
    second.start_server()
    assert there.process.exec("cat /tmp/kept; pgrep -fxc 'sleep 4321'").result == "kept\n1\n"
    assert there.process.get_pty_session_info("open").active


def test_a_call_under_way_fails_when_its_runner_does(second, pair) -> None:
    there = pair["second"]
    told: list[wire.Answer] = []

    def call() -> None:
        told.append(wire.toolbox(there.id, "POST", "/process/execute", {"command": "touch /tmp/begun; sleep 60", "timeout": 100}))

    waiting = threading.Thread(target=call)
    waiting.start()
    eventually("it has begun", lambda: "begun" in there.process.exec("ls /tmp").result, 20)
    second.kill("server")
    waiting.join(30)
    assert told and told[0].status == 502
    assert "whether the call was carried out is not known" in told[0].message
    second.start_server()
    assert there.process.exec("echo again").result == "again\n"


def test_a_sandbox_on_it_stops_starts_and_goes(second, pair) -> None:
    there = pair["second"]
    there.stop()
    refused = wire.toolbox(there.id, "GET", "/version")
    assert refused.status == 409
    there.start()
    assert there.process.exec("echo again").result == "again\n"
    assert there.id in second.disks()


def test_a_control_plane_needs_no_runner_of_its_own(installation, second, pair, make) -> None:
    runners = {"SANDLOT_RUNNERS": f"second={second.environment['SANDLOT_RUNNER_KEY_FILE']}"}
    installation.with_settings(SANDLOT_ROLES="control-plane,proxy", **runners).restart_supervised("server")
    try:
        eventually("the second runner is ready", lambda: ready_runners() == 1, 60)
        made = make()
        assert made.id in second.disks()
        assert made.process.exec("echo there").result == "there\n"
        wire.remove(made.id)
        refused = wire.toolbox(pair["first"].id, "GET", "/version")
        assert (refused.status, "it has not said where" in refused.message) == (503, True)
    finally:
        installation.with_settings(**runners).restart_supervised("server")
    assert pair["first"].process.exec("echo here").result == "here\n"
