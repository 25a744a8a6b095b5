"""What a sandbox makes our own processes on the host do is bounded, whatever it sends them."""

from pathlib import Path

from support import inside
from support.waiting import eventually, observe

SECONDS = 5
# Written without a limit, the shim of this sandbox would work all the time.
SHARE_MAX = 0.1


def processor_seconds(process: int) -> float:
    """What a process has used so far."""
    words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / 100


def test_a_flood_on_the_agents_output_costs_the_host_next_to_nothing(own_sandbox, installation) -> None:
    (shim,) = installation.shims(own_sandbox.id)
    inside.shell(own_sandbox, "sudo -n sh -c 'yes >/proc/1/fd/1 2>/dev/null & yes >/proc/1/fd/2 2>/dev/null &' >/dev/null 2>&1")
    log = installation.home / "run/sandboxes" / own_sandbox.id / "engine.log"
    eventually("the flood has begun", lambda: log.stat().st_size > 0)
    before = processor_seconds(shim)
    observed = observe(SECONDS)
    used = processor_seconds(shim) - before
    assert inside.shell(own_sandbox, "pgrep -c yes").strip() == "2", "the flood goes on"
    assert used < SHARE_MAX * observed, used
    assert 0 < log.stat().st_size <= 256 << 10
    assert inside.shell(own_sandbox, "echo still here") == "still here\n"
