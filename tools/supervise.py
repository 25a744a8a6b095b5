#!/usr/bin/env python3
"""Supervises one process of an installation: restarts it when it ends, until SIGTERM.

supervise.py NAME RUN LOG [--once] with, on standard input and each ended by a zero byte, the variables of the process,
`--`, and its command. They are not arguments, which every user of the machine can read.

RUN/NAME.pid is the process, RUN/NAME.supervisor.pid this one. RUN/NAME.ends says how often the process has ended by
itself, how it ended last, and when it is restarted. SIGTERM ends both. When this program is killed, the process goes on
running, and another supervisor takes it over. With --once it ends with the process.
"""

import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

# A process that ran this long did not fail at its start: it is restarted at once.
STEADY_SECONDS = 10.0
BACKOFF_FIRST_SECONDS = 0.5
BACKOFF_MAX_SECONDS = 30.0


def start_time(process: int) -> str | None:
    """When it was started: a later process with the same number has another time. None when it has ended."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]


def replace(path: Path, text: str) -> None:
    """Replaces a file atomically."""
    new = path.with_suffix(path.suffix + ".new")
    new.write_text(text)
    new.replace(path)


def backoff(failures: int) -> float:
    """Seconds to wait after so many failures in a row; none after the first."""
    return 0.0 if failures <= 1 else min(BACKOFF_FIRST_SECONDS * 2 ** min(failures - 2, 16), BACKOFF_MAX_SECONDS)


def explain(status: int | None) -> str:
    """How a process ended, as text."""
    if status is None:
        return "ended, in a way that only the supervisor that had started it could have seen"
    if status >= 0:
        return f"ended with status {status}"
    try:
        return f"was killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"was killed by signal {-status}"


@dataclass
class Supervisor:
    """The supervisor of one process."""

    name: str
    run: Path
    log: Path
    once: bool
    variables: dict[str, str]
    command: list[str]
    child: subprocess.Popen | None = None
    process: int = 0
    stopping: bool = False
    ends: int = 0
    failures: int = 0
    woken: tuple[int, int] = field(default_factory=os.pipe)

    def serve(self) -> None:
        for end in self.woken:
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self.woken[1])
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGHUP, lambda *_: None)  # not ignored: the process would inherit that
        self.write_pid("supervisor.pid", os.getpid())
        self.write_ends("", 0)
        found = self.running_already()
        while not self.stopping:
            started = time.monotonic()
            status = self.wait_for_end(found) if found else self.run_once()
            found = 0
            if self.stopping or self.once:
                break
            self.ends += 1
            steady = time.monotonic() - started >= STEADY_SECONDS
            self.failures = 0 if steady else self.failures + 1
            self.wait_before_next(explain(status))
        (self.run / f"{self.name}.supervisor.pid").unlink(missing_ok=True)

    def stop(self, *_: object) -> None:
        self.stopping = True
        if self.process and start_time(self.process):
            os.kill(self.process, signal.SIGTERM)

    def running_already(self) -> int:
        """The process that an earlier supervisor has left running; 0 for none."""
        try:
            process, began = (self.run / f"{self.name}.pid").read_text().split()
        except (OSError, ValueError):
            return 0
        return int(process) if start_time(int(process)) == began else 0

    def run_once(self) -> int:
        """Starts the process and waits until it has ended. Returns its status, negative for a signal."""
        try:
            with open(self.log, "ab") as log:
                self.child = subprocess.Popen(
                    self.command, env=self.variables, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
                )
        except OSError as error:
            self.write_log(f"cannot be started: {error}")
            return 127
        self.write_pid("pid", self.child.pid)
        self.wait_for_end(self.child.pid)
        return self.child.wait()

    def wait_for_end(self, process: int) -> None:
        """Waits until a process has ended."""
        self.process = process
        if self.stopping:
            self.stop()
        try:
            descriptor = os.pidfd_open(process)
        except ProcessLookupError:
            return
        while not self.wait(descriptor, None):
            pass
        os.close(descriptor)
        self.process = 0

    def wait(self, descriptor: int | None, seconds: float | None) -> bool:
        """Waits for a descriptor, a signal, or the time. True when it was the descriptor."""
        poll = select.poll()
        poll.register(self.woken[0], select.POLLIN)
        if descriptor is not None:
            poll.register(descriptor, select.POLLIN)
        ready = [number for number, _ in poll.poll(None if seconds is None else seconds * 1000)]
        if self.woken[0] in ready:
            os.read(self.woken[0], 64)
        return descriptor is not None and descriptor in ready

    def wait_before_next(self, reason: str) -> None:
        seconds = backoff(self.failures)
        self.write_ends(reason, time.time() + seconds)
        self.write_log(f"{reason}; it is started again {f'in {seconds:g} s' if seconds else 'now'} (end {self.ends})")
        deadline = time.monotonic() + seconds
        while not self.stopping and (left := deadline - time.monotonic()) > 0:
            self.wait(None, left)

    def write_ends(self, reason: str, next_start: float) -> None:
        replace(self.run / f"{self.name}.ends", f"{self.ends} {int(time.time())} {int(next_start)} {reason}\n")

    def write_pid(self, what: str, process: int) -> None:
        replace(self.run / f"{self.name}.{what}", f"{process} {start_time(process)}\n")

    def write_log(self, event: str) -> None:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S%z")
        with open(self.log.with_name("supervisor.log"), "a") as log:
            log.write(f"{moment} The {self.name} {event}.\n")


def main() -> None:
    name, run, log, *rest = sys.argv[1:]
    items = sys.stdin.buffer.read().decode().split("\0")[:-1]
    end = items.index("--")
    variables = dict(item.split("=", 1) for item in items[:end])
    with open(os.devnull) as null:
        os.dup2(null.fileno(), 0)
    Supervisor(name, Path(run), Path(log), "--once" in rest, variables, items[end + 1 :]).serve()


if __name__ == "__main__":
    main()
