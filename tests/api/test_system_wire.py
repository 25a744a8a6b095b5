"""What a sandbox tells about itself and lets be set, as requests on the wire."""

import pytest
from support import inside, wire
from test_toolbox_refusals import assert_refused

_SERVERS = """
import socket, threading, time

def serve(server):
    while True:
        client, _ = server.accept()
        client.recv(4096)
        client.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 4\\r\\nConnection: close\\r\\n\\r\\nhere")
        client.close()

four = socket.create_server(("127.0.0.1", 3101))
six = socket.create_server(("::", 3102), family=socket.AF_INET6, dualstack_ipv6=True)
for server in (four, six):
    threading.Thread(target=serve, args=(server,), daemon=True).start()
time.sleep(600)
"""


@pytest.fixture(scope="module")
def listening(sandbox):
    """A sandbox with a server on localhost, and one on any address of IPv6, which is off but for its sockets."""
    sandbox.fs.upload_file(_SERVERS.encode(), "servers.py")
    inside.shell(sandbox, "nohup python3 servers.py > servers.log 2>&1 &")
    for port in (3101, 3102):
        answer = wire.toolbox(sandbox.id, "GET", f"/port/{port}/in-use?wait=30")
        assert (answer.status, answer.json()) == (200, {"isInUse": True}), inside.shell(sandbox, "cat servers.log")
    return sandbox


def test_ports_of_both_families_are_listed(listening) -> None:
    ports = wire.toolbox(listening.id, "GET", "/port").json()["ports"]
    assert {3101, 3102} <= set(ports)
    assert wire.toolbox(listening.id, "GET", "/port/3103/in-use").json() == {"isInUse": False}
    assert wire.toolbox(listening.id, "GET", "/port/3103/in-use?wait=1").json() == {"isInUse": False}


@pytest.mark.parametrize("target", ["/port/22/in-use", "/port/10000/in-use", "/port/03101/in-use", "/port/x/in-use",
                                    "/port/3101/in-use?wait=-1", "/port/3101/in-use?wait=301", "/port/3101/in-use?wait=1e2"])  # fmt: skip
def test_ports_and_times_that_are_none(sandbox, target: str) -> None:
    assert_refused(wire.toolbox(sandbox.id, "GET", target), 400, "wait" if "wait" in target else "port")


@pytest.mark.parametrize("port", [3101, 3102])
def test_a_server_is_reached_below_proxy(listening, port: int) -> None:
    for path in ("", "/", "/a%2Fb?x=%20&y"):
        answer = wire.toolbox(listening.id, "GET", f"/proxy/{port}{path}")
        assert (answer.status, answer.body) == (200, b"here"), answer
    assert wire.toolbox(listening.id, "GET", f"/proxy/{port}/", headers={}).status == 401


@pytest.mark.parametrize(("port", "status"), [("0", 400), ("65536", 400), ("03101", 400), ("+3101", 400), ("x", 400), ("3999", 502)])
def test_ports_below_proxy_that_lead_nowhere(sandbox, port: str, status: int) -> None:
    answer = wire.toolbox(sandbox.id, "GET", f"/proxy/{port}/")
    assert answer.status == status, answer
    assert answer.message


@pytest.mark.parametrize("body", [b"{", {"set": []}, {"set": {"A-B": "x"}}, {"set": {"A": 1}}, {"unset": "A"}, {"unset": [1]},
                                  {"unset": ["A-B"]}, {"unsetValuePrefix": 1}, {"set": {"A": "x" * 200_000}}], ids=range(9))  # fmt: skip
def test_variables_that_are_none(sandbox, body: object) -> None:
    assert_refused(wire.toolbox(sandbox.id, "POST", "/env", body), 400)


def test_a_changed_environment_is_that_of_later_processes(sandbox) -> None:
    before = wire.toolbox(sandbox.id, "POST", "/env", {}).json()
    assert before["HOME"] == "/home/daytona"
    wire.toolbox(sandbox.id, "POST", "/env", {"set": {"FIRST": "token:1", "SECOND": "two"}})
    after = wire.toolbox(sandbox.id, "POST", "/env", {"unsetValuePrefix": "token:", "unset": ["SECOND"], "set": {"THIRD": "token:3"}})
    assert after.json() == before | {"THIRD": "token:3"}
    assert inside.shell(sandbox, "echo $FIRST$SECOND$THIRD") == "token:3\n"


def test_metrics_are_the_sandboxes_own(sandbox) -> None:
    metrics = wire.toolbox(sandbox.id, "GET", "/system/metrics").json()
    assert metrics["diskTotal"] == sandbox.disk << 30 and metrics["memTotal"] == sandbox.memory << 30
    assert metrics["cpuCount"] == sandbox.cpu and 0 <= metrics["cpuUsedPct"] <= 100
    assert 0 < metrics["memUsed"] <= metrics["memTotal"] and metrics["diskFree"] == metrics["diskTotal"] - metrics["diskUsed"]
    for target in ("/version", "/work-dir", "/user-home-dir", "/project-dir"):
        assert all(wire.toolbox(sandbox.id, "GET", target).json().values()), target
