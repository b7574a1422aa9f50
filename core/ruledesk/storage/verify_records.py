"""Records that are asked for by key: whether the store finds each of them by it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from ruledesk.model.ticket import Call, Requester
from ruledesk.model.tombstone import Tombstone
from ruledesk.storage.change import CallSaved, DocumentSaved, RequesterSaved
from ruledesk.storage.findings import Finding
from ruledesk.storage.interface import Store

Keyed: TypeAlias = RequesterSaved | CallSaved | DocumentSaved | Tombstone


def record_findings(store: Store, record: Keyed) -> Iterator[Finding]:
    """Look a record up.

    Args:
        store: Who has given it.
        record: As it stood in a snapshot; it may have been saved anew since.

    Yields:
        What is not found.
    """
    match record:
        case RequesterSaved(requester):
            yield from _requester(store, requester)
        case CallSaved(call, number):
            yield from _call(store, call, number)
        case DocumentSaved(key):
            if store.document(key) is None:
                yield _unknown("document", key)
        case Tombstone():
            yield from _tombstone(store, record)


def _unknown(kind: str, key: str, field: str = "", value: str = "") -> Finding:
    if field:
        return Finding(kind, key, "is not found by it", "按此项查不到", field=field, expected=value)
    return Finding(kind, key, "is not found by its key", "按键查不到")


def _requester(store: Store, requester: Requester) -> Iterator[Finding]:
    now = store.requester(id=requester.id)
    if now is None:
        yield _unknown("requester", requester.id)
        return
    by_phone = store.requester(phone=now.phone) if now.phone else now
    if by_phone is None or by_phone.phone != now.phone:
        yield _unknown("requester", requester.id, "phone", now.phone)
    by_email = store.requester(email=now.email) if now.email else now
    if by_email is None or by_email.email != now.email:
        yield _unknown("requester", requester.id, "email", now.email)


def _call(store: Store, call: Call, number: str) -> Iterator[Finding]:
    now = store.call(call.id)
    if now is None:
        if not number or store.ticket(number) is not None:  # else deleted meanwhile, with its calls
            yield _unknown("call", call.id)
    elif now[1] and store.ticket(now[1]) is None and store.call(call.id) == now:
        yield Finding(
            "call", call.id, "is of a ticket that is not stored", "所属工单不存在", now[1],
            field="ticket", stored=now[1],
        )  # fmt: skip


def _tombstone(store: Store, tombstone: Tombstone) -> Iterator[Finding]:
    number = tombstone.number
    if store.tombstone(number) is None:
        yield _unknown("tombstone", number)
    if store.ticket(number) is not None:
        yield Finding(
            "tombstone", number, "the ticket can still be asked for", "工单仍可查询", number
        )
    left = len(store.events(number)) + len(store.messages(number))
    if left:
        yield Finding(
            "tombstone", number, f"{left} events and messages of it are still stored",
            f"仍存有 {left} 个事件或消息", number,
        )  # fmt: skip
