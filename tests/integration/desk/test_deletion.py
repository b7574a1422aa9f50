"""Deleting tickets: only administrators, only when they need no longer be kept, and for good."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ruledesk import hookimpl
from ruledesk.desk.service import Desk
from ruledesk.errors import NotFound, Refused
from ruledesk.hooks.kinds import File
from ruledesk.model.ticket import Status, Ticket

DeskWith = Callable[..., Desk]
PEOPLE: dict[str, Any] = {
    "teams": {"after-sales": {"head": "A100", "agents": ["A101"]}},
    "agents": {"A100": {"roles": ["supervisor"]}, "A101": {}, "X100": {"roles": ["administrator"]}},
}
RETENTION = '[policy]\nretention = "3y"\n'


@pytest.fixture
def start() -> datetime:
    return datetime.fromisoformat("2026-03-09T10:00:00+08:00")


def submit(desk: Desk, at: datetime, **more: Any) -> Ticket:
    fields = {"type": "repair", "description": "机密 secret", "requester": {"phone": "138"}}
    return desk.submit(by="requester", line="main", channel="web", fields=fields, at=at, **more)


def delete(desk: Desk, ticket: Ticket, at: datetime, by: str = "agent:X100") -> Ticket:
    return desk.act(ticket.number, "delete", by=by, fields={"reason": "保存期满"}, at=at)


@pytest.mark.requirement("C13", "F4")
def test_a_ticket_is_kept_as_long_as_the_policy_says(desk_with: DeskWith, start: datetime) -> None:
    desk = desk_with(RETENTION, PEOPLE)
    ticket = submit(desk, start)
    with pytest.raises(Refused) as refused:
        delete(desk, ticket, start)
    assert refused.value.problems[0].field == "action"  # it is open
    closed = start + timedelta(hours=5)
    desk.act(ticket.number, "close", by="agent:A101", at=closed)
    until = datetime.fromisoformat("2029-03-09T15:00:00+08:00")
    for at in (closed, until - timedelta(seconds=1)):
        with pytest.raises(Refused) as refused:
            delete(desk, ticket, at)
        (problem,) = refused.value.problems
        assert "2029-03-09" in problem.en
        assert "2029-03-09" in problem.zh
        assert problem.accepted == (">= 2029-03-09T15:00:00+08:00",)
        assert problem.value == "delete"
    assert desk.ticket(ticket.number).status is Status.ARCHIVED
    assert delete(desk, ticket, until).number == ticket.number
    with pytest.raises(NotFound, match="deleted"):
        desk.ticket(ticket.number)


@pytest.mark.requirement("C13", "E6")
@pytest.mark.parametrize("by", ["agent:A100", "agent:A101", "requester", "system"])
def test_only_administrators_delete(by: str, desk_with: DeskWith, start: datetime) -> None:
    desk = desk_with("", PEOPLE)
    ticket = submit(desk, start)
    desk.act(ticket.number, "cancel", by="requester", at=start)
    with pytest.raises(Refused) as refused:
        delete(desk, ticket, start, by)
    assert refused.value.problems[0].field == "by"
    with pytest.raises(Refused) as refused:
        desk.act(ticket.number, "delete", by="agent:X100", at=start)
    assert refused.value.problems[0].field == "reason"
    fields, files = {"reason": "x"}, [File("a.txt", b"why")]
    with pytest.raises(Refused) as refused:
        desk.act(ticket.number, "delete", by="agent:X100", fields=fields, at=start, files=files)
    assert refused.value.problems[0].field == "attachments"
    delete(desk, ticket, start)
    assert dict(desk.store.counts())["tickets"] == 0


@pytest.mark.requirement("C13")
@pytest.mark.parametrize("way", ["close", "cancel", "merge"])
def test_without_a_policy_what_is_over_may_go(
    way: str, desk_with: DeskWith, start: datetime
) -> None:
    desk = desk_with("", PEOPLE)
    other, ticket = submit(desk, start), submit(desk, start)
    fields = {"into": other.number} if way == "merge" else {}
    desk.act(ticket.number, way, by="agent:A101", fields=fields, at=start)
    delete(desk, ticket, start)
    assert [link.other for link in desk.ticket(other.number).links] == (
        [ticket.number] if way == "merge" else []
    )
    # The other ticket lives on, whatever it is linked to.
    assert desk.act(other.number, "close", by="agent:A101", at=start).status is Status.CLOSED


@pytest.mark.requirement("A5", "C13")
def test_nothing_is_left_but_the_mark(
    desk_with: DeskWith, start: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    desk = desk_with("", PEOPLE)
    ticket = submit(desk, start, files=[File("a.txt", b"secret file", "text/plain")])
    (attachment,) = ticket.attachments
    desk.act(ticket.number, "close", by="agent:A101", at=start)
    with caplog.at_level("INFO", logger="ruledesk.desk"):
        delete(desk, ticket, start)
    assert ticket.number in caplog.text
    assert "保存期满" in caplog.text
    assert desk.store.blob(attachment.sha256) is None
    assert not list(desk.store.all_events())
    assert desk.next_due() is None
    left = desk.store.tombstone(ticket.number)
    assert left is not None
    assert (left.by, left.reason, left.deleted_at) == ("agent:X100", "保存期满", start)
    assert left.closed_at == start
    for action, fields in (("note", {"text": "x"}), ("delete", {"reason": "x"})):
        with pytest.raises(NotFound, match="deleted at"):
            desk.act(ticket.number, action, by="agent:X100", fields=fields, at=start)
    assert submit(desk, start).number != ticket.number


class Numbers:
    """Gives every ticket the same number, if it may."""

    RULEDESK_API = "1.0"

    @staticmethod
    @hookimpl
    def ruledesk_ticket_number(line: str) -> str:
        return "SAME"


@pytest.mark.requirement("A5")
def test_a_plugin_cannot_give_the_number_again(desk_with: DeskWith, start: datetime) -> None:
    desk = desk_with("", PEOPLE, plugins={"numbers": Numbers})
    ticket = submit(desk, start)
    assert ticket.number == "SAME"
    desk.act("SAME", "cancel", by="requester", at=start)
    delete(desk, ticket, start)
    again = submit(desk, start)
    assert again.number != "SAME"
    assert "plugin_fault" in again.flags


class Watching:
    """Sees deletions, and refuses one."""

    RULEDESK_API = "1.0"
    seen: list[Any] = []  # noqa: RUF012

    @staticmethod
    @hookimpl
    def ruledesk_after_event(ticket: Ticket, event: Any) -> None:
        if event.body.kind == "deleted":
            Watching.seen.append((ticket.number, event.actor, event.body.reason))
            msg = "too late"
            raise RuntimeError(msg)


def test_plugins_are_told_and_their_faults_harm_nobody(
    desk_with: DeskWith, start: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    Watching.seen.clear()
    desk = desk_with("", PEOPLE, plugins={"watching": Watching})
    ticket = submit(desk, start)
    desk.act(ticket.number, "cancel", by="requester", at=start)
    delete(desk, ticket, start)
    assert Watching.seen == [(ticket.number, "agent:X100", "保存期满")]
    assert "too late" in caplog.text
    assert desk.store.ticket(ticket.number) is None


@pytest.mark.requirement("C13", "F3")
def test_deleted_is_deleted_after_a_restart(
    desk_with: DeskWith, start: datetime, tmp_path: Path
) -> None:
    def opened() -> Desk:
        return desk_with(RETENTION, PEOPLE, storage="tinydb:data/desk.json", folder=tmp_path)

    desk = opened()
    first, second = submit(desk, start), submit(desk, start)
    for ticket in (first, second):
        desk.act(ticket.number, "close", by="agent:A101", at=start)
    later = start + timedelta(days=3 * 366)
    desk.advance(later)
    delete(desk, first, later)
    desk.close()
    text = (tmp_path / "data" / "desk.json").read_text(encoding="utf-8")
    assert text.count("机密 secret") > 0  # of the other ticket
    assert f'"ticket":"{first.number}"' not in text
    desk = opened()
    with pytest.raises(NotFound, match="deleted"):
        desk.ticket(first.number)
    assert submit(desk, later).number not in (first.number, second.number)
    delete(desk, second, later)
    desk.close()
    text = (tmp_path / "data" / "desk.json").read_text(encoding="utf-8")
    assert f'"ticket":"{second.number}"' not in text
