"""A name server of the tests' own, that the server under test asks for sandboxes."""

import os
import socket
import threading

from support.internet import FIRST, SECOND

# Its names, and the address of each; below .invalid it knows none, and every other name leads to FIRST.
_ADDRESSES = {"elsewhere.example.org": SECOND, "rebinding.example.org": "10.99.0.7"}


class NameServer:
    """Listens where `SANDLOT_DNS_UPSTREAM` says."""

    known, elsewhere, rebinding = "known.example.org", "elsewhere.example.org", "rebinding.example.org"

    def __init__(self) -> None:
        host, _, port = os.environ["SANDLOT_DNS_UPSTREAM"].partition(":")
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, int(port or 53)))
        self._questions = 0
        threading.Thread(target=self._answer, daemon=True).start()

    def questions(self) -> int:
        """How many it was asked."""
        return self._questions

    def close(self) -> None:
        self._socket.close()

    def _answer(self) -> None:
        while True:
            try:
                question, client = self._socket.recvfrom(4096)
            except OSError:
                return
            self._questions += 1
            self._socket.sendto(answer(question), client)


def answer(question: bytes) -> bytes:
    """Addresses (type A) only; other types have no records."""
    end = question.index(b"\0", 12) + 5
    name, kind = question[12 : end - 4], question[end - 4 : end - 2]
    absent, address = name.endswith(b"\x07invalid\0"), kind == b"\0\1"
    flags = b"\x81\x83" if absent else b"\x81\x80"
    host = _ADDRESSES.get(spelt(name), FIRST)
    answers = b"\xc0\x0c\0\1\0\1\0\0\0\x05\0\4" + socket.inet_aton(host) if address and not absent else b""
    count = b"\0\1" if answers else b"\0\0"
    return question[:2] + flags + b"\0\1" + count + b"\0\0\0\0" + question[12:end] + answers


def spelt(name: bytes) -> str:
    """A name of the wire with dots."""
    labels = []
    while name[0]:
        labels.append(name[1 : 1 + name[0]].decode("latin-1"))
        name = name[1 + name[0] :]
    return ".".join(labels)
