"""A store's records as JSON lines and back: what archives hold, and what digests are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ruledesk import codec
from ruledesk.errors import InvalidInput
from ruledesk.model.event import Event
from ruledesk.model.message import Delivery
from ruledesk.model.ticket import Ticket
from ruledesk.model.tombstone import Tombstone
from ruledesk.storage.change import CallSaved, DocumentSaved, RequesterSaved
from ruledesk.storage.record import Record, SequenceTaken, Unreadable, Written

#: The kinds of records in the order of a snapshot, each with what people call several of them.
KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "event": ("events", "事件"),
    "ticket": ("tickets", "工单"),
    "delivery": ("deliveries", "消息投递"),
    "requester": ("requesters", "客户"),
    "call": ("calls", "通话"),
    "sequence": ("sequences", "编号序列"),
    "document": ("documents", "文档"),
    "tombstone": ("tombstones", "删除记录"),
    "blob": ("blobs", "附件与原始数据"),
}
_KIND_OF: Final[Mapping[type, str]] = {
    Event: "event",
    Ticket: "ticket",
    Delivery: "delivery",
    RequesterSaved: "requester",
    CallSaved: "call",
    SequenceTaken: "sequence",
    DocumentSaved: "document",
    Tombstone: "tombstone",
}


def kind_of(record: Record) -> str:
    """Name the kind of a record, a key of `KINDS`; that of what cannot be read included."""
    return record.kind if isinstance(record, Unreadable) else _KIND_OF.get(type(record), "blob")


def record_line(record: Written) -> bytes:
    """Write a record as one canonical JSON line.

    Args:
        record: Any but a blob and what cannot be read.

    Returns:
        The bytes, ended by a newline; what kind it is of is not in them.

    Raises:
        InvalidInput: A value in it has no JSON form.
    """
    return codec.canonical(_data(record)) + b"\n"


def record_from_line(kind: str, line: bytes, where: str = "") -> Written:
    """Read a record.

    Args:
        kind: A key of `KINDS`, but no blob.
        line: What `record_line` wrote.
        where: ``file:line`` for errors.

    Raises:
        InvalidInput: It is no record of this kind.
    """
    data = codec.parse(line, where)
    if not isinstance(data, dict):
        raise InvalidInput.of("is no object", "不是对象", field=where)
    return _READ[kind](data, where)


def _data(record: Written) -> dict[str, Any]:
    match record:
        case Event():
            return codec.event_to_dict(record)
        case Ticket():
            return codec.ticket_to_dict(record)
        case Delivery():
            return codec.delivery_to_dict(record)
        case RequesterSaved(requester):
            return codec.requester_to_dict(requester)
        case CallSaved(call, ticket):
            return {"call": codec.call_to_dict(call), "ticket": ticket}
        case SequenceTaken(key, last):
            return {"key": key, "last": last}
        case DocumentSaved(key, document):
            return {"key": key, "document": document}
        case Tombstone():
            return codec.tombstone_to_dict(record)


def _of(data: Mapping[str, Any], key: str, type_: type, where: str) -> Any:
    value = data.get(key)
    if type(value) is not type_:
        raise InvalidInput.of(
            "is missing or of a wrong type", "缺少或类型错误", field=f"{where}: {key}", value=value
        )
    return value


def _call(data: Mapping[str, Any], where: str) -> CallSaved:
    call = codec.call_from_dict(_of(data, "call", dict, where), where)
    return CallSaved(call, _of(data, "ticket", str, where))


def _sequence(data: Mapping[str, Any], where: str) -> SequenceTaken:
    return SequenceTaken(_of(data, "key", str, where), _of(data, "last", int, where))


def _document(data: Mapping[str, Any], where: str) -> DocumentSaved:
    return DocumentSaved(_of(data, "key", str, where), _of(data, "document", dict, where))


def _requester(data: Mapping[str, Any], where: str) -> RequesterSaved:
    return RequesterSaved(codec.requester_from_dict(data, where))


_READ: Final[Mapping[str, Callable[[Mapping[str, Any], str], Written]]] = {
    "event": codec.event_from_dict,
    "ticket": codec.ticket_from_dict,
    "delivery": codec.delivery_from_dict,
    "requester": _requester,
    "call": _call,
    "sequence": _sequence,
    "document": _document,
    "tombstone": codec.tombstone_from_dict,
}
