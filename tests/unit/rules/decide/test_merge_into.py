"""The same problem twice is one ticket: merged by a reaction into the older one (E2)."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest

from ruledesk.desk.service import Desk
from ruledesk.errors import Refused
from ruledesk.model.event import Decided
from ruledesk.model.ticket import Link, Status, Ticket

DeskWith = Callable[..., Desk]
H = timedelta(hours=1)
OVERLAY = """
[correlations.same]
key = ["requester.id", "product", "type"]
window = "24h"
[[reactions]]
name = "join"
on = ["submitted", "classified"]
when = "counts.same >= 2"
merge_into = "same"
[[reactions]]
name = "director"
on = ["submitted"]
when = "counts.same >= 2"
send = [{ to = ["role:supervisor"], via = ["message"], template = "overdue" }]
[[reactions]]
name = "open-only"
on = ["assigned"]
when = "open"
send = [{ to = ["team"], via = ["message"], template = "resolved" }]
[[reactions]]
name = "tell-merged"
on = ["merged"]
send = [{ to = ["requester"], via = ["sms"], template = "progress" }]
"""


@pytest.fixture
def shop(desk_with: DeskWith) -> Desk:
    return desk_with(OVERLAY)


def submit(desk: Desk, at: datetime, channel: str = "web", **fields: Any) -> Ticket:
    given = {
        "type": "repair",
        "description": "x",
        "product": "fridge",
        "requester": {"phone": "138"},
        **fields,
    }
    return desk.submit(by="requester", line="main", channel=channel, fields=given, at=at)


def sent(desk: Desk, ticket: Ticket, about: str) -> list[str]:
    found = (delivery.message for delivery in desk.store.messages(ticket.number))
    return [message.to for message in found if message.about == about]


@pytest.mark.requirement("E2")
def test_reported_twice_is_one_ticket(shop: Desk, start: datetime) -> None:
    first = submit(shop, start, "phone")
    second = submit(shop, start + H, "app")
    assert first.status is Status.NEW
    assert (second.status, second.links) == (
        Status.MERGED,
        (Link(first.number, "merged-into"),),
    )
    assert shop.ticket(first.number).links == (Link(second.number, "merged"),)
    assert {target.state for target in second.targets.values()} == {"cancelled"}
    assert not second.timers
    assert shop.ticket(first.number).targets["response"].state == "running"
    # What else the submission brings about is still told; then the requester.
    assert sent(shop, second, "overdue") == ["agent:S100"]
    assert sent(shop, second, "progress") == ["requester"]
    assert sent(shop, second, "resolved") == []
    kinds = [event.body.kind for event in shop.store.events(second.number)]
    assert kinds.index("messages_queued") < kinds.index("merged")


@pytest.mark.requirement("F2")
def test_the_decision_says_where_and_on_which_facts(shop: Desk, start: datetime) -> None:
    first, second = submit(shop, start), submit(shop, start)
    decisions = [
        decision
        for event in shop.store.events(second.number)
        if isinstance(event.body, Decided)
        for decision in event.body.decisions
        if decision.rule == "join"
    ]
    (decision,) = decisions
    assert decision.outcome == {"merge_into": "same", "into": first.number}
    assert decision.events == {"same": (first.number, second.number)}
    assert decision.facts["counts.same"] == 2
    merged = next(e for e in shop.store.events(second.number) if e.body.kind == "merged")
    assert (merged.actor, merged.body.rule) == ("system", "join")  # type: ignore[attr-defined]


@pytest.mark.requirement("E2")
@pytest.mark.parametrize(
    "fields", [{"product": "oven"}, {"type": "complaint"}, {"requester": {"phone": "139"}}]
)
def test_another_problem_is_another_ticket(
    fields: dict[str, Any], shop: Desk, start: datetime
) -> None:
    submit(shop, start)
    assert submit(shop, start + H, **fields).status is Status.NEW


def test_into_the_oldest_that_is_open(shop: Desk, start: datetime) -> None:
    first = submit(shop, start)
    second = submit(shop, start + H)
    third = submit(shop, start + 2 * H)
    assert second.links == third.links == (Link(first.number, "merged-into"),)
    assert shop.ticket(first.number).links == (
        Link(second.number, "merged"),
        Link(third.number, "merged"),
    )


@pytest.mark.parametrize(
    ("action", "fields"),
    [("close", {}), ("cancel", {}), ("resolve", {"solution": "x"})],
)
def test_never_into_what_nobody_works_on(
    action: str, fields: dict[str, Any], shop: Desk, start: datetime
) -> None:
    first = submit(shop, start)
    shop.act(first.number, action, by="agent:S100", fields=fields, at=start)
    second = submit(shop, start + H)
    assert (second.status, second.links) == (Status.NEW, ())
    assert sent(shop, second, "overdue")  # the other reactions see the count all the same
    third = submit(shop, start + 2 * H)
    assert third.links == (Link(second.number, "merged-into"),)


@pytest.mark.requirement("E2")
def test_never_into_a_younger_one(shop: Desk, start: datetime) -> None:
    first = submit(shop, start)
    shop.act(first.number, "close", by="agent:S100", at=start)
    second = submit(shop, start + H)
    shop.act(first.number, "reopen", by="agent:S100", at=start + H)
    # The older one is looked at again while the younger one is open: it stays.
    fields = {"urgency": "urgent", "reason": "x"}
    older = shop.act(first.number, "classify", by="agent:S100", fields=fields, at=start + 2 * H)
    assert older.status in (Status.NEW, Status.IN_PROGRESS)
    younger = shop.act(second.number, "classify", by="agent:S100", fields=fields, at=start + 2 * H)
    assert (younger.status, younger.links[-1].other) == (Status.MERGED, first.number)
    with pytest.raises(Refused):
        shop.act(
            first.number, "merge", by="agent:S100", fields={"into": second.number}, at=start + 3 * H
        )


def test_linked_and_merged_in_one_commit(desk_with: DeskWith, start: datetime) -> None:
    desk = desk_with(
        OVERLAY.replace('merge_into = "same"', 'merge_into = "same"\nlink_to = "same"')
    )
    first, second = submit(desk, start), submit(desk, start)
    assert desk.ticket(second.number).status is Status.MERGED
    assert desk.ticket(first.number).links == (
        Link(second.number, "same"),
        Link(second.number, "merged"),
    )


@pytest.mark.requirement("E2")
def test_merged_later(desk_with: DeskWith, start: datetime) -> None:
    desk = desk_with(OVERLAY.replace('merge_into = "same"', 'merge_into = "same"\nafter = "10m"'))
    first, second = submit(desk, start), submit(desk, start + H)
    assert second.status is Status.NEW
    desk.advance(start + 2 * H)
    assert desk.ticket(second.number).status is Status.MERGED
    assert desk.ticket(first.number).links == (Link(second.number, "merged"),)


@pytest.mark.requirement("E2")
def test_both_directions_at_once(shop: Desk, start: datetime) -> None:
    for place in range(15):
        requester = {"requester": {"phone": f"1380000{place:04}"}}
        first = submit(shop, start, **requester)
        shop.act(first.number, "close", by="agent:S100", at=start)
        second = submit(shop, start, **requester)
        shop.act(first.number, "reopen", by="agent:S100", at=start)
        barrier = Barrier(2)

        def by_hand(
            barrier: Barrier = barrier, one: str = first.number, two: str = second.number
        ) -> None:
            barrier.wait()
            with suppress(Refused):
                shop.act(one, "merge", by="agent:S100", fields={"into": two}, at=start + H)

        def by_rule(barrier: Barrier = barrier, two: str = second.number) -> None:
            barrier.wait()
            fields = {"urgency": "urgent", "reason": "x"}
            with suppress(Refused):
                shop.act(two, "classify", by="agent:S100", fields=fields, at=start + H)

        threads = [Thread(target=by_hand), Thread(target=by_rule)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        one, two = shop.ticket(first.number), shop.ticket(second.number)
        assert [one.status, two.status].count(Status.MERGED) == 1
        merged, other = (one, two) if one.status is Status.MERGED else (two, one)
        assert merged.links == (Link(other.number, "merged-into"),)
        assert other.links == (Link(merged.number, "merged"),)


@pytest.mark.requirement("E2")
def test_many_at_once_end_in_one(shop: Desk, start: datetime) -> None:
    barrier = Barrier(8)

    def one() -> None:
        barrier.wait()
        submit(shop, start)

    threads = [Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = [f"R20260309{place:03}" for place in range(1, 9)]
    tickets = [shop.ticket(number) for number in numbers]
    assert [t.status for t in tickets].count(Status.NEW) == 1
    assert len(tickets[0].links) == 7
    assert all(t.links == (Link(numbers[0], "merged-into"),) for t in tickets[1:])
