"""The benchmark measures what it says: its parts that are no measurements."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from support.installation import REPOSITORY


def module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"bench_{name}", REPOSITORY / f"tools/bench/{name}.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def test_the_phases_of_a_start_are_read_from_the_servers_log(make, installation) -> None:
    """Were they named otherwise there, their rows would be missing, and nobody would miss them."""
    log = installation.home / "logs/server.log"
    offset = log.stat().st_size
    make()
    found = module("phases").phases(log, offset)
    assert set(found) == {"queue", "storage", "network", "engine", "agent"}
    assert all(0 <= seconds < 60 for values in found.values() for seconds in values)
    assert sum(values[-1] for values in found.values()) > 0.001, "that is not a start's time in seconds"


def test_other_lines_of_the_log_are_no_phases(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    lines = [{"formattedMessage": "sandbox started", "kvpList": [{"id": "a"}, {"engineMicros": 1_500_000}]}, {"kvpList": [{"engineMicros": 9}]}]
    text = "\n".join(json.dumps(line) for line in lines)
    log.write_text("not JSON\n" + text + "\n")
    assert module("phases").phases(log) == {"engine": [1.5]}


def test_the_wait_for_a_bare_engine_is_woken_by_its_end() -> None:
    """It makes no calls in between: Python's own wait with a time limit sleeps in steps that get as long as 50 ms."""
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import time, bare\n"
        "naps = []; time.sleep = naps.append\n"
        "bare.run_to_end(['sleep', '0.3'], 30); print(naps)"
    )
    words = [sys.executable, "-B", "-c", program, str(REPOSITORY / "tools/bench")]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "[]\n"


def test_a_bare_engine_that_fails_or_hangs_is_told() -> None:
    sys.dont_write_bytecode = True
    run_to_end = module("bare").run_to_end
    with pytest.raises(subprocess.CalledProcessError):
        run_to_end(["false"], 30)
    with pytest.raises(TimeoutError):
        run_to_end(["sleep", "100"], 0.2)


@pytest.mark.parametrize("size", [10, 1_000, 10_000, 100_000])
def test_a_measured_command_has_the_size_that_its_row_tells(size: int) -> None:
    sys.path.insert(0, str(REPOSITORY / "tools/bench"))
    try:
        text = module("commands").padded("true", "#", size)
    finally:
        sys.path.pop(0)
    assert len(text) == size and text.startswith("true\n")
    assert all(line.startswith("#") or not line.strip("x") for line in text.splitlines()[1:])
