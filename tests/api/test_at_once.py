"""The same thing twice, or many things at once: one wins, the others are told, nothing is made twice."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from support import unique, wire

SETTLED = ("started", "stopped", "error")


def at_once(calls: list) -> list[wire.Answer]:
    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(lambda each: each(), calls))


def settled(sandbox_id: str) -> dict:
    def look() -> dict | None:
        found = wire.sandbox(sandbox_id)
        return found if found and found["state"] in SETTLED else None

    return wire.wait_for(f"{sandbox_id} settled", look, 60)


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


def test_deleted_while_it_is_created_it_is_refused_or_gone(name: str, installation) -> None:
    with ThreadPoolExecutor(1) as pool:
        creating = pool.submit(wire.call, "POST", "/sandbox", {"name": name})
        early = wire.wait_for("it is known", lambda: wire.sandbox(name), 20)
        deleted = wire.call("DELETE", f"/sandbox/{early['id']}")
        # A plain deletion of what is being created is a conflict; it had started already, or it goes.
        assert deleted.status in (200, 409), deleted
        created = creating.result(60)
        assert created.status in (200, 400, 404, 409), created
    if deleted.status == 409:
        assert settled(early["id"])["state"] == "started"
    wire.remove(early["id"])
    assert installation.traces(early["id"]) == []


def test_deleted_by_force_while_it_is_created_it_is_gone(name: str, installation) -> None:
    with ThreadPoolExecutor(1) as pool:
        creating = pool.submit(wire.call, "POST", "/sandbox", {"name": name})
        early = wire.wait_for("it is known", lambda: wire.sandbox(name), 20)
        assert wire.call("DELETE", f"/sandbox/{early['id']}?force=true").status == 200
        assert creating.result(60).status < 500
    wire.wait_for("it is gone", lambda: wire.sandbox(early["id"]) is None, 60)
    wire.wait_for("nothing of it is left", lambda: not installation.traces(early["id"]), 30)


def test_stopped_many_times_at_once_it_stops_once(own_sandbox) -> None:
    answers = at_once([lambda: wire.call("POST", f"/sandbox/{own_sandbox.id}/stop") for _ in range(6)])
    statuses = Counter(each.status for each in answers)
    assert statuses[200] >= 1 and set(statuses) <= {200, 400, 409}, statuses
    assert all(each.json()["state"] in ("stopping", "stopped") for each in answers if each.status == 200)
    assert settled(own_sandbox.id)["state"] == "stopped"
    again = wire.call("POST", f"/sandbox/{own_sandbox.id}/stop")
    assert again.status == 400 and again.message


def test_started_many_times_at_once_it_starts_once(own_sandbox, installation) -> None:
    own_sandbox.stop()
    answers = at_once([lambda: wire.call("POST", f"/sandbox/{own_sandbox.id}/start") for _ in range(6)])
    statuses = Counter(each.status for each in answers)
    assert statuses[200] >= 1 and set(statuses) <= {200, 409}, statuses
    assert settled(own_sandbox.id)["state"] == "started"
    assert len(installation.shims(own_sandbox.id)) == 1
    # Started already: the same again.
    assert wire.call("POST", f"/sandbox/{own_sandbox.id}/start").status == 200


def test_started_and_stopped_at_once_it_ends_in_one_of_both(own_sandbox, installation) -> None:
    target = f"/sandbox/{own_sandbox.id}"
    for _ in range(3):
        answers = at_once([lambda verb=verb: wire.call("POST", f"{target}/{verb}") for verb in ("start", "stop") * 3])
        assert all(each.status in (200, 400, 409) for each in answers), answers
        state = settled(own_sandbox.id)["state"]
        assert state in ("started", "stopped")
        assert bool(installation.shims(own_sandbox.id)) == (state == "started")


def test_deleted_many_times_at_once_it_is_gone(own_sandbox, installation) -> None:
    answers = at_once([lambda: wire.call("DELETE", f"/sandbox/{own_sandbox.id}") for _ in range(6)])
    assert any(each.status == 200 for each in answers)
    assert all(each.status in (200, 404, 409) for each in answers), answers
    wire.wait_for("it is gone", lambda: wire.sandbox(own_sandbox.id) is None, 60)
    assert installation.traces(own_sandbox.id) == []


def test_used_while_it_is_deleted_calls_end_with_an_answer(own_sandbox) -> None:
    def use() -> wire.Answer:
        return wire.toolbox(own_sandbox.id, "POST", "/process/execute", {"command": "sleep 5"}, timeout=60)

    answers = at_once([use, use, use, lambda: wire.call("DELETE", f"/sandbox/{own_sandbox.id}")])
    assert answers[-1].status == 200
    assert all(200 <= each.status < 600 for each in answers)


def test_more_than_the_machine_holds_is_refused_and_nothing_stuck(installation) -> None:
    """As many as the configuration allows is too many for a quick test: the disk pool's promise is asked for instead."""
    marker = unique("crowd")
    answers = at_once([lambda: wire.call("POST", "/sandbox", {"labels": {"crowd": marker}}, timeout=90) for _ in range(24)])
    made = [each["id"] for each in wire.sandboxes().values() if each.get("labels", {}).get("crowd") == marker]
    try:
        assert all(each.status in (200, 400) for each in answers), Counter(each.status for each in answers)
        assert all(each.message for each in answers if each.status == 400)
        assert all(settled(each)["state"] in ("started", "error") for each in made)
    finally:
        at_once([lambda each=each: wire.remove(each) for each in made] or [lambda: wire.call("GET", "/health")])
    assert installation.leaks() == []
