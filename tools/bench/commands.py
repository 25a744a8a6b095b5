"""Commands of all sizes, with much to print, and right after the server's start."""

import statistics

from table import milliseconds, row, timed

SIZES = (10, 1_000, 10_000, 100_000)
PRINTS = 5_000
PRINT_MANY = f"for number in range({PRINTS}): print(number, flush=True)"


def padded(begin, comment, size):
    """A program of so many bytes, in lines as people write them."""
    lines, length = [begin], len(begin)
    while length < size:
        line = (comment + " " + "x" * 70)[: max(size - length - 1, 1)]
        lines.append(line)
        length += len(line) + 1
    return "\n".join(lines)


def succeed(answer):
    assert answer.exit_code == 0, answer
    return answer


def sizes(bench):
    """A command's size should cost nothing but its way."""
    sandbox = bench.client.create()
    calls = {
        "exec": lambda size: sandbox.process.exec(padded("true", "#", size)),
        "code_run": lambda size: sandbox.process.code_run(padded("1", "#", size)),
    }
    try:
        for name, call in calls.items():
            for size in SIZES:
                succeed(call(size))
                runs = [timed(lambda: succeed(call(size)))[0] for _ in range(bench.times(30))]
                wanted = "≤ 20 ms more than one of 10 bytes" if size == SIZES[-1] else ""
                row(f"`{name}` of {size:,} bytes", milliseconds(runs), wanted)
    finally:
        bench.client.delete(sandbox)


def prints(bench):
    """Many small writes, each of which is sent on its way at once."""
    sandbox = bench.client.create()
    calls = {
        "code_run": lambda: sandbox.process.code_run(PRINT_MANY),
        "exec": lambda: sandbox.process.exec(f"python3 -c '{PRINT_MANY}'"),
    }
    try:
        for name, call in calls.items():
            runs = []
            for _ in range(bench.times(15)):
                took, answer = timed(lambda: succeed(call()))
                assert answer.result.split() == [str(number) for number in range(PRINTS)], "not all of it came"
                runs.append(took)
            row(f"{PRINTS:,} flushed prints in a row, `{name}`", milliseconds(runs))
    finally:
        bench.client.delete(sandbox)


def cold(bench):
    """The first of its kind after the server's start, and the same when it has been done often."""
    sandbox = bench.client.create()
    made = []
    kinds = {
        "create until the first command": lambda: interactive(bench, made),
        "`exec` of `true`": lambda: succeed(sandbox.process.exec("true")),
        "`code_run(\"1\")`": lambda: succeed(sandbox.process.code_run("1")),
        "upload of 1 MiB": lambda: sandbox.fs.upload_file(bytes(1 << 20), "one"),
        "list of a folder": lambda: sandbox.fs.list_files("."),
    }
    first = {kind: [] for kind in kinds}
    often = {kind: [] for kind in kinds}
    try:
        for _ in range(3):
            bench.server("restart")
            for kind, call in kinds.items():
                first[kind].append(timed(call)[0])
        for kind, call in kinds.items():
            often[kind] = [timed(call)[0] for _ in range(bench.times(50))][-10:]
        for kind in kinds:
            figures = [statistics.median(values) * 1000 for values in (first[kind], often[kind])]
            row(f"{kind}: first after a restart of the server, and warm", "{:.0f} ms, {:.0f} ms".format(*figures))
    finally:
        for each in [sandbox, *made]:
            bench.client.delete(each)


def interactive(bench, made):
    """Deleted later, which is not to be measured."""
    made.append(bench.client.create())
    succeed(made[-1].process.exec("true"))
