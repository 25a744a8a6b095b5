"""How the text of a command or a program reaches what runs it: whole, fast, and not on its standard input."""

import json
from collections.abc import Iterator

import pytest
from daytona import CodeRunParams, CreateSandboxFromSnapshotParams, Daytona, DaytonaTimeoutError, Sandbox
from prestarted import prestarting

CALLS = ["fresh", "waiting"]
FRESH = {"ANY": "1"}  # calls with variables of their own get a process of their own


@pytest.fixture(scope="module", params=["javascript", "typescript"])
def other(daytona: Daytona, request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    created = daytona.create(CreateSandboxFromSnapshotParams(language=request.param))
    yield created
    created.delete()


def execute(sandbox: Sandbox, command: str, call: str) -> tuple[int, str]:
    if call == "waiting":
        prestarting(sandbox, lambda: sandbox.process.exec("true"))
    answer = sandbox.process.exec(command, env=FRESH if call == "fresh" else None)
    return answer.exit_code, answer.result.replace("/usr/bin/bash", "/bin/bash")


def run(sandbox: Sandbox, code: str, call: str) -> tuple[int, str]:
    if call == "waiting":
        prestarting(sandbox, lambda: sandbox.process.code_run("1"))
    answer = sandbox.process.code_run(code, CodeRunParams(env=FRESH if call == "fresh" else None))
    return answer.exit_code, answer.result


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("command", "code", "result"),
    [
        ("cat\necho hi", 0, "hi\n"),
        ("python3\necho hi", 0, "hi\n"),
        ("grep word\necho $?", 0, "1\n"),
        ("read x; echo \"[$x]\" $?\necho rest", 0, "[] 1\nrest\n"),
        ("readlink /proc/self/fd/0; [ -p /dev/stdin ] || [ -f /dev/stdin ] || echo neither", 0, "/dev/null\nneither\n"),
        ("exec </dev/null\necho one\necho two", 0, "one\ntwo\n"),
        ("cat <<END\none $((1 + 1))\nEND\ncat\necho on", 0, "one 2\non\n"),
        ("cat <<END\nunended", 0, "/bin/bash: line 2: warning: here-document at line 1 delimited by end-of-file (wanted `END')\nunended\n"),
        ("echo one\nexit 4\necho two", 4, "one\n"),
        ("set -e\necho one\nfalse\necho two", 1, "one\n"),
        ("echo $0 $# $LINENO\necho $LINENO", 0, "/bin/bash 0 1\n2\n"),
        ("-5", 127, "/bin/bash: line 1: -5: command not found\n"),
        ("# a remark alone", 0, ""),
        ("ls /proc/self/fd | wc -l", 0, "4\n"),
        ("sh -c 'kill -9 $$'", 137, "/bin/bash: line 1:"),
        ("trap 'echo bye' EXIT\nfalse", 1, "bye\n"),
        ("f() { cat; echo from $FUNCNAME; }\nf", 0, "from f\n"),
    ],
)
def test_every_line_runs_and_none_is_read(sandbox: Sandbox, command: str, code: int, result: str, call: str) -> None:
    printed = execute(sandbox, command, call)
    if code == 137:
        printed = (printed[0], printed[1][: len(result)])
    assert printed == (code, result)


@pytest.mark.parametrize("call", CALLS)
def test_messages_count_lines_as_the_text_does(sandbox: Sandbox, call: str) -> None:
    code, printed = execute(sandbox, "echo ran\n\nno-such-program\necho (\necho never", call)
    assert code == 2
    assert printed.startswith("ran\n/bin/bash: line 3: no-such-program: command not found\n")
    assert "line 4: syntax error near unexpected token" in printed
    code, printed = execute(sandbox, "echo ran\necho 'open", call)
    assert (code, printed.startswith("ran\n")) == (2, True)
    assert "line 2: unexpected EOF while looking for matching `''" in printed


@pytest.mark.parametrize("call", CALLS)
def test_odd_characters_reach_the_shell(sandbox: Sandbox, call: str) -> None:
    assert execute(sandbox, "printf '%s|' 'é\r' \"\t$'\" '\\' '☃'\r", call)[1].startswith("é\r|\t$'|\\|☃")
    assert execute(sandbox, "echo a\0b", call) == (0, "ab\n")


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("size", [100_000, 1 << 20, 3_999_000])
def test_long_commands_run_to_their_last_line(sandbox: Sandbox, size: int, call: str) -> None:
    line = ": " + "x" * 77 + "\n"
    lines = size // len(line)
    assert execute(sandbox, line * lines + "echo $LINENO", call) == (0, f"{lines + 1}\n")
    document = "y" * 79 + "\n"
    text = "wc -c <<'END'\n" + document * lines + "END\necho on"
    assert execute(sandbox, text, call) == (0, f"{lines * 80}\non\n")


@pytest.mark.parametrize("call", CALLS)
def test_programs_find_the_end_of_input_at_once(sandbox: Sandbox, call: str) -> None:
    code = """
import os, subprocess, sys
print(os.readlink("/proc/self/fd/0"), repr(sys.stdin.read()), sorted(os.listdir("/proc/self/fd"))[:4])
print(subprocess.run(["cat"], capture_output=True).stdout)
print(sys.argv, sys.orig_argv, sys.path[0] == "", __name__, __file__, __doc__, [n for n in globals() if n[0] != "_"])
try:
    input()
except EOFError as e:
    print(e)
"""
    printed = run(sandbox, code, call)
    assert printed[1].splitlines() == [
        "/dev/null '' ['0', '1', '2', '3']",  # the last is what lists them
        "b''",
        "['-'] ['python3', '-u', '-'] True __main__ <stdin> None ['os', 'subprocess', 'sys']",
        "EOF when reading a line",
    ]


@pytest.mark.parametrize("call", CALLS)
def test_tracebacks_show_the_programs_own_lines_and_no_others(sandbox: Sandbox, call: str) -> None:
    code = "from __future__ import annotations\ndef f():\n    raise ValueError('too small')\ntry:\n    f()\nexcept ValueError:\n    1 / 0\n"
    exit_code, printed = run(sandbox, code, call)
    assert exit_code == 1
    files = [line.strip() for line in printed.splitlines() if line.strip().startswith("File ")]
    assert files == [
        'File "<stdin>", line 5, in <module>',
        'File "<stdin>", line 3, in f',
        'File "<stdin>", line 7, in <module>',
    ]
    assert "    raise ValueError('too small')\n" in printed and "    1 / 0\n" in printed
    assert run(sandbox, "x = 1\nif x\n  y\n", call) == (
        1,
        '  File "<stdin>", line 2\n    if x\n        ^\nSyntaxError: expected \':\'\n',
    )
    assert run(sandbox, "import sys; sys.exit('bye')", call) == (1, "bye\n")
    hooked = "import sys\nsys.excepthook = lambda kind, failure, trace: print(kind.__name__, trace.tb_lineno)\n1 / 0"
    assert run(sandbox, hooked, call) == (1, "ZeroDivisionError 3\n")


@pytest.mark.parametrize("call", CALLS)
def test_programs_can_read_their_own_source(sandbox: Sandbox, call: str) -> None:
    code = "import inspect\ndef f():\n    return 1  # one\nclass C:\n    a = 2\nprint(inspect.getsource(f), inspect.getsource(C))"
    assert run(sandbox, code, call) == (0, "def f():\n    return 1  # one\n class C:\n    a = 2\n\n")


@pytest.mark.parametrize("charts", [False, True])
@pytest.mark.parametrize("method", ["spawn", "forkserver", "fork"])
def test_processes_that_start_afresh_find_the_program(sandbox: Sandbox, method: str, charts: bool) -> None:
    code = f"""
import multiprocessing
{"import matplotlib" if charts else ""}

def double(x):
    return 2 * x

if __name__ == "__main__":
    with multiprocessing.get_context("{method}").Pool(2) as pool:
        print(pool.map(double, range(3)))
"""
    answer = sandbox.process.code_run(code)
    assert (answer.exit_code, answer.result) == (0, "[0, 2, 4]\n")


@pytest.mark.parametrize("call", CALLS)
def test_a_long_program_runs_to_its_last_line(sandbox: Sandbox, call: str) -> None:
    lines = 40_000
    assert run(sandbox, "x = 1 # and so on and on\n" * lines + "import sys; print(sys._getframe().f_lineno)", call) == (
        0,
        f"{lines + 1}\n",
    )


def test_other_languages_find_the_end_of_input_at_once(other: Sandbox) -> None:
    code = """const { execFileSync } = require('child_process'), { readlinkSync } = require('fs')
process.stdin.on('end', () => console.log('end')).resume()
console.log(readlinkSync('/proc/self/fd/0'), JSON.stringify(execFileSync('cat', { stdio: ['inherit', 'pipe'] }).toString()))
console.log(JSON.stringify(process.argv.slice(1)))
"""
    answer = other.process.code_run(code, CodeRunParams(argv=["a b", "--c"]))
    assert answer.result.splitlines() == ['/dev/null ""', '["a b","--c"]', "end"]


def test_other_languages_run_long_programs_and_tell_lines(other: Sandbox) -> None:
    code = "x = 1 // and so on and on\n" * 40_000 + "import('node:os').then(m => console.log(typeof m.cpus))\n"
    answer = other.process.code_run("let x = 0\n" + code, CodeRunParams(argv=["-v"]))
    assert (answer.exit_code, answer.result) == (0, "function\n")
    answer = other.process.code_run("-1\n\nthrow new Error('no')")
    assert answer.exit_code == 1 and ":3" in answer.result and "Error: no" in answer.result


def test_no_text_is_left_behind(other: Sandbox) -> None:
    other.process.code_run("console.log('mark' + 'ed')")
    with pytest.raises(Exception, match="(?i)time"):
        other.process.code_run("setTimeout(() => {}, 600000) // marked", timeout=6)
    with pytest.raises(DaytonaTimeoutError):
        other.process.exec("sleep 600 # marked", timeout=1)
    assert other.process.exec("ls -A /tmp | grep code-run; ls -A ~ | grep -v '^\\.'").result == ""


def test_many_small_writes_arrive_whole_and_in_order(sandbox: Sandbox) -> None:
    code = "import sys\nfor n in range(5000):\n    print(n, file=sys.stderr if n % 2 else sys.stdout, flush=True)"
    answer = sandbox.process.code_run(code)
    assert json.loads("[" + ",".join(answer.result.split()) + "]") == list(range(5000))
