"""What one ticket's events say of it, compared with what is stored: view, versions, messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ruledesk.lifecycle.evolve import replay
from ruledesk.model.event import Event, MessagesQueued
from ruledesk.model.message import Delivery, Message
from ruledesk.model.ticket import Ticket
from ruledesk.storage.findings import Finding, differing


def ticket_findings(
    ticket: Ticket, events: Sequence[Event], deliveries: Sequence[Delivery]
) -> Iterator[Finding]:
    """Compare a ticket with its events.

    Args:
        ticket: As it is stored.
        events: All that are stored of it, up to its version or beyond the last known one.
        deliveries: All that are stored of it, in order of queueing.

    Yields:
        What differs.
    """
    gaps = list(_versions(ticket, events))
    yield from gaps
    if not gaps:
        yield from _view(ticket, events)
    yield from _deliveries(ticket.number, events, deliveries)


def queued_by(events: Sequence[Event]) -> list[tuple[int, Message]]:
    """List the messages that events queued, each with the event's version."""
    return [
        (event.version, message)
        for event in events
        if isinstance(event.body, MessagesQueued)
        for message in event.body.messages
    ]


def _versions(ticket: Ticket, events: Sequence[Event]) -> Iterator[Finding]:
    number = ticket.number
    expected = 1
    for event in events:
        if event.ticket != number:
            yield Finding(
                "event", number, "the event is another ticket's", "事件属于其他工单", number,
                event.version, "ticket", event.ticket, number,
            )  # fmt: skip
        for missing in range(expected, min(event.version, ticket.version + 1)):
            yield _missing(number, missing)
        if event.version < expected:
            yield Finding(
                "event", number, "is there twice or out of order", "重复或次序错误", number,
                event.version, "version", event.version, expected,
            )  # fmt: skip
        expected = max(expected, event.version + 1)
    for missing in range(expected, ticket.version + 1):
        yield _missing(number, missing)
    if events and events[-1].version > ticket.version:
        yield Finding(
            "ticket", number, "the view is older than the last event", "视图早于最后事件",
            number, field="version", stored=ticket.version, expected=events[-1].version,
        )  # fmt: skip


def _missing(number: str, version: int) -> Finding:
    return Finding("event", number, "the event is missing", "缺少事件", number, version)


def _view(ticket: Ticket, events: Sequence[Event]) -> Iterator[Finding]:
    number = ticket.number
    try:
        replayed = replay(events)
    except Exception as error:  # a damaged history may fail anywhere
        said = f"{type(error).__name__}: {error}"
        yield Finding(
            "event", number, f"the events cannot be replayed ({said})",
            f"事件无法重放（{said}）", number,
        )  # fmt: skip
        return
    for path, stored, expected in differing(ticket, replayed):
        yield Finding(
            "ticket", number, "is not what the events lead to", "与事件推导结果不一致", number,
            field=path, stored=stored, expected=expected,
        )  # fmt: skip


def _deliveries(
    number: str, events: Sequence[Event], deliveries: Sequence[Delivery]
) -> Iterator[Finding]:
    queued = queued_by(events)
    stored = {delivery.message.id: delivery for delivery in deliveries}
    for version, message in queued:
        delivery = stored.pop(message.id, None)
        if delivery is None:
            yield Finding(
                "delivery", message.id, "was queued by an event and is not in the outbox",
                "事件已产生此消息，但发件箱中没有", number, version, expected=message,
            )  # fmt: skip
            continue
        for path, one, other in differing(delivery.message, message, "message"):
            yield Finding(
                "delivery", message.id, "is not the message that the event queued",
                "与事件产生的消息不一致", number, version, path, one, other,
            )  # fmt: skip
    for name in stored:
        yield Finding(
            "delivery", name, "no event queued this message", "没有事件产生此消息", number
        )
    yield from _order(number, queued, deliveries)
    for delivery in deliveries:
        yield from _state(number, delivery)


def _order(
    number: str, queued: Sequence[tuple[int, Message]], deliveries: Sequence[Delivery]
) -> Iterator[Finding]:
    names = [message.id for _, message in queued]
    stored = [delivery.message.id for delivery in deliveries]
    known = set(names) & set(stored)
    if [name for name in names if name in known] != [name for name in stored if name in known]:
        yield Finding(
            "delivery", number, "the messages are out of order or there twice",
            "消息次序错误或重复", number, stored=stored, expected=names,
        )  # fmt: skip


def _state(number: str, delivery: Delivery) -> Iterator[Finding]:
    name = delivery.message.id
    if delivery.attempts < 0:
        yield Finding(
            "delivery", name, "has a wrong count of attempts", "尝试次数错误", number,
            field="attempts", stored=delivery.attempts,
        )  # fmt: skip
    if delivery.state == "sent" and not delivery.notifier:
        yield Finding(
            "delivery", name, "was sent, but by no notifier", "已发送，但未注明由谁发送", number,
            field="notifier",
        )  # fmt: skip
    if delivery.state == "failed" and not delivery.error:
        yield Finding(
            "delivery", name, "failed for no reason", "已失败，但未注明原因", number,
            field="error",
        )  # fmt: skip
