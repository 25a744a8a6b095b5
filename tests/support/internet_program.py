"""Runs inside the namespace: a web server at every address, and a journal of every packet on standard output."""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ALL_PROTOCOLS = 0x0003
IPV6 = 0x86DD
IPV4 = 0x0800
PAYLOAD_MAX = 400


class Web(BaseHTTPRequestHandler):
    """Says which address was asked, and who asked it."""

    def do_GET(self) -> None:
        said = f"internet {self.connection.getsockname()[0]} asked by {self.client_address[0]}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        """The journal is for packets."""


def write_journal() -> None:
    """One line of JSON for each packet that comes in, after a first line that says it has begun."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ALL_PROTOCOLS)) as sniffer:
        sniffer.bind(("eth0", ALL_PROTOCOLS))
        print("begun", flush=True)
        while True:
            packet, about = sniffer.recvfrom(65535)
            if about[2] != socket.PACKET_OUTGOING and about[1] in (IPV4, IPV6):
                print(json.dumps(describe(packet, about[1])), flush=True)


def describe(packet: bytes, kind: int) -> dict[str, str]:
    family, start, end, length = (socket.AF_INET, 12, 16, 4) if kind == IPV4 else (socket.AF_INET6, 8, 24, 16)
    return {
        "source": socket.inet_ntop(family, packet[start : start + length]),
        "destination": socket.inet_ntop(family, packet[end : end + length]),
        "protocol": str(packet[9] if kind == IPV4 else packet[6]),
        "payload": packet[20:][:PAYLOAD_MAX].decode("latin-1"),
    }


if __name__ == "__main__":
    threading.Thread(target=ThreadingHTTPServer(("0.0.0.0", 80), Web).serve_forever, daemon=True).start()
    write_journal()
