"""The same thing twice, or many things at once: one wins, the others are refused, nothing is made twice.

Where an answer depends on how far the first call has come, the launcher stands still meanwhile, so that it comes no further.
"""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from support import inside, unique, wire
from support.waiting import eventually

SETTLED = ("started", "stopped", "error")


def at_once(calls: list) -> list[wire.Answer]:
    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(lambda each: each(), calls))


def settled(sandbox_id: str) -> dict:
    def look() -> dict | None:
        found = wire.sandbox(sandbox_id)
        return found if found and found["state"] in SETTLED else None

    return eventually(f"{sandbox_id} settled", look, 60)


@contextmanager
def nothing_goes_on(installation) -> Iterator[None]:
    """Meanwhile no creation, start, stop or deletion ends, since the launcher stands still."""
    launcher = installation.process("launcher")
    os.kill(launcher, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(launcher, signal.SIGCONT)


def one_and_the_refused(installation, calls: list) -> list[wire.Answer]:
    """Calls at once of which one is carried out, while the others are refused: their answers, the one's last."""
    with ThreadPoolExecutor(len(calls)) as pool:
        with nothing_goes_on(installation):
            waiting = [pool.submit(each) for each in calls]
            eventually("all but one are answered", lambda: sum(each.done() for each in waiting) == len(calls) - 1, 7)
            (pending,) = [each for each in waiting if not each.done()]
        return [each.result() for each in waiting if each is not pending] + [pending.result()]


def test_a_name_asked_for_many_times_at_once_is_given_once(name: str) -> None:
    answers = at_once([lambda: wire.call("POST", "/sandbox", {"name": name}) for _ in range(8)])
    assert Counter(each.status for each in answers) == {200: 1, 409: 7}
    assert all(name in each.message for each in answers if each.status == 409)
    assert [each for each in wire.sandboxes().values() if each["name"] == name][1:] == []


def test_many_created_at_once_all_start_and_all_go(installation) -> None:
    marker = unique("many")
    answers = at_once([lambda: wire.call("POST", "/sandbox", {"labels": {"many": marker}}) for _ in range(12)])
    made = [each.json()["id"] for each in answers if each.status == 200]
    try:
        assert [each.status for each in answers] == [200] * 12
        assert [settled(each)["state"] for each in made] == ["started"] * 12
        addresses = [installation.disks()[each]["address"] for each in made]
        assert len(set(addresses)) == 12
        run = at_once(
            [
                lambda each=each: wire.toolbox(each, "POST", "/process/execute", {"command": "echo $DAYTONA_SANDBOX_ID"})
                for each in made
            ]
        )
        assert [each.json()["result"].strip() for each in run] == made
    finally:
        at_once([lambda each=each: wire.remove(each) for each in made])
    assert [installation.traces(each) for each in made] == [[]] * 12


def test_a_deletion_while_it_is_created_is_refused(name: str, installation) -> None:
    with ThreadPoolExecutor(1) as pool:
        with nothing_goes_on(installation):
            creating = pool.submit(wire.call, "POST", "/sandbox", {"name": name})
            early = eventually("it is known", lambda: wire.sandbox(name), 20)
            deleted = wire.call("DELETE", f"/sandbox/{early['id']}")
            assert deleted.status == 409 and "force=true" in deleted.message, deleted
        assert (creating.result().status, creating.result().json()["state"]) == (200, "started")
    wire.remove(early["id"])
    assert installation.traces(early["id"]) == []


def test_deleted_by_force_while_it_is_created_it_is_gone(name: str, installation) -> None:
    with ThreadPoolExecutor(1) as pool:
        with nothing_goes_on(installation):
            creating = pool.submit(wire.call, "POST", "/sandbox", {"name": name})
            early = eventually("it is known", lambda: wire.sandbox(name), 20)
            assert wire.call("DELETE", f"/sandbox/{early['id']}?force=true").status == 200
            assert creating.result(60).status == 404
    eventually("it is gone", lambda: wire.sandbox(early["id"]) is None, 60)
    eventually("nothing of it is left", lambda: not installation.traces(early["id"]), 30)


def test_stopped_many_times_at_once_it_stops_once(own_sandbox, installation) -> None:
    stops = [lambda: wire.call("POST", f"/sandbox/{own_sandbox.id}/stop") for _ in range(6)]
    answers = one_and_the_refused(installation, stops)
    assert [each.status for each in answers] == [409] * 5 + [200], answers
    assert answers[-1].json()["state"] == "stopped"
    again = wire.call("POST", f"/sandbox/{own_sandbox.id}/stop")
    assert again.status == 400 and "already stopped" in again.message


def test_started_many_times_at_once_it_starts_once(own_sandbox, installation) -> None:
    own_sandbox.stop()
    starts = [lambda: wire.call("POST", f"/sandbox/{own_sandbox.id}/start") for _ in range(6)]
    answers = one_and_the_refused(installation, starts)
    assert [each.status for each in answers] == [409] * 5 + [200], answers
    assert answers[-1].json()["state"] == "started"
    assert len(installation.shims(own_sandbox.id)) == 1
    # Started already: the same again.
    assert wire.call("POST", f"/sandbox/{own_sandbox.id}/start").status == 200


def test_started_and_stopped_at_once_it_ends_in_one_of_both(own_sandbox, installation) -> None:
    target = f"/sandbox/{own_sandbox.id}"
    for _ in range(3):
        answers = at_once([lambda verb=verb: wire.call("POST", f"{target}/{verb}") for verb in ("start", "stop") * 3])
        # A race, so each may be refused, but only for the state that it found, in the words of that state.
        words = {200: '"id"', 409: "State change in progress", 400: "already stopped"}
        assert all(words[each.status] in each.body.decode() for each in answers), answers
        assert any(each.status == 200 for each in answers), answers
        state = settled(own_sandbox.id)["state"]
        assert state in ("started", "stopped")
        assert bool(installation.shims(own_sandbox.id)) == (state == "started")


def test_deleted_many_times_at_once_it_is_gone(own_sandbox, installation) -> None:
    with nothing_goes_on(installation):
        answers = at_once([lambda: wire.call("DELETE", f"/sandbox/{own_sandbox.id}") for _ in range(6)])
    assert Counter(each.status for each in answers) == {200: 1, 409: 5}, answers
    eventually("it is gone", lambda: wire.sandbox(own_sandbox.id) is None, 60)
    assert installation.traces(own_sandbox.id) == []


def test_used_while_it_is_deleted_calls_end_with_an_answer(own_sandbox) -> None:
    def use() -> wire.Answer:
        return wire.toolbox(own_sandbox.id, "POST", "/process/execute", {"command": "touch $(mktemp /tmp/begun.XXXX); sleep 60"})

    with ThreadPoolExecutor(3) as pool:
        used = [pool.submit(use) for _ in range(3)]
        eventually("all have begun", lambda: inside.shell(own_sandbox, "ls /tmp | grep -c begun || true").strip() == "3")
        assert wire.call("DELETE", f"/sandbox/{own_sandbox.id}").status == 200
        answers = [each.result() for each in used]
    assert [each.status for each in answers] == [502] * 3, answers


def test_more_than_the_machine_holds_is_refused_and_nothing_stuck(installation) -> None:
    """As many as the configuration allows is too many for a quick test: what the machine may promise is asked for instead."""
    marker = unique("burst")
    answers = at_once([lambda: wire.call("POST", "/sandbox", {"labels": {"burst": marker}}, timeout=90) for _ in range(24)])
    made = [each["id"] for each in wire.sandboxes().values() if each.get("labels", {}).get("burst") == marker]
    try:
        refused = [each for each in answers if each.status != 200]
        assert all((each.status, "No available runners" in each.message) == (400, True) for each in refused), refused
        assert [settled(each)["state"] for each in made] == ["started"] * (len(answers) - len(refused))
    finally:
        at_once([lambda each=each: wire.remove(each) for each in made] or [lambda: wire.call("GET", "/health")])
    assert installation.leaks() == []
