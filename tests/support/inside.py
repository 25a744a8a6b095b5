"""Programs that run inside a sandbox."""

import json
import uuid
from typing import Any

from daytona import Sandbox

_PROBE = """
import concurrent.futures, json, socket, sys

def probe(target):
    host, port = target.rsplit("|", 1)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as connection:
            connection.settimeout(2)
            connection.connect((host, int(port)))
            return "open"
    except OSError as error:
        return type(error).__name__ + " " + str(error)

targets = json.loads(sys.argv[1])
with concurrent.futures.ThreadPoolExecutor(32) as pool:
    print(json.dumps(dict(zip(targets, pool.map(probe, targets)))))
"""

_SEND = """
import json, socket, sys
for target in json.loads(sys.argv[1]):
    host, port = target.rsplit("|", 1)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as sender:
            sender.sendto(sys.argv[2].encode(), (host, int(port)))
    except OSError:
        pass
"""


def shell(sandbox: Sandbox, command: str, timeout: int = 60) -> str:
    """What a command prints; it must succeed."""
    answer = sandbox.process.exec(command, timeout=timeout)
    assert answer.exit_code == 0, f"{command}: {answer.exit_code}: {answer.result}"
    return answer.result


def python(sandbox: Sandbox, program: str, *arguments: str, root: bool = False, timeout: int = 60) -> str:
    """What a Python program prints that gets these arguments; it must succeed."""
    path = f"/tmp/{uuid.uuid4().hex}.py"
    sandbox.fs.upload_file(program.encode(), path)
    quoted = " ".join("'" + each.replace("'", "'\\''") + "'" for each in arguments)
    return shell(sandbox, f"{'sudo -n ' if root else ''}python3 {path} {quoted}", timeout)


def connects(sandbox: Sandbox, targets: list[tuple[str, int]], root: bool = False) -> dict[tuple[str, int], bool]:
    """Which of these hosts and TCP ports a program inside can connect to."""
    names = {f"{host}|{port}": (host, port) for host, port in targets}
    answers: dict[str, Any] = json.loads(python(sandbox, _PROBE, json.dumps(list(names)), root=root))
    return {names[name]: answer == "open" for name, answer in answers.items()}


def send_datagrams(sandbox: Sandbox, targets: list[tuple[str, int]], marker: str) -> None:
    """Sends a UDP datagram with the marker to each of them, as far as the sandbox's kernel does."""
    python(sandbox, _SEND, json.dumps([f"{host}|{port}" for host, port in targets]), marker)


def fetch(sandbox: Sandbox, address: str) -> bool:
    """Whether a program inside gets an answer from a web server of the Internet."""
    command = f"curl --silent --max-time 3 http://{address}/"
    return sandbox.process.exec(command).result.startswith(f"internet {address} ")
