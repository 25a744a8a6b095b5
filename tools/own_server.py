#!/usr/bin/env python3
"""Calls this installation's own server, and makes sure that it is the one: whoever else holds its port is sent no key.

own_server.py HOME API, with the key on standard input: whether the server says that it is ready. As a module it is what first-run.py calls through.
"""

import http.client
import ipaddress
import os
import socket
import ssl
import sys
import time
import urllib.parse
from pathlib import Path

ESTABLISHED = "01"
ACCEPT_SECONDS = 5.0


class Stranger(OSError):
    """Somebody else answers."""


def endpoint(text: str) -> tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, int]:
    """An address and port as /proc/net/tcp writes them: each four bytes of the address in the machine's order."""
    address, port = text.split(":")
    words = [bytes.fromhex(address[start : start + 8])[::-1] for start in range(0, len(address), 8)]
    return plain(ipaddress.ip_address(b"".join(words))), int(port, 16)


def plain(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """An IPv4 address as such, also where it was written as one of IPv6."""
    return getattr(address, "ipv4_mapped", None) or address


def socket_of_peer(connection: socket.socket) -> str:
    """The number of the socket at the other end of a connection on this machine; "0" until somebody has accepted it."""
    ours, theirs = ((plain(ipaddress.ip_address(name[0].split("%")[0])), name[1]) for name in (connection.getsockname(), connection.getpeername()))
    for table in ("tcp", "tcp6"):
        try:
            lines = Path("/proc/net", table).read_text().splitlines()[1:]
        except OSError:
            continue
        for words in map(str.split, lines):
            if words[3] == ESTABLISHED and endpoint(words[1]) == theirs and endpoint(words[2]) == ours:
                return words[9]
    return "0"


def holds(process: int, number: str) -> bool:
    """Whether a process has this socket open."""
    try:
        names = os.listdir(f"/proc/{process}/fd")
    except OSError:
        return False
    for name in names:
        try:
            if os.readlink(f"/proc/{process}/fd/{name}") == f"socket:[{number}]":
                return True
        except OSError:
            continue  # closed meanwhile
    return False


def refuse_stranger(connection: socket.socket, process: int) -> None:
    """Ends with an error unless the other end of the connection is the process's."""
    deadline = time.monotonic() + ACCEPT_SECONDS
    while (number := socket_of_peer(connection)) == "0":
        if time.monotonic() > deadline:
            raise Stranger("Nobody accepts the connection.")
        time.sleep(0.001)
    if not holds(process, number):
        raise Stranger(f"Port {connection.getpeername()[1]} is held by another program than this installation's server.")


class Connection(http.client.HTTPConnection):
    """To the server, over TLS where the address says so. The certificate names another host, and the way is short."""

    def __init__(self, url: str, process: int, timeout: float) -> None:
        parts = urllib.parse.urlsplit(url)
        super().__init__(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80), timeout=timeout)
        self._tls = ssl._create_unverified_context() if parts.scheme == "https" else None
        self._process = process

    def connect(self) -> None:
        super().connect()
        refuse_stranger(self.sock, self._process)
        if self._tls:
            self.sock = self._tls.wrap_socket(self.sock)


def process_of(home: Path) -> int:
    """The server's process, as its supervisor wrote it down; root alone can write there. A later one with its number is not it."""
    process, began = (home / "run/server.pid").read_text().split()
    if Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19] != began:
        raise Stranger("The server does not run.")
    return int(process)


def main() -> int:
    home, api = Path(sys.argv[1]), sys.argv[2]
    try:
        connection = Connection(api, process_of(home), 5)
        key = sys.stdin.read().strip()
        connection.request("GET", urllib.parse.urlsplit(api).path + "/health/ready", headers={"Authorization": f"Bearer {key}"})
        return 0 if connection.getresponse().status == 200 else 1
    except (OSError, ValueError, http.client.HTTPException) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
