"""Programs and commands served by processes that were waiting are like those served by fresh ones."""

import json

import pytest
from daytona import CodeRunParams, DaytonaTimeoutError, Sandbox
from prestarted import prestarting

# The limit of resident memory, which nothing heeds, is each start's own mark (docs/adr/0014-marks.md).
EVERYTHING = """
import gc, json, os, resource, signal, sys, threading
handlers = {int(s): str(signal.getsignal(s)) for s in signal.valid_signals()}
fds = sorted(os.listdir("/proc/self/fd"))
print(json.dumps({
    "argv": sys.argv, "path": sys.path, "flags": str(sys.flags), "env": dict(os.environ), "cwd": os.getcwd(),
    "globals": sorted(globals()), "name": __name__, "modules": sorted(sys.modules), "threads": threading.active_count(),
    "handlers": handlers, "fds": len(fds), "stdin": sys.stdin.read(), "ids": [os.getuid(), os.getgid(), os.getgroups()],
    "limits": [resource.getrlimit(n) for n in range(10) if n != resource.RLIMIT_RSS], "umask": os.umask(0o22), "file": globals().get("__file__"),
    "parent": os.getppid(), "group": os.getpgid(0) == os.getpid(), "session": os.getsid(0) == os.getpid(),
    "buffering": [sys.stdout.line_buffering, sys.stdout.write_through, sys.stdout.encoding, sys.stdout.errors],
    "cmdline": open("/proc/self/cmdline").read(), "hash": hash("seed"), "tz": __import__("time").tzname,
}))
"""


def run(sandbox: Sandbox, code: str = EVERYTHING, params: CodeRunParams | None = None) -> dict:
    answer = sandbox.process.code_run(code, params)
    assert answer.exit_code == 0, answer.result
    return json.loads(answer.result)


def test_a_waiting_interpreter_is_like_a_fresh_one(own_sandbox: Sandbox) -> None:
    fresh, *waited = [prestarting(own_sandbox, lambda: run(own_sandbox)) for _ in range(3)]
    seeds = {each.pop("hash") for each in (fresh, *waited)}
    assert waited == [fresh, fresh]
    assert len(seeds) == 3


def test_failures_exits_and_signals_are_told_the_same(own_sandbox: Sandbox) -> None:
    programs = ["1/0", "import sys; sys.exit(7)", "import os; os.kill(os.getpid(), 9)", "x = (", "print('é' * 70000)"]
    fresh = [own_sandbox.process.code_run(code, CodeRunParams(env={"ANY": "1"})) for code in programs]
    for code, wanted in zip(programs, fresh, strict=True):
        prestarting(own_sandbox, lambda: own_sandbox.process.code_run("1"))
        answer = own_sandbox.process.code_run(code)
        assert (answer.exit_code, answer.result) == (wanted.exit_code, wanted.result)


def test_packages_installed_meanwhile_are_found(own_sandbox: Sandbox) -> None:
    prestarting(own_sandbox, lambda: own_sandbox.process.code_run("1"))
    made = own_sandbox.process.exec(
        'd=$(python3 -c "import site; print(site.getusersitepackages())"); mkdir -p $d; echo "here = 5" > $d/just_installed.py'
    )
    assert made.exit_code == 0
    assert own_sandbox.process.code_run("import just_installed; print(just_installed.here)").result == "5\n"


def test_variables_and_folders_of_a_call_are_never_missed(own_sandbox: Sandbox) -> None:
    for _ in range(2):
        prestarting(own_sandbox, lambda: own_sandbox.process.exec("true"))
        answer = own_sandbox.process.exec("echo $PWD $ONLY $0", cwd="/tmp", env={"ONLY": "now"})
        assert answer.result.startswith("/tmp now ")
        plain = own_sandbox.process.exec("echo $PWD [$ONLY]; cat; exit 4\necho never")
        assert (plain.exit_code, plain.result) == (4, "/home/daytona []\n")


def test_a_time_limit_ends_a_waiting_process_and_its_children(own_sandbox: Sandbox) -> None:
    prestarting(own_sandbox, lambda: own_sandbox.process.exec("true"))
    with pytest.raises(DaytonaTimeoutError):
        own_sandbox.process.exec("sleep 987 & sleep 987", timeout=1)
    assert own_sandbox.process.exec("pgrep -fc 'sleep 987'").result == "0\n"
