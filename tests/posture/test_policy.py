"""The network policy of a sandbox takes hold, over every change of its state, and nobody inside can lift it."""

import json

import pytest
from support import inside, unique, wire
from support.internet import FIRST, SECOND
from support.waiting import eventually


def reached(sandbox) -> set[str]:
    """Which of the two hosts of the Internet answer a program inside."""
    return inside.fetch(sandbox, FIRST, SECOND)


def change(sandbox, **settings) -> None:
    answer = wire.call("POST", f"/sandbox/{sandbox.id}/network-settings", settings)
    assert answer.status == 200, answer


@pytest.mark.parametrize(
    ("parameters", "wanted"),
    [
        ({}, {FIRST, SECOND}),
        ({"network_block_all": True}, set()),
        ({"network_allow_list": f"{FIRST}/32"}, {FIRST}),
        ({"network_allow_list": "203.0.113.16/28, 198.51.100.0/24"}, {FIRST}),
        ({"network_allow_list": "0.0.0.0/1,128.0.0.0/1"}, {FIRST, SECOND}),
        # Blocking wins.
        ({"network_block_all": True, "network_allow_list": f"{FIRST}/32"}, set()),
    ],
)
def test_holds_from_the_first_moment_and_again_after_a_start(make, internet, parameters, wanted) -> None:
    sandbox = make(**parameters)
    assert reached(sandbox) == wanted
    sandbox.stop()
    sandbox.start()
    assert reached(sandbox) == wanted
    wire.remove(sandbox.id)


def test_changes_while_it_runs(own_sandbox, internet) -> None:
    assert reached(own_sandbox) == {FIRST, SECOND}
    change(own_sandbox, networkBlockAll=True)
    assert reached(own_sandbox) == set()
    assert wire.sandbox(own_sandbox.id)["networkBlockAll"] is True
    change(own_sandbox, networkAllowList=f"{SECOND}/32")
    assert reached(own_sandbox) == {SECOND}
    change(own_sandbox, networkAllowList="")
    assert reached(own_sandbox) == {FIRST, SECOND}
    change(own_sandbox, networkBlockAll=True)
    own_sandbox.stop()
    own_sandbox.start()
    assert reached(own_sandbox) == set()
    change(own_sandbox, networkBlockAll=False)
    assert reached(own_sandbox) == {FIRST, SECOND}


def test_changed_while_stopped_it_holds_at_the_next_start(own_sandbox, internet) -> None:
    own_sandbox.stop()
    change(own_sandbox, networkBlockAll=True)
    own_sandbox.start()
    assert reached(own_sandbox) == set()


def test_an_open_connection_is_cut_too(own_sandbox, internet) -> None:
    marker = unique("stream")
    program = f"""
import socket, time
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.connect(("{FIRST}", 9000))
for number in range(400):
    try:
        sender.send(f"{marker} {{number}}".encode())
    except OSError:
        pass
    time.sleep(0.1)
"""
    own_sandbox.fs.upload_file(program.encode(), "/tmp/stream.py")
    own_sandbox.process.exec("nohup python3 /tmp/stream.py >/dev/null 2>&1 &")
    eventually("datagrams arrive", lambda: internet.packets_with(marker))
    change(own_sandbox, networkBlockAll=True)
    # Ten come a second, for 40 seconds, unless they are cut off; none for a second means that they are.
    internet.all_packets_with(marker)
    assert own_sandbox.process.exec("pgrep -f stream.p[y]").exit_code == 0, "the sender goes on"


def test_a_blocked_sandbox_is_still_worked_with(make, internet) -> None:
    sandbox = make(network_block_all=True)
    sandbox.fs.upload_file(b"content", "file")
    assert sandbox.fs.download_file("file") == b"content"
    assert inside.shell(sandbox, "echo works") == "works\n"
    wire.remove(sandbox.id)


def test_blocking_all_blocks_names_too(make, internet, installation) -> None:
    """A name server that answers is a way out."""
    resolver = installation.launcher({"op": "hello"})["ok"]["dns_address"]
    sandbox = make(network_block_all=True)
    assert inside.connects(sandbox, [(resolver, 53)]) == {(resolver, 53): False}
    assert sandbox.process.exec("getent ahostsv4 known.example.org", timeout=30).exit_code != 0
    # At once, and over UDP: programs would wait for a name server that is silent.
    assert inside.question(sandbox, resolver, "known.example.org") == ("REFUSED", [])
    wire.remove(sandbox.id)


def test_names_in_list_mode(make, internet, installation, name_server) -> None:
    """Only names that the list holds an address of are answered: others would be a way out past the list."""
    resolver = installation.launcher({"op": "hello"})["ok"]["dns_address"]
    sandbox = make(network_allow_list=f"{FIRST}/32")

    def holds() -> None:
        assert inside.question(sandbox, resolver, name_server.known) == ("NOERROR", [FIRST])
        asked = name_server.questions()
        assert inside.question(sandbox, resolver, name_server.elsewhere) == ("REFUSED", [])
        assert inside.question(sandbox, resolver, name_server.known, kind=16) == ("REFUSED", [])
        assert name_server.questions() == asked + 1

    holds()
    sandbox.stop()
    sandbox.start()
    holds()
    installation.stop_server()
    installation.start_server()
    holds()
    installation.kill("launcher")
    installation.start_launcher()
    holds()
    change(sandbox, networkAllowList="")
    assert inside.question(sandbox, resolver, name_server.elsewhere) == ("NOERROR", [SECOND])
    change(sandbox, networkBlockAll=True)
    assert inside.question(sandbox, resolver, name_server.known) == ("REFUSED", [])
    wire.remove(sandbox.id)


@pytest.mark.parametrize("parameters", [{"network_block_all": True}, {"network_allow_list": f"{FIRST}/32"}])
def test_holds_again_after_a_restart_of_server_and_launcher(make, internet, installation, parameters) -> None:
    sandbox = make(**parameters)
    wanted = reached(sandbox)
    assert SECOND not in wanted
    installation.stop_server()
    installation.start_server()
    assert reached(sandbox) == wanted
    installation.kill("launcher")
    assert reached(sandbox) == wanted
    installation.start_launcher()
    assert reached(sandbox) == wanted
    wire.remove(sandbox.id)


def test_our_tables_come_back_with_their_policies_when_they_are_removed(make, internet, installation, run_on_host) -> None:
    """As when the host's firewall is loaded anew; what is reached meanwhile is in the launcher's own tests."""
    sandbox = make(network_allow_list=f"{FIRST}/32")
    before = sorted(map(str, installation.policies()))
    for place in ([], installation.in_router):
        table = f"sandlot_{installation.instance}"
        run_on_host(*place, "nft", "delete", "table", "inet", table)
        eventually("the table is back", lambda p=place, t=table: f"inet {t}\n" in run_on_host(*p, "nft", "list", "tables"), 30)
        eventually("the policies are back", lambda: sorted(map(str, installation.policies())) == before, 30)
        assert reached(sandbox) == {FIRST}
    wire.remove(sandbox.id)


def test_no_private_name_is_asked_for_and_no_private_address_told(sandbox, installation, name_server) -> None:
    """The host's name server may know its network's own names, and a name of a stranger may lead there."""
    resolver = installation.launcher({"op": "hello"})["ok"]["dns_address"]
    for name in ("metadata.google.internal", "printer.local", "wiki.corp", "254.169.254.169.in-addr.arpa", "intranet"):
        asked = name_server.questions()
        assert inside.question(sandbox, resolver, name) == ("NXDOMAIN", []), name
        assert name_server.questions() == asked, name
    assert inside.question(sandbox, resolver, name_server.rebinding) == ("REFUSED", [])


def test_root_inside_cannot_lift_it(make, internet) -> None:
    sandbox = make(network_block_all=True)
    sandbox.process.exec(
        "sudo -n sh -c 'for t in iptables nft ip6tables; do $t -F; $t flush ruleset; done;"
        " ip link set eth0 down; ip link set eth0 up; ip route flush cache; ip route replace default dev eth0;"
        " sysctl -w net.ipv4.ip_forward=1' 2>&1",
        timeout=30,
    )
    assert reached(sandbox) == set()
    program = f"""
import json, urllib.request
def fetch(address):
    try:
        return urllib.request.urlopen(f"http://{{address}}/", timeout=3).status
    except OSError:
        return None
print(json.dumps([fetch("{FIRST}"), fetch("{SECOND}")]))
"""
    assert json.loads(inside.python(sandbox, program, root=True)) == [None, None]
    wire.remove(sandbox.id)


def test_one_sandboxes_policy_is_not_the_neighbours(make, internet) -> None:
    closed, open_one = make(network_block_all=True), make()
    assert (reached(closed), reached(open_one)) == (set(), {FIRST, SECOND})
    wire.remove(closed.id)
    # Whoever gets the network that the closed one had starts without its policy.
    others = [make() for _ in range(3)]
    assert [reached(each) for each in others] == [{FIRST, SECOND}] * 3
    for each in (open_one, *others):
        wire.remove(each.id)


def test_nothing_of_a_policy_stays_in_the_firewall(make, installation) -> None:
    before = sorted(map(str, installation.policies()))
    made = [make(network_block_all=True), make(network_allow_list=f"{FIRST}/32")]
    assert len(installation.policies()) == len(before) + 2
    for each in made:
        wire.remove(each.id)
    assert sorted(map(str, installation.policies())) == before
