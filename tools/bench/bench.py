#!/usr/bin/env python3
"""Measures the promises of docs/benchmarks.md through the unmodified Python client.

Each section prints its rows as it ends; the whole table comes last. Nothing is asserted: machines are
shared, and a figure is only worth what stands beside it in the same run. Counts and times are bounded.
"""

import argparse
import asyncio
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

import bare
import commands
from phases import phases
from table import milliseconds, row, table, timed

MIB = 1 << 20


def memory_available():
    """Bytes, the median of six seconds."""
    readings = []
    for _ in range(12):
        for line in open("/proc/meminfo"):
            if line.startswith("MemAvailable:"):
                readings.append(int(line.split()[1]) * 1024)
        time.sleep(0.5)
    return statistics.median(readings)


class Bench:
    def __init__(self, options):
        self.options = options
        self.share = 5 if options.quick else 1

    def times(self, count):
        return max(3, count // self.share)

    def server(self, command):
        subprocess.run([self.options.server, command], check=True, stdout=subprocess.DEVNULL, timeout=600)

    def connect(self):
        from daytona import Daytona, DaytonaConfig

        self.key = pathlib.Path(self.options.home, "secrets/admin.key").read_text().strip()
        self.config = DaytonaConfig(api_key=self.key, api_url=self.options.api)
        self.client = Daytona(self.config)

    # Sections, in the order in which they run.

    def start(self):
        first, _ = timed(lambda: self.server("up"))
        row("first start: `./dev up` with everything set up, until code has run", f"{first:.1f} s", "≤ 10 s")
        self.connect()

    def tti(self):
        self.client.delete(self.client.create())
        log = pathlib.Path(self.options.home, "logs/server.log")
        offset = log.stat().st_size
        whole, create, first = [], [], []
        for _ in range(self.times(30)):
            begin = time.perf_counter()
            sandbox = self.client.create()
            created = time.perf_counter()
            answer = sandbox.process.exec("true")
            end = time.perf_counter()
            assert answer.exit_code == 0, answer
            whole.append(end - begin)
            create.append(created - begin)
            first.append(end - created)
            self.client.delete(sandbox)
            time.sleep(0.3)
        row("time to interactive, no warm pool", milliseconds(whole), "≤ 120 / 180 ms")
        row("— of it `create()`", milliseconds(create))
        row("— of it the first command", milliseconds(first))
        for phase, values in phases(log, offset).items():
            row(f"— of it on the runner: {phase}", milliseconds(values))

    def burst(self):
        for count in (20, 50):
            durations, failures = asyncio.run(self.at_once(count))
            if durations:
                row(
                    f"{count} creates at once: median, last until interactive",
                    f"{statistics.median(durations):.2f} s, {max(durations):.2f} s; {failures} failed",
                    "≤ 2 s, ≤ 4 s" if count == 50 else "",
                )

    async def at_once(self, count):
        from daytona import AsyncDaytona

        async with AsyncDaytona(self.config) as client:
            begin = time.perf_counter()
            made = []

            async def one():
                sandbox = await client.create(timeout=120)
                made.append(sandbox)
                await sandbox.process.exec("true")
                return time.perf_counter() - begin

            results = await asyncio.gather(*(one() for _ in range(count)), return_exceptions=True)
            await asyncio.gather(*(client.delete(sandbox) for sandbox in made), return_exceptions=True)
        durations = [result for result in results if isinstance(result, float)]
        for failure in [result for result in results if not isinstance(result, float)][:3]:
            print("  failed:", repr(failure)[:300], file=sys.stderr)
        return durations, count - len(durations)

    def exec(self):
        sandbox = self.client.create()
        try:
            for _ in range(5):
                sandbox.process.exec("true")
            alone = [timed(lambda: sandbox.process.exec("true"))[0] for _ in range(self.times(200))]
            row("command round trip (`true`)", milliseconds(alone), "≤ 6 / 9 ms")
            rate = self.rate(lambda: sandbox.process.exec("true"))
            ceiling = self.rate(lambda: self.client.get(sandbox.id))
            row("the same, 8 at once", f"{rate:.0f} per second", "≥ 288")
            row("— the client's own pace beside it: `get()`, 8 at once", f"{ceiling:.0f} per second")
            sandbox.process.code_run("1")
            runs = [timed(lambda: sandbox.process.code_run("1"))[0] for _ in range(self.times(50))]
            row("`code_run(\"1\")`, Python", milliseconds(runs), "≤ 14 ms")
            from daytona import CodeRunParams

            own = CodeRunParams(env={"ANY": "1"})
            kinds = {"a caller that pauses": None, "a fresh interpreter": own}
            paused = {kind: [] for kind in kinds}
            for _ in range(self.times(50)):
                for kind, parameters in kinds.items():
                    time.sleep(0.1)
                    paused[kind].append(timed(lambda: sandbox.process.code_run("1", parameters))[0])
            for kind, values in paused.items():
                row(f"— the same, {kind}", milliseconds(values))
            sandbox.code_interpreter.run_code("1")
            runs = [timed(lambda: sandbox.code_interpreter.run_code("1"))[0] for _ in range(self.times(50))]
            row("`code_interpreter.run_code(\"1\")`", milliseconds(runs))
        finally:
            self.client.delete(sandbox)

    def commands(self):
        commands.sizes(self)
        commands.prints(self)

    def cold(self):
        commands.cold(self)

    def session(self):
        """A line in a session, a key in a terminal, a long log; and what the agent needs after all that."""
        from daytona import SessionExecuteRequest

        sandbox = self.client.create()
        try:
            sandbox.process.create_session("lines")
            line = SessionExecuteRequest(command="true")
            sandbox.process.execute_session_command("lines", line)
            lines = [timed(lambda: sandbox.process.execute_session_command("lines", line))[0] for _ in range(self.times(100))]
            row("a line in a session (`true`)", milliseconds(lines), "≤ 5 ms")
            row("the echo of a key in a terminal", milliseconds(self.echoes(sandbox)), "≤ 5 ms")
            size = 100_000_000 // self.share
            took, count = timed(lambda: self.follow(sandbox, f"yes 0123456789012345678901234567890 | head -c {size}"))
            assert count == size, f"{count} of {size} bytes of the log came"
            row(f"follow of a log of {size // 1_000_000} MB, all of it", f"{took:.1f} s, {size / took / 1e6:.0f} MB/s")
            status = sandbox.process.exec("grep VmRSS /proc/1/status").result.split()
            row("the agent's memory (RSS) after that", f"{int(status[1]) / 1024:.1f} MiB", "≤ 8 MB")
        finally:
            self.client.delete(sandbox)

    def echoes(self, sandbox):
        terminal = sandbox.process.create_pty_session("keys")
        terminal.send_input("stty -icanon; exec cat >/dev/null\n")
        shown = iter(terminal)
        seen = b""
        while b"cat >/dev/null\r\n" not in seen:
            seen += next(shown)
        time.sleep(0.5)
        times = []
        for _ in range(self.times(100)):
            begin = time.perf_counter()
            terminal.send_input("x")
            next(shown)
            times.append(time.perf_counter() - begin)
        terminal.kill()
        terminal.disconnect()
        return times

    def follow(self, sandbox, command):
        from daytona import SessionExecuteRequest

        sandbox.process.create_session("log")
        begun = sandbox.process.execute_session_command("log", SessionExecuteRequest(command=command, run_async=True))
        count = 0

        def take(text):
            nonlocal count
            count += len(text)

        asyncio.run(sandbox.process.get_session_command_logs_async("log", begun.cmd_id, take, take))
        return count

    def rate(self, call):
        count = self.times(400)
        with ThreadPoolExecutor(8) as pool:
            begin = time.perf_counter()
            list(pool.map(lambda _: call(), range(count)))
            return count / (time.perf_counter() - begin)

    def files(self):
        sandbox = self.client.create()
        try:
            small = os.urandom(MIB)
            sandbox.fs.upload_file(small, "warm")
            up = [timed(lambda: sandbox.fs.upload_file(small, "one"))[0] for _ in range(self.times(30))]
            down = [timed(lambda: sandbox.fs.download_file("one"))[0] for _ in range(self.times(30))]
            row("upload of 1 MiB", milliseconds(up), "≤ 5 ms")
            row("download of 1 MiB", milliseconds(down), "≤ 5 ms")
            with tempfile.NamedTemporaryFile() as source:
                source.write(os.urandom(100 * MIB))
                source.flush()
                up, _ = timed(lambda: sandbox.fs.upload_file(source.name, "large"))
                down, _ = timed(lambda: sandbox.fs.download_file("large", source.name + ".back"))
                os.unlink(source.name + ".back")
            row("upload of 100 MiB, Python client", f"{100 * MIB / up / 1e6:.0f} MB/s", "≥ 200 MB/s")
            row("download of 100 MiB, Python client", f"{100 * MIB / down / 1e6:.0f} MB/s", "≥ 200 MB/s")
            for direction, speed in self.bare_transfer(sandbox).items():
                row(f"{direction} of 100 MiB, curl", f"{speed / 1e6:.0f} MB/s", "≥ 200 MB/s")
        finally:
            self.client.delete(sandbox)

    def many(self):
        """Many small files in one call, in both directions."""
        from daytona import FileDownloadRequest, FileUpload

        count = self.times(1000)
        sandbox = self.client.create()
        try:
            content = os.urandom(2048)
            up, _ = timed(
                lambda: sandbox.fs.upload_files([FileUpload(source=content, destination=f"many/{n}") for n in range(count)])
            )
            down, answers = timed(lambda: sandbox.fs.download_files([FileDownloadRequest(source=f"many/{n}") for n in range(count)]))
            assert all(each.result == content for each in answers), "a file came back changed"
            row(f"upload of {count} files of 2 KiB in one call", f"{up:.2f} s, {count / up:.0f} per second")
            row(f"download of {count} files of 2 KiB in one call", f"{down:.2f} s, {count / down:.0f} per second")
        finally:
            self.client.delete(sandbox)

    def gigabyte(self):
        """A large file, and what it does to the server's memory."""
        size = (1 << 30) // self.share
        sandbox = self.client.create()
        try:
            before = self.server_memory()
            speeds = self.bare_transfer(sandbox, size)
            after = self.server_memory()
            for direction, speed in speeds.items():
                row(f"{direction} of {size // MIB} MiB, curl", f"{speed / 1e6:.0f} MB/s", "≥ 200 MB/s")
            row("— the server's memory (PSS) before and after", f"{before / MIB:.0f} MiB, {after / MIB:.0f} MiB", "flat")
        finally:
            self.client.delete(sandbox)

    def search(self):
        """A tree of the size of the Linux kernel's."""
        folders = self.times(700)
        sandbox = self.client.create()
        try:
            sandbox.fs.upload_file(TREE.encode(), "tree.py")
            made = sandbox.process.exec(f"python3 tree.py {folders}", timeout=600)
            assert made.exit_code == 0, made.result
            count = folders * 100
            names = [timed(lambda: sandbox.fs.search_files("tree", "*7.c"))[0] for _ in range(3)]
            row(f"search for names in {count} files", f"{min(names):.2f} s, first {names[0]:.2f} s", "≤ 5 s")
            lines = [timed(lambda: sandbox.fs.find_files("tree", "needle 4242 "))[0] for _ in range(3)]
            row(f"find of a text in {count} files", f"{min(lines):.2f} s, first {lines[0]:.2f} s", "≤ 5 s")
            alone, _ = timed(lambda: sandbox.process.exec("grep -rlF 'needle 4242 ' tree", timeout=600))
            row("— `grep -r` inside, beside it", f"{alone:.2f} s")
        finally:
            self.client.delete(sandbox)

    def parallel(self):
        """Many commands at once in one sandbox."""
        count = self.times(100)
        sandbox = self.client.create()
        try:
            sandbox.process.exec("true")

            def one(number):
                answer = sandbox.process.exec(f"sleep 0.2; echo {number}")
                assert answer.result == f"{number}\n", answer
                return answer

            with ThreadPoolExecutor(count) as pool:
                took, _ = timed(lambda: list(pool.map(one, range(count))))
            row(f"{count} commands of 0.2 s at once in one sandbox", f"{took:.2f} s for all")
        finally:
            self.client.delete(sandbox)

    def server_memory(self):
        process = int(pathlib.Path(self.options.home, "run/server.pid").read_text().split()[0])
        return self.proportional_size(process)

    def bare_transfer(self, sandbox, size=100 * MIB):
        base = sandbox.toolbox_proxy_url if hasattr(sandbox, "toolbox_proxy_url") else self.toolbox(sandbox)
        base = f"{base.rstrip('/')}/{sandbox.id}"
        authorization = f"Authorization: Bearer {self.key}"
        speeds = {}
        with tempfile.NamedTemporaryFile() as source:
            for _ in range(size // MIB):
                source.write(os.urandom(MIB))
            source.flush()
            # From the file as it goes: curl would hold what --data-binary names.
            upload = ["-X", "POST", "--upload-file", source.name, "-H", "Content-Type: application/octet-stream"]
            for direction, arguments in (
                ("upload", [*upload, f"{base}/files/upload-v2?path=bare"]),
                ("download", [f"{base}/files/download?path=bare"]),
            ):
                seconds, _ = timed(
                    lambda: subprocess.run(
                        ["curl", "-sfS", "-o", "/dev/null", "-H", "Expect:", "-H", authorization, *arguments],
                        check=True,
                        timeout=120,
                    )
                )
                speeds[direction] = size / seconds
        return speeds

    def toolbox(self, sandbox):
        return self.call("GET", f"/sandbox/{sandbox.id}/toolbox-proxy-url")["url"]

    def call(self, method, path):
        request = urllib.request.Request(self.options.api + path, method=method, headers={"Authorization": f"Bearer {self.key}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def idle(self):
        count = self.times(50)
        before = memory_available()
        made = []
        try:
            for _ in range(count):
                made.append(self.client.create())
            time.sleep(10)
            each = (before - memory_available()) / count
            row(f"memory of one idle sandbox, over {count}", f"{each / 1e6:.1f} MB", "≤ 18 MB")
        finally:
            for sandbox in made:
                self.client.delete(sandbox)

    def memory(self):
        total = 0
        parts = []
        for name in ("server", "launcher", "server.supervisor", "launcher.supervisor"):
            process = int(pathlib.Path(self.options.home, f"run/{name}.pid").read_text().split()[0])
            size = self.proportional_size(process)
            total += size
            parts.append(f"{name} {size / MIB:.0f}")
        database = 0
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                program = os.readlink(entry / "exe")
                folder = os.readlink(entry / "cwd")
            except OSError:
                continue
            if program.endswith("/postgres") and folder.startswith(self.options.home):
                database += self.proportional_size(int(entry.name))
        total += database
        row("server with its database (PSS)", f"{total / MIB:.0f} MiB ({', '.join(parts)}, database {database / MIB:.0f})", "≤ 400 MiB")

    def proportional_size(self, process):
        for line in open(f"/proc/{process}/smaps_rollup"):
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
        return 0

    def engine(self):
        """The bare engines on the same root, beside ours in the same run."""
        root = next(pathlib.Path(self.options.images).glob("default-*/rootfs")).resolve()
        for name, program in (("runsc", self.options.runsc), ("runc", self.options.runc)):
            if program:
                runs = [bare.run(name, program, root) for _ in range(self.times(15))]
                row(f"bare `{name} run` of `true`, the same root", milliseconds(runs))

    def stop(self, sandbox):
        """Without the client, which looks again after a second."""
        self.call("POST", f"/sandbox/{sandbox.id}/stop")
        deadline = time.monotonic() + 30
        while self.call("GET", f"/sandbox/{sandbox.id}")["state"] != "stopped" and time.monotonic() < deadline:
            time.sleep(0.005)

    def restart(self):
        sandbox = self.client.create()
        try:
            stops, starts, told = [], [], []
            for _ in range(self.times(10)):
                stops.append(timed(lambda: self.client.stop(sandbox))[0])
                begin = time.perf_counter()
                self.client.start(sandbox)
                sandbox.process.exec("true")
                starts.append(time.perf_counter() - begin)
                told.append(timed(lambda: self.stop(sandbox))[0])
                self.client.start(sandbox)
            row("stop through the client", milliseconds(stops), "≤ 100 ms")
            row("— until the API says so, asked every 5 ms", milliseconds(told))
            row("start until the first command", milliseconds(starts), "≤ 150 ms")
            again = []
            for _ in range(self.times(5)):
                begin = time.perf_counter()
                self.server("restart")
                sandbox.process.exec("true")
                again.append(time.perf_counter() - begin)
            row("server restart until a command has answered", milliseconds(again), "≤ 3 s")
        finally:
            self.client.delete(sandbox)


TREE = """
import os, sys
for folder in range(int(sys.argv[1])):
    path = f"tree/{folder // 10}/{folder}"
    os.makedirs(path)
    for number in range(100):
        with open(f"{path}/{number}.c", "w") as file:
            file.write(f"/* needle {folder * 100 + number} */\\n" * 30)
"""


SECTIONS = ["start", "tti", "burst", "exec", "commands", "cold", "session", "parallel", "files", "many", "gigabyte", "search", "idle", "memory", "engine", "restart"]


def main():
    parser = argparse.ArgumentParser()
    for name in ("server", "home", "api", "runsc", "runc", "images"):
        parser.add_argument(f"--{name}", required=name != "runc", default="")
    parser.add_argument("--only", default=",".join(SECTIONS))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--output")
    options = parser.parse_args()
    wanted = options.only.split(",")
    unknown = set(wanted) - set(SECTIONS)
    if unknown:
        parser.error(f"no section {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}")
    if not shutil.which("curl"):
        parser.error("curl is needed")
    bench = Bench(options)
    for section in SECTIONS:
        if section in wanted or section == "start":
            print(f"{section}:", flush=True)
            getattr(bench, section)()
    machine = f"{os.cpu_count()} cores, Linux {platform.release()}, Python client {version('daytona')}, load {os.getloadavg()[0]:.1f}"
    print(f"\n{machine}\n\n{table()}")
    if options.output:
        pathlib.Path(options.output).write_text(f"{machine}\n\n{table()}\n")


if __name__ == "__main__":
    main()
