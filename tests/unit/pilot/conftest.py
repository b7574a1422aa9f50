"""A ticket, messages, and a desk in memory small enough to see through."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from attrs import define, field

from ruledesk.desk.config import DeskConfig
from ruledesk.errors import InvalidInput, NotFound, Refused
from ruledesk.model.action import BY_NAME, Accept, LinkTo, Submit
from ruledesk.model.event import Event, FlagsChanged, MessagesQueued, TargetBreached
from ruledesk.model.message import Message
from ruledesk.model.ticket import Link, Plan, Requester, Status, Target, Task, Ticket
from ruledesk.model.values import changed

START = datetime(2026, 11, 2, 1, tzinfo=UTC)


def make_message(**given: str) -> Message:
    parts: dict[str, Any] = {
        "id": "G1/1", "ticket": "G1", "to": "requester", "via": "sms", "about": "received",
        "address": "138", "subject": "Ticket G1", "text": "Thank you", "locale": "en",
        "rule": "thanks", "on_behalf": "",
    }  # fmt: skip
    return Message(**{**parts, **given})


@pytest.fixture
def message() -> Callable[..., Message]:
    return make_message


@pytest.fixture
def ticket() -> Ticket:
    due = START + timedelta(hours=2)
    target = Target("response", "running", START, "2h", "business", due, "response-2h")
    return Ticket(
        number="G1",
        line="hotline",
        channel="phone",
        created_at=START,
        requester=Requester(name="Zhang", phone="13800000001"),
        status=Status.IN_PROGRESS,
        flags=frozenset({"overdue", "vague"}),
        affected_users=3,
        loss=12.5,
        targets={"response": target},
        tasks=(Task(1, "it", "look", None, START, "agent:A1", answer="done"),),
        plan=Plan("worn", "replace", START + timedelta(days=1), "agent:A1"),
        links=(Link("G2", "duplicate"), Link("G3", "related")),
        custom={"model": "X-1", "count": 4, "bought": START, "safe": True},
    )


@define
class FakeStore:
    log: list[Event] = field(factory=list)

    def events(self, number: str) -> list[Event]:
        return [event for event in self.log if event.ticket == number]

    def all_events(self) -> list[Event]:
        return list(self.log)

    def counts(self) -> Mapping[str, int]:
        return {"events": len(self.log)}


class FakeDesk:
    """Numbers tickets, notes what is done, warns at every advance past an hour."""

    def __init__(self, config: DeskConfig) -> None:
        self.config = config
        self.store = FakeStore()
        self.tickets: dict[str, Ticket] = {}
        self.now = START
        self.closed = False

    def _add(self, number: str, actor: str, body: Any, status: Status | None = None) -> None:
        version = len(self.store.events(number)) + 1
        self.store.log.append(Event(number, version, self.now, actor, body, status))

    def submit(self, *, by, line, channel, fields, at, files=()) -> Ticket:
        self.now = at
        if "type" not in fields:
            raise Refused.of("a type is needed", "缺少类型", field="type", accepted=("repair",))
        number = f"G{len(self.tickets) + 1}"
        requester = Requester(name=fields.get("requester", {}).get("name", ""))
        self._add(number, by, Submit(line, channel, requester, {"subject": "It broke"}))
        self._add(number, "system", MessagesQueued((make_message(ticket=number),)))
        self.tickets[number] = Ticket(
            number, line, channel, at, requester, type=fields["type"], custom={"files": len(files)}
        )
        return self.tickets[number]

    def act(self, number, action, *, by, fields, at, files=()) -> Ticket:
        self.now = at
        if by == "agent:A999":
            raise Refused.of("unknown agent", "未知的处理人", field="by", value=by)
        if by == "agent:BAD":
            self._add(number, by, FlagsChanged(("vague",)))
            raise Refused.of("too late", "太晚", field="by", value=by)
        status = Status.IN_PROGRESS if action == Accept.action else None
        ticket = self.tickets[number]
        if action == LinkTo.action:
            ticket = changed(ticket, links=(Link(fields["other"], "related"),))
        self._add(number, by, BY_NAME[action](**fields), status)
        self.tickets[number] = changed(ticket, status=status or ticket.status)
        return self.tickets[number]

    def receive(self, channel, raw, *, at, line=""):
        if channel == "emial":
            raise InvalidInput.of("no such channel", "没有此渠道", field="channel", value=channel)
        if raw.content == b"spam":
            return (SimpleNamespace(kind="ignored", ticket="", reason="spam"),)
        if raw.content.startswith(b"G"):
            return (SimpleNamespace(kind="follow_up", ticket=raw.content.decode(), reason=""),)
        made = self.submit(by="requester", line=line, channel=channel, fields={"type": "x"}, at=at)
        return (SimpleNamespace(kind="ticket", ticket=made.number, reason=""),)

    def advance(self, to, *, inclusive=True) -> int:
        if to - self.now > timedelta(hours=1):
            for number in self.tickets:
                self.now = to
                self._add(number, "system", TargetBreached("response", to))
        self.now = to
        return 0

    def ticket(self, number) -> Ticket:
        if number not in self.tickets:
            raise NotFound.of("no such ticket", "没有该工单", value=number)
        return self.tickets[number]

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def open_desk() -> Callable[[DeskConfig], FakeDesk]:
    return FakeDesk


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk(DeskConfig.from_mapping({}, folder=Path()))
