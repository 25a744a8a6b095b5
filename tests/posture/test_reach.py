"""What a sandbox can reach: the Internet and the name server, and nothing of the host or of its neighbours."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from support import inside, unique, wire
from support.internet import FIRST, WEB_PORT

PRIVATE = [
    "10.99.0.7", "172.20.1.9", "192.168.77.3", "100.64.3.3", "169.254.169.254", "169.254.170.2", "127.0.0.2", "0.0.0.0",
    "198.18.0.5", "192.0.0.192", "224.0.0.251", "255.255.255.255", "240.0.0.1",
]  # fmt: skip

# Sends frames on the sandbox's own interface from the host's side of it: what a sandbox could send if it had broken
# its kernel. Arguments: interface, marker, then sources; an IPv6 source makes an IPv6 packet.
FORGE = """
import fcntl, ipaddress, json, socket, struct, sys
interface, mac, target, target6, marker, *sources = sys.argv[1:]

def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF

sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sender.bind((interface, 0))
own = sender.getsockname()[4]
for source in map(ipaddress.ip_address, sources):
    payload = f"{marker} {source}".encode()
    udp = struct.pack("!HHHH", 4000, 9000, 8 + len(payload), 0) + payload
    if source.version == 4:
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, source.packed, ipaddress.ip_address(target).packed)
        head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
        kind = 0x0800
    else:
        head = struct.pack("!IHBB16s16s", 6 << 28, len(udp), 17, 64, source.packed, ipaddress.ip_address(target6).packed)
        kind = 0x86DD
    sender.send(bytes.fromhex(mac.replace(":", "")) + own + struct.pack("!H", kind) + head + udp)
"""


@contextmanager
def listener() -> Iterator[tuple[int, list[str]]]:
    """A TCP server at every address of the host, and who connected to it."""
    callers: list[str] = []
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as server:

        def accept() -> None:
            while True:
                try:
                    connection, address = server.accept()
                except OSError:
                    return
                callers.append(address[0])
                connection.close()

        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1], callers
        server.shutdown(socket.SHUT_RDWR)


def host_addresses(run_on_host) -> list[str]:
    """Every address that this machine has, those of its side of sandboxes' networks too."""
    links = json.loads(run_on_host("ip", "-json", "address"))
    return sorted({each["local"] for link in links for each in link["addr_info"]})


def test_reaches_the_internet(sandbox, internet) -> None:
    assert inside.fetch(sandbox, FIRST) == {FIRST}


def test_no_port_of_the_host_is_reached_but_the_name_server(sandbox, internet, installation, run_on_host) -> None:
    hello = installation.launcher({"op": "hello"})["ok"]
    gateway = inside.shell(sandbox, "ip route show default").split()[2]
    ports = [int(os.environ[f"SANDLOT_{name}_PORT"]) for name in ("API", "PROXY", "RUNNER") if f"SANDLOT_{name}_PORT" in os.environ]
    with listener() as (port, callers):
        with socket.create_connection(("127.0.0.1", port)):
            pass
        addresses = {*host_addresses(run_on_host), gateway, hello["dns_address"]} - {"127.0.0.1", "::1"}
        addresses = {each for each in addresses if not each.startswith("fe80")}
        targets = [(address, each) for address in addresses for each in (port, hello["dns_port"], 22, 53, *ports)]
        reached = inside.connects(sandbox, targets)
        assert [target for target, is_open in reached.items() if is_open] in ([], [(hello["dns_address"], 53)])
        assert [each for each in callers if "127.0.0.1" not in each] == []


@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_no_private_address_is_reached_through_the_host(sandbox, internet, protocol: str) -> None:
    marker = unique("probe")
    targets = [(address, WEB_PORT) for address in [*PRIVATE, FIRST]]
    if protocol == "tcp":
        reached = inside.connects(sandbox, targets)
        assert [host for (host, _), is_open in reached.items() if is_open] == [FIRST]
        seen = {each["destination"] for each in internet.packets()}
        assert FIRST in seen
        assert not seen & set(PRIVATE)
    else:
        inside.send_datagrams(sandbox, targets, marker)
        assert {each["destination"] for each in internet.all_packets_with(marker)} == {FIRST}


def test_the_metadata_address_is_closed_to_root_too(sandbox, internet) -> None:
    assert inside.connects(sandbox, [("169.254.169.254", 80)], root=True) == {("169.254.169.254", 80): False}
    assert internet.all_packets_to("169.254.169.254") == []


def test_a_neighbour_is_not_reached(sandbox, own_sandbox, installation) -> None:
    own_sandbox.process.exec("nohup python3 -m http.server 8000 --bind 0.0.0.0 >/dev/null 2>&1 &")
    address = installation.disks()[own_sandbox.id]["address"]
    inside.shell(own_sandbox, f"curl --silent --retry 20 --retry-connrefused --retry-delay 1 http://{address}:8000/ >/dev/null")
    assert inside.connects(sandbox, [(address, 8000)]) == {(address, 8000): False}
    assert sandbox.process.exec(f"ping -c 1 -W 2 {address}").exit_code != 0


def test_ipv6_goes_nowhere(sandbox, internet, run_on_host) -> None:
    own = inside.shell(sandbox, "cat /proc/net/if_inet6 2>/dev/null; true")
    assert [line for line in own.splitlines() if not line.endswith(" lo")] == []
    with listener() as (port, callers):
        six = [address for address in host_addresses(run_on_host) if ":" in address and address != "::1"]
        targets = [(address, port) for address in [*six, "2001:db8::1", "64:ff9b::c633:6461", "::ffff:10.99.0.7"]]
        assert not any(inside.connects(sandbox, targets).values())
        assert callers == []


def test_a_refused_connection_is_told_so_at_once(sandbox, internet, installation) -> None:
    """And not by silence, after which a program waits until it gives up."""
    gateway = inside.shell(sandbox, "ip route show default").split()[2]
    targets = [("10.99.0.7", 80), ("169.254.169.254", 80), (gateway, 22), (str(installation.addresses[1]), 80)]
    assert inside.connect_results(sandbox, targets) == dict.fromkeys(targets, "ECONNREFUSED")


def test_root_cannot_take_another_address_or_send_raw_packets(sandbox, internet) -> None:
    marker = unique("forged")
    program = f"""
import socket, subprocess
def attempt(what):
    try:
        what()
    except OSError as error:
        print(error)
def bind(address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind((address, 0))
        sender.sendto(b"{marker}", ("{FIRST}", 9000))
subprocess.run("ip address add 203.0.113.99/32 dev eth0; ip address add 10.214.0.2/32 dev eth0", shell=True)
attempt(lambda: bind("203.0.113.99"))
attempt(lambda: bind("10.214.0.2"))
for family, kind, protocol in ((socket.AF_INET, socket.SOCK_RAW, 255), (socket.AF_PACKET, socket.SOCK_RAW, 0x0300)):
    def raw():
        with socket.socket(family, kind, protocol) as sender:
            head = bytes([0x45, 0, 0, 60, 0, 1, 0, 0, 64, 17, 0, 0, 203, 0, 113, 99]) + socket.inet_aton("{FIRST}")
            sender.sendto(head + b"{marker}".ljust(40), ("{FIRST}", 0) if family == socket.AF_INET else ("eth0", 0x0800))
    attempt(raw)
attempt(lambda: bind("0.0.0.0"))
"""
    inside.python(sandbox, program, root=True)
    arrived = internet.all_packets_with(marker)
    # Only the honest one, under the host's address.
    assert [each["source"] for each in arrived] == ["198.51.100.97"]


def test_forged_source_addresses_are_dropped_by_the_host(sandbox, internet, installation, run_on_host) -> None:
    """As if the sandbox had broken its kernel: from within its network namespace, without gVisor."""
    address = installation.disks()[sandbox.id]["address"]
    gateway = inside.shell(sandbox, "ip route show default").split()[2]
    links = json.loads(run_on_host(*installation.in_router, "ip", "-json", "address"))
    link = next(each for each in links if gateway in [info["local"] for info in each["addr_info"]])
    slot = link["ifname"].removeprefix(f"sl{installation.instance}-")
    enter = ["nsenter", f"--net=/run/sandlot-{installation.instance}/net/{slot}"]
    inner = json.loads(run_on_host(*enter, "ip", "-json", "link"))
    interface = next(each["ifname"] for each in inner if each["ifname"] != "lo")
    marker = unique("broken")
    forged = ["203.0.113.99", "10.99.0.7", "127.0.0.1", str(installation.addresses[2000]), "2001:db8::7", "fe80::7"]
    command = [sys.executable, "-c", FORGE, interface, link["address"], FIRST, "2001:db8::1", marker, *forged, address]
    subprocess.run([*enter, *command], check=True, timeout=20)
    arrived = [each["payload"].partition(marker)[2].strip() for each in internet.all_packets_with(marker)]
    assert arrived == [address]


def test_names_are_resolved(sandbox, name_server) -> None:
    known, address = name_server.known, FIRST
    assert address in inside.shell(sandbox, f"getent ahostsv4 {known}", timeout=20)
    absent = sandbox.process.exec("getent hosts no-such-name.invalid", timeout=20)
    assert (absent.exit_code, absent.result) == (2, "")


def test_names_are_resolved_without_the_internet_too(make, name_server) -> None:
    """A closed list of addresses is of no use if their names cannot be asked for."""
    known, address = name_server.known, FIRST
    limited = make(network_allow_list=f"{FIRST}/32")
    assert address in inside.shell(limited, f"getent ahostsv4 {known}", timeout=20)
    wire.remove(limited.id)


def test_no_other_name_server_is_reached_through_the_host(sandbox, internet, name_server) -> None:
    marker = unique("dns").replace("-", "")
    inside.send_datagrams(sandbox, [("10.255.255.53", 53), ("192.168.77.3", 53), (FIRST, 53)], marker)
    assert {each["destination"] for each in internet.all_packets_with(marker)} == {FIRST}
