"""The retention run: what need not be kept goes, ticket by ticket, and the log says so."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import islice
from time import process_time
from typing import Any

import pytest

from ruledesk import hookimpl
from ruledesk.desk.retention import Removed, Tally, removed, removed_data, run, sweep
from ruledesk.desk.service import Desk
from ruledesk.errors import NotFound, Problem, Refused
from ruledesk.model.ticket import Status
from ruledesk.testing.samples import sample_ticket, store_ticket

pytestmark = pytest.mark.requirement("C13")

DeskWith = Callable[..., Desk]
PEOPLE: dict[str, Any] = {
    "teams": {"after-sales": {"head": "A100", "agents": ["A101"]}},
    "agents": {"A100": {"roles": ["supervisor"]}, "A101": {}, "X100": {"roles": ["administrator"]}},
}
RETENTION = '[policy]\nretention = "30d"\n'
START = datetime.fromisoformat("2026-03-09T10:00:00+08:00")
MONTH = timedelta(days=30)


def submit(desk: Desk, at: datetime) -> str:
    fields = {"type": "repair", "description": "secret words", "requester": {"phone": "138"}}
    return desk.submit(by="requester", line="main", channel="web", fields=fields, at=at).number


def over(desk: Desk, at: datetime, action: str = "cancel") -> str:
    """Store a ticket that is over from then on."""
    number = submit(desk, at)
    desk.act(number, action, by="system", fields={"reason": "x"}, at=at)
    return number


def test_only_what_need_not_be_kept_goes(desk_with: DeskWith) -> None:
    desk = desk_with(RETENTION, PEOPLE)
    gone = [over(desk, START + timedelta(hours=hour)) for hour in range(3)]
    closed = over(desk, START, "close")
    young = over(desk, START + timedelta(days=2))
    open_ = submit(desk, START - timedelta(days=900))
    now = START + MONTH + timedelta(days=1)
    assert run(desk, now) == Tally(deleted=4)
    for number in (*gone, closed):
        with pytest.raises(NotFound, match="deleted"):
            desk.ticket(number)
    assert desk.ticket(young)
    assert desk.ticket(open_)
    assert run(desk, now) == Tally()


def test_the_log_says_what_went_by_which_retention(desk_with: DeskWith) -> None:
    desk = desk_with(RETENTION, PEOPLE)
    number = over(desk, START, "close")
    by_hand = over(desk, START)
    run(desk, START + MONTH - timedelta(seconds=1))
    assert list(removed(desk.store)) == []
    fields = {"reason": "asked for"}
    desk.act(by_hand, "delete", by="agent:X100", fields=fields, at=START + MONTH)
    run(desk, START + MONTH)
    first, second = removed(desk.store)
    assert first == Removed(first.tombstone)
    assert (second.retention, second.ruleset) == ("30d", "overlay@1.0.0")
    assert (second.tombstone.number, second.tombstone.by) == (number, "system")
    data = removed_data(second)
    assert data["closed_at"] == "2026-03-09T02:00:00+00:00"
    assert data["at"] == "2026-04-08T02:00:00+00:00"
    assert "secret" not in str(data)


def test_without_a_retention_nothing_goes_by_itself(desk_with: DeskWith) -> None:
    """An administrator may delete there; the desk by itself may not."""
    desk = desk_with("", PEOPLE)
    number = over(desk, START)
    assert run(desk, START + timedelta(days=9000)) == Tally()
    with pytest.raises(Refused, match="retention"):
        desk.act(number, "delete", by="system", fields={"reason": "x"}, at=START)
    desk.act(number, "delete", by="agent:X100", fields={"reason": "x"}, at=START)


@pytest.mark.parametrize("by", ["agent:A100", "agent:A101", "requester"])
def test_people_may_not_delete_more_than_before(desk_with: DeskWith, by: str) -> None:
    desk = desk_with(RETENTION, PEOPLE)
    number = over(desk, START)
    with pytest.raises(Refused):
        desk.act(number, "delete", by=by, fields={"reason": "x"}, at=START + 2 * MONTH)


def test_what_a_ticket_at_work_refers_to_is_kept(desk_with: DeskWith) -> None:
    desk = desk_with(RETENTION, PEOPLE)
    one, other = submit(desk, START), submit(desk, START)
    desk.act(one, "link", by="agent:A101", fields={"other": other, "kind": "related"}, at=START)
    desk.act(one, "cancel", by="requester", at=START)
    now = START + 2 * MONTH
    (kept,) = sweep(desk, now)
    assert kept.number == one
    assert kept.kept[0].value == other
    desk.act(other, "cancel", by="requester", at=now)
    assert run(desk, now) == Tally(deleted=1)
    assert run(desk, now + MONTH) == Tally(deleted=1)


class _Holds:
    """A plugin that holds tickets back."""

    RULEDESK_API = "1.0"

    @hookimpl
    def ruledesk_before_action(self, ticket: Any, action: Any, actor: str) -> Problem | None:
        if action.action != "delete" or actor != "system" or not ticket.number.endswith("2"):
            return None
        return Problem("is evidence", "是证据", "action")


def test_a_plugin_may_hold_a_ticket_back(desk_with: DeskWith) -> None:
    """What may not go is named with the reason, and the run goes on behind it."""
    desk = desk_with(RETENTION, PEOPLE, plugins={"holds": _Holds()})
    numbers = [over(desk, START + timedelta(minutes=n)) for n in range(3)]
    outcomes = list(sweep(desk, START + 2 * MONTH))
    assert [one.number for one in outcomes] == numbers
    assert [[p.en for p in one.kept] for one in outcomes] == [[], ["is evidence"], []]
    assert desk.ticket(numbers[1])


class _Breaks:
    """A plugin that should hold tickets back, and fails."""

    RULEDESK_API = "1.0"

    @hookimpl
    def ruledesk_before_action(self, action: Any) -> None:
        if action.action == "delete":
            raise RuntimeError


def test_where_a_plugin_cannot_say_the_ticket_is_kept(desk_with: DeskWith) -> None:
    """What is deleted cannot be got back; a person may still delete it."""
    desk = desk_with(RETENTION, PEOPLE, plugins={"breaks": _Breaks()})
    number = over(desk, START)
    (outcome,) = sweep(desk, START + 2 * MONTH)
    assert outcome.kept[0].value == "breaks"
    fields = {"reason": "x"}
    desk.act(number, "delete", by="agent:X100", fields=fields, at=START + 2 * MONTH)


def test_a_ruleset_may_say_more(desk_with: DeskWith) -> None:
    overlay = RETENTION + "[actions.delete]\nwhen = '\"supervised\" not in flags'\n"
    desk = desk_with(overlay, PEOPLE)
    number = submit(desk, START)
    desk.act(number, "supervise", by="agent:A100", fields={"reason": "x"}, at=START)
    desk.act(number, "cancel", by="requester", at=START)
    assert run(desk, START + 2 * MONTH) == Tally(kept=1)


def test_a_dry_run_changes_nothing(desk_with: DeskWith) -> None:
    desk = desk_with(RETENTION, PEOPLE, plugins={"holds": _Holds()})
    for n in range(3):
        over(desk, START + timedelta(minutes=n))
    now = START + 2 * MONTH
    before = dict(desk.store.counts())
    told = list(sweep(desk, now, dry_run=True))
    assert dict(desk.store.counts()) == before
    assert list(sweep(desk, now)) == told


def test_a_run_that_is_cut_off_is_gone_on_with(desk_with: DeskWith) -> None:
    """Each deletion lasts by itself; more than a page of them, too."""
    desk = desk_with(RETENTION, PEOPLE)
    for n in range(230):
        over(desk, START + timedelta(seconds=n))
    now = START + 2 * MONTH
    assert len(list(islice(sweep(desk, now), 7))) == 7
    assert len(list(desk.store.tombstones())) == 7
    assert run(desk, now) == Tally(deleted=223)
    assert desk.store.counts()["tickets"] == 0


def test_a_run_that_is_told_to_end_leaves_the_rest(desk_with: DeskWith) -> None:
    desk = desk_with(RETENTION, PEOPLE)
    for minute in range(5):
        over(desk, START + timedelta(minutes=minute))
    told = iter([False, True])
    now = START + 2 * MONTH
    assert run(desk, now, lambda: next(told)) == Tally(deleted=2, cut_off=True)
    assert run(desk, now) == Tally(deleted=3)


def test_two_runs_at_once_delete_each_ticket_once(desk_with: DeskWith) -> None:
    desk = desk_with(RETENTION, PEOPLE)
    for n in range(60):
        over(desk, START + timedelta(seconds=n))
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: run(desk, START + 2 * MONTH), range(2))
    assert first.deleted + second.deleted == 60
    assert first.kept == second.kept == 0
    assert len(list(desk.store.tombstones())) == 60


def test_ten_times_the_tickets_take_ten_times_as_long(desk_with: DeskWith) -> None:
    """A deletion costs what the ticket has, and not what the store has."""
    each = []
    for count in (500, 5000):
        desk = desk_with(RETENTION, PEOPLE)
        for n in range(count):
            ticket = sample_ticket(f"T{n:05}", line="main", status=Status.CANCELLED)
            store_ticket(desk.store, ticket, source=f"mail-{n}")
        began = process_time()
        assert run(desk, START) == Tally(deleted=count)
        each.append((process_time() - began) / count)
    assert each[1] < 2.5 * each[0]


def test_two_desks_on_one_postgresql_delete_each_ticket_once(
    desk_with: DeskWith, postgres_url: str
) -> None:
    desks = [desk_with(RETENTION, PEOPLE, storage=postgres_url) for _ in range(2)]
    for n in range(40):
        over(desks[0], START + timedelta(seconds=n))
    with ThreadPoolExecutor(2) as pool:
        tallies = list(pool.map(lambda desk: run(desk, START + 2 * MONTH), desks))
    assert sum(one.deleted for one in tallies) == 40
    assert sum(one.kept for one in tallies) == 0
    assert len(list(desks[0].store.tombstones())) == 40
    for desk in desks:
        desk.close()
