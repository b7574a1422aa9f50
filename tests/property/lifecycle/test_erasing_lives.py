"""Whatever happened to a person's tickets: erased, nothing of it is left, and the figures are."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ruledesk.codec import ticket_to_dict
from ruledesk.desk.erasing import Erasing
from ruledesk.desk.person import find_person
from ruledesk.desk.service import Desk
from ruledesk.errors import Refused
from ruledesk.hooks.kinds import File, RawInput
from ruledesk.insight.statistics import Statistics, StatisticsAdder
from ruledesk.insight.weekly import Week, count_weeks
from ruledesk.lifecycle.evolve import replay
from ruledesk.model.ticket import OVER_STATUSES, Call
from ruledesk.reports.choice import Choice
from ruledesk.reports.stored import stored_cases
from ruledesk.storage.interface import Store, TicketQuery
from ruledesk.testing.desks import make_desk

SAMPLE = Path(__file__).parents[2] / "samples" / "rulesets" / "full.toml"
DESK: dict[str, Any] = {
    "desk": {"locale": "zh-CN"},
    "lines": {"main": {"ruleset": str(SAMPLE)}},
    "teams": {
        "after-sales": {"head": "A100", "agents": ["A101", "A102"]},
        "customer-service": {"head": "S100", "agents": ["S101"]},
    },
    "agents": {
        "A100": {"name": "Wang"}, "A101": {"skills": ["refrigerator"]}, "A102": {},
        "S100": {"roles": ["supervisor"]}, "S101": {}, "X100": {"roles": ["administrator"]},
    },
}  # fmt: skip
START = datetime(2026, 3, 9, 2, 0, tzinfo=UTC)
#: What is in all words of the person, of others, and of one who writes mails; in nothing else.
SECRET, OTHER, MAILED = "Zq7秘", "Wx9别", "Mj5信"
#: Who does what with which words; ``{}`` is where the words go.
STEPS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("acknowledge", "agent:A101", {"opinion": "{}"}),
    ("accept", "agent:A101", {}),
    ("contact", "agent:A101", {"via": "phone", "text": "{}"}),
    ("request_info", "agent:A101", {"missing": ["product"], "text": "{}"}),
    ("provide_info", "requester", {"text": "{}", "fields": {"order": "{}"}}),
    ("note", "agent:A101", {"text": "{}", "public": True}),
    ("note", "requester", {"text": "{}"}),
    ("assign", "agent:S100", {"agent": "A102", "note": "{}"}),
    ("collaborate", "agent:A101", {"team": "customer-service", "duty": "{}"}),
    ("answer_task", "agent:S101", {"task": 1, "text": "{}"}),
    ("plan", "agent:A101", {"cause": "{}", "solution": "{}"}),
    ("approve_plan", "agent:S100", {"reason": "{}"}),
    ("reject_plan", "agent:S100", {"reason": "{}"}),
    ("escalate", "agent:A101", {"to": "head", "reason": "{}"}),
    ("supervise", "agent:S100", {"reason": "{}"}),
    ("classify", "agent:A101", {"urgency": "urgent", "reason": "{}"}),
    ("resolve", "agent:A101", {"solution": "{}", "steps": "{}", "cautions": "{}"}),
    ("resolve", "agent:A101", {"article": "{}"}),
    ("decline", "requester", {"reason": "{}"}),
    ("confirm", "requester", {"rating": 2, "comment": "{}"}),
    ("rate", "requester", {"rating": 4, "scores": {"speed": 3}, "comment": "{}"}),
    ("review", "agent:S100", {"verdict": "improve", "text": "{}", "improvement": "{}"}),
    ("reopen", "requester", {"reason": "{}"}),
)
ENDS = st.sampled_from([("close", "agent:S100"), ("cancel", "requester")])
LIVES = st.lists(
    st.tuples(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(1, 2000)), max_size=8), ENDS),
    min_size=1,
    max_size=3,
)


class Life:
    """Fills a desk with words that can be told from all others."""

    def __init__(self, desk: Desk, words: str, now: datetime = START) -> None:
        self.desk = desk
        self.words = words
        self.now = now
        self.said = 0

    def word(self) -> str:
        self.said += 1
        return f"{self.words}{self.said:04d}"

    def filled(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self.filled(one) for name, one in value.items()}
        return self.word() if value == "{}" else value

    def ticket(self, steps: Any, end: tuple[str, str], kind: str, **who: str) -> str:
        """Live one ticket through; its requester is one person all the time."""
        desk = self.desk
        fields = {
            "type": kind, "product": "fridge", "urgency": "urgent", "requester": who,
            **{name: self.word() for name in ("subject", "description", "phenomenon", "expected",
                                              "impact_text", "module", "order")},
        }  # fmt: skip
        files = (File(f"{self.word()}.txt", self.word().encode(), "text/plain"),)
        number = desk.submit(
            by="requester", line="main", channel="phone", fields=fields, at=self.now, files=files
        ).number
        for (action, by, given_), minutes in steps:
            self.now += timedelta(minutes=minutes)
            desk.sweep(self.now)
            try:
                desk.act(number, action, by=by, fields=self.filled(given_), at=self.now)
            except Refused:
                continue
        self.now += timedelta(minutes=1)
        desk.sweep(self.now)
        if desk.ticket(number).status not in OVER_STATUSES:
            action, by = end
            desk.act(number, action, by=by, fields={"reason": self.word()}, at=self.now)
        return number

    def call(self) -> str:
        """Ring, and become a ticket."""
        call = Call(f"call-{self.word()}", self.word(), self.now)
        with self.desk.store.transaction() as transaction:
            transaction.save_call(call, "")
        fields = {"type": "repair", "description": self.word(), "call": call.id,
                  "requester": {"id": "E77", "phone": "138 0000 0001"}}  # fmt: skip
        ticket = self.desk.submit(
            by="agent:S101", line="main", channel="phone", fields=fields, at=self.now
        )
        self.desk.act(ticket.number, "cancel", by="requester", at=self.now)
        return call.id

    def mail(self) -> str:
        """Write through a channel, which keeps the raw input; returns the sender's address."""
        text = (
            f"From: {self.word()} <z@example.com>\nMessage-ID: <{self.word()}@x>\n"
            f"Subject: {self.word()}\n\n{self.word()}"
        )
        raw = RawInput(text.encode(), "message/rfc822")
        (receipt,) = self.desk.receive("email", raw, at=self.now)
        self.desk.act(receipt.ticket, "cancel", by="requester", at=self.now)
        return "z@example.com"


def figures(desk: Desk, now: datetime) -> tuple[Statistics, tuple[Week, ...]]:
    adder = StatisticsAdder(ZoneInfo("Asia/Shanghai"))
    for case in stored_cases(desk.store, Choice(None, None, ""), desk.config.directory.teams_of):
        adder.add(case)
    weeks = count_weeks(desk.store.all_events(), ZoneInfo("Asia/Shanghai"))
    return adder.statistics(now), weeks


def everything(store: Store) -> Iterator[str]:
    with store.snapshot() as records:
        for record in records:
            content = getattr(record, "content", None)
            yield repr(record) if content is None else content.decode()


def counted(desk: Desk, number: str) -> dict[str, Any]:
    """What of a ticket is no words: all of it stays."""
    view = ticket_to_dict(desk.ticket(number))
    names = ("line", "channel", "created_at", "status", "type", "category", "product", "urgency",
             "impact", "priority", "flags", "team", "agent", "targets", "timers", "rating",
             "scores", "reopens", "closed_at", "resolved_at", "updated_at", "messages", "manual",
             "missing", "links", "ruleset")  # fmt: skip
    return {name: view.get(name) for name in names}


@pytest.mark.requirement("C13", "D12")
@given(lives=LIVES, other=LIVES)
@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
def test_nothing_is_left_but_the_figures(lives: Any, other: Any) -> None:
    desk = make_desk(DESK, deliver=True)
    life = Life(desk, SECRET)
    numbers = [
        life.ticket(steps, end, kind, id="E77", name=life.word(), phone="138-0000-0001",
                    company=life.word(), level="vip")
        for (steps, end), kind in zip(lives, ("repair", "complaint", "repair"), strict=False)
    ]  # fmt: skip
    call = life.call()
    others = Life(desk, OTHER, life.now)
    theirs = [others.ticket(*one, "repair", id="E78", phone="139") for one in other]
    kept = [whole(desk, number) for number in theirs]
    now = others.now + timedelta(days=400)
    before = figures(desk, now)
    views = [counted(desk, number) for number in numbers]

    done = Erasing(desk).erase(
        find_person(desk.store, phone="+86 138 0000 0001"),
        reason="request of 9 March",
        by="agent:X100",
        now=now,
    )

    assert done.tickets == len(numbers) + 1
    assert figures(desk, now) == before
    assert [counted(desk, number) for number in numbers] == views
    for number in numbers:
        ticket = desk.ticket(number)
        assert replay(desk.store.events(number)) == ticket
        assert (ticket.requester.id, ticket.requester.level) == ("erased-000001", "vip")
        assert not any(one.state == "waiting" for one in desk.store.messages(number))
    assert [whole(desk, number) for number in theirs] == kept
    assert desk.store.call(call) is None
    assert desk.store.requester(id="E77", phone="13800000001") is None
    left = "\n".join(everything(desk.store))
    assert OTHER in left
    assert not any(word in left for word in (SECRET, "E77", "13800000001"))
    assert not desk.store.query(TicketQuery(text=SECRET)).tickets
    desk.close()


@pytest.mark.requirement("C13", "A2")
def test_mails_go_with_their_raw_input() -> None:
    """The kept mail, its Message-ID and the sender's address go; the desk can be asked no more."""
    desk = make_desk(DESK)
    address = Life(desk, MAILED).mail()
    person = find_person(desk.store, email=f" {address.upper()}")
    assert MAILED in "\n".join(everything(desk.store))
    Erasing(desk).erase(person, reason="asked for", by="agent:X100", now=START)
    left = "\n".join(everything(desk.store))
    assert MAILED not in left
    assert address not in left
    assert desk.store.by_source(f"<{MAILED}0002@x>") is None
    desk.close()


def whole(desk: Desk, number: str) -> Any:
    return desk.ticket(number), desk.store.events(number), desk.store.messages(number)
