"""The stateful interpreter with the published clients."""

import asyncio
import re
import threading
from pathlib import Path

import pytest
from daytona import AsyncDaytona, Daytona, DaytonaNotFoundError, DaytonaTimeoutError, Sandbox
from generation import BrokenConnection

ROOT = Path(__file__).resolve().parents[3]


def test_variables_live_on(sandbox: Sandbox) -> None:
    run = sandbox.code_interpreter.run_code
    run("import math\nradius = 2\ndef area():\n    return round(math.pi * radius ** 2, 2)")
    result = run("print(area())")
    assert (result.stdout, result.stderr, result.error) == ("12.57\n", "", None)


def test_output_comes_line_by_line_while_the_code_runs(sandbox: Sandbox) -> None:
    seen: list[str] = []
    errors: list[str] = []
    code = "import sys\nfor n in range(3):\n    print(n, flush=True)\nprint('no', file=sys.stderr)\nint('x')"
    result = sandbox.code_interpreter.run_code(
        code,
        on_stdout=lambda message: seen.append(message.output),
        on_error=lambda error: errors.append(error.name),
    )
    assert seen == ["0\n", "1\n", "2\n"]
    assert (result.stderr, errors) == ("no\n", ["ValueError"])
    assert result.error is not None and 'File "<stdin>", line 5' in result.error.traceback


def test_contexts_do_not_see_each_other(sandbox: Sandbox) -> None:
    interpreter = sandbox.code_interpreter
    context = interpreter.create_context(cwd="/tmp")
    try:
        assert (context.cwd, context.language, context.active) == ("/tmp", "python", True)
        assert context.id in [each.id for each in interpreter.list_contexts()]
        interpreter.run_code("mine = 1", context=context)
        assert interpreter.run_code("print(mine)", context=context).stdout == "1\n"
        outside = interpreter.run_code("print(mine)")
        assert outside.error is not None and outside.error.name == "NameError"
    finally:
        interpreter.delete_context(context)
    assert context.id not in [each.id for each in interpreter.list_contexts()]
    with pytest.raises(DaytonaNotFoundError):
        interpreter.delete_context(context)
    with pytest.raises(BrokenConnection):
        interpreter.run_code("1", context=context)


def test_a_time_limit_raises_and_keeps_the_variables(sandbox: Sandbox) -> None:
    run = sandbox.code_interpreter.run_code
    run("kept = 'still here'")
    with pytest.raises(DaytonaTimeoutError):
        run("import time; time.sleep(600)", timeout=1)
    assert run("print(kept)").stdout == "still here\n"


def test_variables_of_the_environment_hold_once(sandbox: Sandbox) -> None:
    code = "import os; print(os.environ.get('ONCE'))"
    assert sandbox.code_interpreter.run_code(code, envs={"ONCE": "yes"}).stdout == "yes\n"
    assert sandbox.code_interpreter.run_code(code).stdout == "None\n"


def test_many_at_once_in_one_context_each_get_their_own_output(sandbox: Sandbox) -> None:
    results: dict[int, str] = {}

    def one(number: int) -> None:
        results[number] = sandbox.code_interpreter.run_code(f"print({number})").stdout

    threads = [threading.Thread(target=one, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert results == {number: f"{number}\n" for number in range(8)}


async def test_the_asynchronous_client(async_daytona: AsyncDaytona) -> None:
    sandbox = await async_daytona.create()
    try:
        interpreter = sandbox.code_interpreter
        context = await interpreter.create_context()
        await interpreter.run_code("value = 20", context=context)
        both = await asyncio.gather(
            interpreter.run_code("print(value + 1)", context=context), interpreter.run_code("print('other')")
        )
        assert [result.stdout for result in both] == ["21\n", "other\n"]
        with pytest.raises(DaytonaTimeoutError):
            await interpreter.run_code("while True: pass", context=context, timeout=1)
        await interpreter.delete_context(context)
    finally:
        await sandbox.delete()


def test_the_example_of_the_documentation_runs(daytona: Daytona, capsys: pytest.CaptureFixture[str]) -> None:
    program = re.search(r"```python\n(.*?)```", (ROOT / "docs/interpreter.md").read_text(), re.DOTALL)
    assert program
    exec(compile(program.group(1), "docs/interpreter.md", "exec"), {})  # noqa: S102
    assert capsys.readouterr().out == (
        "7\n\nout: from a child\nZeroDivisionError division by zero\n/tmp\n\ntook too long\n"
    )
