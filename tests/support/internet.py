"""An Internet in a network namespace: all that sandboxes send beyond the host arrives there, and nowhere else.

The sandboxes' range gets a routing table of its own that leads into the namespace, so no address of the real world
has to be taken, and the host's own traffic is left alone. Whatever address a packet asks for, the namespace has it:
public, private, metadata. A sniffer writes down every packet that came, which is what tests of reachability rely on.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from support.installation import Installation
from support.waiting import eventually, stands_still

# The link between the host and the namespace.
_HOST, _ROUTER = "198.51.100.97", "198.51.100.98"
# Two hosts of the public Internet, in different /28.
FIRST, SECOND = "203.0.113.21", "203.0.113.38"
_ANSWERED = ("203.0.113.0/24", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10")
WEB_PORT = 80
# Packets that were let through arrive within milliseconds; none for so long means that none comes.
QUIET_SECONDS = 1.0
_PRIORITY = "7714"
# Before it: what the host itself answers to sandboxes, from an address of their range, goes straight to them.
_PRIORITY_WITHIN = "7713"
_PROGRAM = Path(__file__).with_name("internet_program.py")


class Internet:
    """Opened once, closed after; the namespace and the interface carry the installation's instance in their names."""

    def __init__(self, installation: Installation) -> None:
        self._namespace = f"internet-{installation.instance}"
        self._interface = f"inet{installation.instance}"
        self._table = str(7700 + sum(installation.instance.encode()))
        self._range = str(installation.addresses)
        self._journal = installation.home / "logs" / "internet.log"
        self._process: subprocess.Popen[bytes] | None = None

    def open(self) -> None:
        """Makes the namespace, the route and the servers in it."""
        self.close()
        inside = ("-n", self._namespace)
        _ip("netns", "add", self._namespace)
        _ip("link", "add", self._interface, "type", "veth", "peer", "name", "eth0", "netns", self._namespace)
        _ip("addr", "add", f"{_HOST}/30", "dev", self._interface)
        _ip("link", "set", self._interface, "up")
        _ip(*inside, "addr", "add", f"{_ROUTER}/30", "dev", "eth0")
        for device in ("lo", "eth0"):
            _ip(*inside, "link", "set", device, "up")
        _ip(*inside, "route", "add", "default", "via", _HOST)
        for answered in _ANSWERED:
            _ip(*inside, "route", "add", "local", answered, "dev", "lo")
        _ip("route", "add", "default", "via", _ROUTER, "dev", self._interface, "table", self._table)
        _ip("rule", "add", "to", self._range, "lookup", "main", "priority", _PRIORITY_WITHIN)
        _ip("rule", "add", "from", self._range, "lookup", self._table, "priority", _PRIORITY)
        with open(self._journal, "wb") as journal:
            command = ["ip", "netns", "exec", self._namespace, sys.executable, str(_PROGRAM)]
            self._process = subprocess.Popen(command, stdout=journal, start_new_session=True)
        eventually("the Internet has started", self._journal.read_bytes)

    def close(self) -> None:
        """Removes all of it; nothing there is fine too."""
        if self._process:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        for words in (
            ("rule", "del", "to", self._range, "lookup", "main", "priority", _PRIORITY_WITHIN),
            ("rule", "del", "from", self._range, "lookup", self._table, "priority", _PRIORITY),
            ("route", "flush", "table", self._table),
            ("link", "del", self._interface),
            ("netns", "del", self._namespace),
        ):
            subprocess.run(["ip", *words], stderr=subprocess.DEVNULL, check=False, timeout=20)

    def packets(self) -> list[dict[str, str]]:
        """Every packet that came so far: `source`, `destination`, `protocol`, `payload` (Latin-1)."""
        return [json.loads(line) for line in self._journal.read_text().splitlines()[1:] if line.endswith("}")]

    def packets_with(self, marker: str) -> list[dict[str, str]]:
        """Those that carry the marker so far."""
        return [each for each in self.packets() if marker in each["payload"]]

    def all_packets_with(self, marker: str) -> list[dict[str, str]]:
        """Those that carry the marker, once no more of them come: late ones have had their time."""
        return stands_still(f"the packets with {marker}", lambda: self.packets_with(marker), QUIET_SECONDS)

    def all_packets_to(self, address: str) -> list[dict[str, str]]:
        """Those to this address, once no more of them come: late ones have had their time."""
        return stands_still(f"the packets to {address}", lambda: [p for p in self.packets() if p["destination"] == address], QUIET_SECONDS)


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False, timeout=20)
    assert done.returncode == 0, f"ip {' '.join(words)}: {done.stderr}"
