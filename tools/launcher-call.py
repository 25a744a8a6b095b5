#!/usr/bin/env python3
"""Asks the launcher for one operation and prints its answer: launcher-call.py SOCKET '{"op": "hello"}'."""

import json
import socket
import sys


def main() -> int:
    path, request = sys.argv[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(60)
        connection.connect(path)
        connection.sendall(json.dumps(json.loads(request)).encode() + b"\n")
        answer = connection.makefile().readline()
    print(answer.strip())
    return 0 if "ok" in json.loads(answer) else 1


if __name__ == "__main__":
    sys.exit(main())
