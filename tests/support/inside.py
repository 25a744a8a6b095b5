"""Programs that run inside a sandbox."""

import json
import uuid
from typing import Any

from daytona import ExecuteResponse, Sandbox

_PROBE = """
import errno, json, selectors, socket, sys, time

SECONDS = 2
targets = json.loads(sys.argv[1])
answers, open_sockets, waiting = {}, [], selectors.DefaultSelector()
for target in targets:
    host, port = target.rsplit("|", 1)
    connection = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    connection.setblocking(False)
    open_sockets.append(connection)
    try:
        code = connection.connect_ex((host, int(port)))
    except OSError as error:
        code = error.errno
    answers[target] = "open" if code == 0 else errno.errorcode.get(code, str(code))
    if code == errno.EINPROGRESS:
        waiting.register(connection, selectors.EVENT_WRITE, target)
end = time.monotonic() + SECONDS
while waiting.get_map() and (left := end - time.monotonic()) > 0:
    for key, _ in waiting.select(left):
        code = key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        answers[key.data] = "open" if code == 0 else errno.errorcode.get(code, str(code))
        waiting.unregister(key.fileobj)
print(json.dumps(answers))
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
    return {target: answer == "open" for target, answer in connect_results(sandbox, targets, root).items()}


def connect_results(sandbox: Sandbox, targets: list[tuple[str, int]], root: bool = False) -> dict[tuple[str, int], str]:
    """What a program inside is told when it connects to these: `open`, or an error's name; EINPROGRESS for silence."""
    names = {f"{host}|{port}": (host, port) for host, port in targets}
    answers: dict[str, Any] = json.loads(python(sandbox, _PROBE, json.dumps(list(names)), root=root))
    return {names[name]: answer for name, answer in answers.items()}


_QUESTION = """
import json, socket, struct, sys
server, name, kind = sys.argv[1:]
question = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\\0" + struct.pack("!HH", int(kind), 1)
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
    asker.settimeout(8)
    asker.connect((server, 53))
    asker.send(struct.pack("!HHHHHH", 7, 0x0100, 1, 0, 0, 0) + question)
    answer = asker.recv(4096)
codes = {0: "NOERROR", 2: "SERVFAIL", 3: "NXDOMAIN", 5: "REFUSED"}
addresses, rest = [], answer[12 + len(question):]
for _ in range(struct.unpack("!H", answer[6:8])[0]):
    end = 2 if rest[0] >= 192 else rest.index(0) + 1
    kind, _, _, length = struct.unpack("!HHIH", rest[end:end + 10])
    if kind == 1:
        addresses.append(socket.inet_ntoa(rest[end + 10:end + 14]))
    rest = rest[end + 10 + length:]
print(json.dumps([codes[answer[3] & 15], addresses]))
"""


def question(sandbox: Sandbox, server: str, name: str, kind: int = 1) -> tuple[str, list[str]]:
    """What a name server answers a program inside: the code, and the addresses."""
    code, addresses = json.loads(python(sandbox, _QUESTION, server, name, str(kind)))
    return code, addresses


def send_datagrams(sandbox: Sandbox, targets: list[tuple[str, int]], marker: str) -> None:
    """Sends a UDP datagram with the marker to each of them, as far as the sandbox's kernel does."""
    python(sandbox, _SEND, json.dumps([f"{host}|{port}" for host, port in targets]), marker)


def fetch(sandbox: Sandbox, *addresses: str) -> set[str]:
    """Those of these web servers of the Internet that answer a program inside; all are asked at the same time."""
    command = "; ".join(f"curl --silent --max-time 3 http://{address}/ &" for address in addresses).replace("&;", "&") + " wait"
    said = sandbox.process.exec(command).result
    return {address for address in addresses if f"internet {address} " in said}


def fill_disk(sandbox: Sandbox, file: str) -> ExecuteResponse:
    """Leaves no room on the sandbox's disk: reserves most of it, and writes until that is refused. Gives how it was."""
    most = (sandbox.disk << 30) - (48 << 20)
    shell(sandbox, f"fallocate --length {most} {file}")
    return sandbox.process.exec(f"head -c 1G /dev/zero >> {file}", timeout=100)
