"""The installation under test as its operator sees it: its folder, its processes, and what it has on the machine."""

import ipaddress
import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from support import wire
from support.waiting import eventually

REPOSITORY = Path(__file__).resolve().parents[2]
_LIBRARIES = "source tools/versions.sh; for l in common toolchains engine programs instance; do source tools/lib/$l.sh; done"


class Installation:
    """Told by the environment, as for `./dev`. Only tests that run alone may stop or kill parts of it."""

    def __init__(self, environment: Mapping[str, str] = os.environ, logs: Path | None = None) -> None:
        self.environment = environment
        self.home = Path(environment["SANDLOT_HOME"])
        self.instance = environment["SANDLOT_INSTANCE"]
        self.api_port = int(environment["SANDLOT_API_PORT"])
        self.proxy_port = int(environment["SANDLOT_PROXY_PORT"])
        self.addresses = ipaddress.ip_network(environment["SANDLOT_ADDRESS_POOL"])
        self._log = (logs or self.home / "logs") / "tests.log"

    def beside(self, name: str, **settings: str) -> "Installation":
        """Another one on this machine: its own home, instance and settings, the rest as here."""
        home = {"SANDLOT_HOME": f"{self.home}-{name}", "SANDLOT_INSTANCE": self.instance + name}
        return Installation({**self.environment, **home, **settings}, self.home / "logs")

    def with_settings(self, **settings: str) -> "Installation":
        """The same one, started with other settings."""
        return Installation({**self.environment, **settings})

    # Processes.

    def process(self, name: str) -> int:
        """The number of the launcher's or the server's process."""
        return int((self.home / "run" / f"{name}.pid").read_text().split()[0])

    def supervisor(self, name: str) -> int:
        """The number of the process that starts it again; 0 for none. A later process with that number is not it."""
        file = self.home / "run" / f"{name}.supervisor.pid"
        process, began = file.read_text().split() if file.exists() else ("0", "")
        return int(process) if alive(int(process)) and stat(int(process))[19] == began else 0

    def kill(self, name: str) -> None:
        """Ends it at once, as when the machine fails, and with it who would start it again."""
        supervisor = self.supervisor(name)
        if supervisor:
            kill([supervisor])
        kill([self.process(name)])

    def alive(self, name: str) -> bool:
        """Whether the process that was started last runs."""
        return alive(self.process(name))

    def start_launcher(self, failpoint: str | None = None) -> None:
        """Starts it; at the failpoint it will end as if killed, and nobody starts it again."""
        # Failpoints are allowed by the configuration and named by the environment.
        names = "true" if failpoint is None else f"{failpoint}=abort"
        self._shell(
            "programs=$(native_programs); SANDLOT_FAILPOINTS=true write_launcher_config $programs;"
            f"START_ONCE={'' if failpoint is None else 'yes'} start launcher PATH=$PATH SANDLOT_FAILPOINTS={names} --"
            " $programs/sandlot-launcher serve --config $LAUNCHER_CONFIG"
        )
        eventually("the launcher answers", lambda: "ok" in self.launcher({"op": "hello"}), 30)

    def start_server(self) -> None:
        """Starts it and waits until it is ready."""
        self._shell("start_server")

    def start_supervised(self, name: str) -> None:
        """Starts it as ./dev up does; what runs already is taken over by a new supervisor."""
        self._shell(f"start_{name}")

    def restart_supervised(self, name: str) -> None:
        """In order, so that nothing of an earlier test is counted."""
        self._shell(f"stop {name} 30; start_{name}")

    def stop_server(self) -> None:
        """Stops it in order."""
        self._shell("stop server 30")

    def make(self) -> None:
        """Makes its folders, as ./dev up does."""
        self._shell("make_home")

    def remove(self) -> None:
        """Ends all that runs for it and removes its data; fails when something is left."""
        self._shell('remove_home; left=$(leftovers); [[ -z $left ]] || fail "$left"')

    def _shell(self, commands: str) -> None:
        environment = {name: value for name, value in self.environment.items() if name != "SANDLOT_LOCK"}
        with open(self._log, "a+") as log:
            # No pipes: what is started would keep them open.
            done = subprocess.run(
                ["bash", "-euc", f"{_LIBRARIES}; {commands}"],
                cwd=REPOSITORY, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=120, check=False,
            )
            if done.returncode:
                log.seek(0)
                raise AssertionError(f"{commands}\n{log.read()[-3000:]}")

    @property
    def in_router(self) -> list[str]:
        """What a command begins with that runs in the network namespace between sandboxes and host."""
        return ["nsenter", f"--net=/run/sandlot-{self.instance}/net/router"]

    # The launcher.

    def launcher(self, request: dict[str, Any]) -> dict[str, Any]:
        """The launcher's answer to one request."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(60)
            connection.connect(str(self.home / "run/launcher.sock"))
            connection.sendall(json.dumps(request).encode() + b"\n")
            with connection.makefile() as answers:
                return json.loads(answers.readline() or "{}")

    def disks(self) -> dict[str, dict[str, Any]]:
        """What the launcher knows, by sandbox id."""
        return {each["id"]: each for each in self.launcher({"op": "list_sandboxes"})["ok"]["sandboxes"]}

    # One sandbox on the machine.

    def engine(self, sandbox_id: str) -> list[int]:
        """The processes in the sandbox's cgroup: its kernel and what serves it."""
        lists = Path("/sys/fs/cgroup").glob(f"**/sandlot-{self.instance}/{sandbox_id}/cgroup.procs")
        return sorted({int(line) for each in lists for line in each.read_text().split()})

    def shims(self, sandbox_id: str) -> list[int]:
        """The shim of a sandbox: the launcher's program under the arguments `shim <instance> <id>`."""
        wanted = ["shim", self.instance, sandbox_id]
        return [pid for pid, arguments in processes() if arguments[-3:] == wanted]

    def traces(self, sandbox_id: str) -> list[str]:
        """Everything of a sandbox that is on the machine. Nothing of a deleted one may be."""
        found = [f"process {pid}: {' '.join(words)[:120]}" for pid, words in processes() if sandbox_id in " ".join(words)]
        found += [f"process {pid} in its cgroup" for pid in self.engine(sandbox_id)]
        mounts = Path("/proc/self/mounts").read_text().splitlines()
        found += [f"mount {line.split()[1]}" for line in mounts if sandbox_id in line]
        found += [f"cgroup {path}" for path in Path("/sys/fs/cgroup").glob(f"**/{sandbox_id}")]
        found += [f"folder {path}" for path in self.home.glob("run/sandboxes/*") if path.name == sandbox_id]
        found += [f"disk {path}" for path in self.home.glob("pool/disks/*") if path.name == sandbox_id]
        return found

    def leaks(self) -> list[str]:
        """What belongs to sandboxes that the API does not know (any more)."""
        known = wire.sandboxes()
        marked: set[str] = set(self.disks())
        marked |= {words[-1] for _, words in processes() if words[-3:-1] == ["shim", self.instance]}
        marked |= {path.name for path in self.home.glob("run/sandboxes/*")}
        marked |= {path.parent.name for path in Path("/sys/fs/cgroup").glob(f"**/sandlot-{self.instance}/*/cgroup.procs")}
        marked.discard("shims")
        return [f"{each}: {self.traces(each)}" for each in sorted(marked) if each not in known]

    def holdings(self) -> dict[str, int]:
        """How much of each kind the installation has on the machine: the same whenever it has the same sandboxes."""
        instance, home = f"sandlot-{self.instance}", str(self.home)
        mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
        return {
            "sandboxes": len(wire.sandboxes()),
            "processes": sum(words[-3:-1] == ["shim", self.instance] for _, words in processes()),
            "cgroups": sum(1 for _ in Path("/sys/fs/cgroup").glob(f"**/{instance}/*/")),
            "mounts": sum(place.startswith((home, f"/run/{instance}/")) for place in mounts),
            "disks": len(list(self.home.glob("pool/disks/*"))),
            "folders": len(list(self.home.glob("run/sandboxes/*"))),
            "policies": len(self.policies()),
        }

    def growing(self) -> dict[str, int]:
        """What of the server and the launcher would grow if they forgot to give something back: bytes, and open files."""
        found = {}
        for name in ("server", "launcher"):
            folder = Path(f"/proc/{self.process(name)}")
            found[f"{name} memory"] = int(stat(self.process(name))[21]) * os.sysconf("SC_PAGE_SIZE")
            found[f"{name} files"] = len(list((folder / "fd").iterdir()))
        return found

    def policies(self) -> list[str]:
        """The interfaces that have a network policy of their own in the firewall."""
        found = []
        for name in ("blocked", "allowlisted"):
            command = [*self.in_router, "nft", "--json", "list", "set", "inet", f"sandlot_{self.instance}", name]
            listed = json.loads(subprocess.run(command, capture_output=True, check=True, timeout=20).stdout)
            for each in listed["nftables"]:
                found += each.get("set", {}).get("elem", [])
        return found


def processes() -> Iterator[tuple[int, list[str]]]:
    """Number and arguments of every process that is no zombie."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                words = (folder / "cmdline").read_bytes().decode(errors="replace").rstrip("\0").split("\0")
            except OSError:
                continue
            if words != [""]:
                yield int(folder.name), words


def alive(process: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        return stat(process)[0] not in "ZX"
    except OSError:
        return False


def stat(process: int) -> list[str]:
    """What /proc tells of a process, from its state on."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()


def kill(numbers: list[int]) -> None:
    """Ends processes with SIGKILL and waits until they are gone."""
    for number in numbers:
        try:
            os.kill(number, signal.SIGKILL)
        except ProcessLookupError:
            pass
    eventually(f"{numbers} have ended", lambda: not any(alive(number) for number in numbers))
