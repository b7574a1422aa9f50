"""The desk's values as plain JSON objects and back.

An event is ``{"ticket", "version", "at", "actor", "kind", "status"?, "data": {…}}``; the other
values are objects of their attributes. Attributes at their default are left out. Whatever a
function here cannot write or read is refused with `InvalidInput`, whose problems carry the path
of the value (``data.requester.phone``), after `where` if that is given (``events.jsonl:12``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, TypeVar

from attrs import evolve

from ruledesk.codec.converters import reader, writer
from ruledesk.codec.faults import WrongValue, problems
from ruledesk.codec.values import time_from_text, time_to_text
from ruledesk.errors import InvalidInput, Problem, suggestion
from ruledesk.model.action import Body
from ruledesk.model.event import BODIES, Event
from ruledesk.model.message import Delivery, Message
from ruledesk.model.ticket import Call, Requester, Status, Ticket
from ruledesk.model.tombstone import Tombstone

T = TypeVar("T")

_WRITER: Final = writer()
_READER: Final = reader(detailed=False)
_DETAILED: Final = reader(detailed=True)
_STATUSES: Final = {status.value: status for status in Status}
_EVENT_KEYS: Final = frozenset({"ticket", "version", "at", "actor", "kind", "status", "data"})
_ENVELOPE: Final[Mapping[str, Any]] = {
    "ticket": str,
    "version": int,
    "at": datetime,
    "actor": str,
    "kind": str,
}
_WRITE: Final[dict[type, Any]] = {}
_READ: Final[dict[type, Any]] = {}


def event_to_dict(event: Event) -> dict[str, Any]:
    """Write an event as a JSON object.

    Raises:
        InvalidInput: A value in it has no JSON form (a time without zone, a mapping as a field).
    """
    try:
        data: dict[str, Any] = {
            "ticket": event.ticket,
            "version": event.version,
            "at": time_to_text(event.at),
            "actor": event.actor,
            "kind": event.body.kind,
        }
        if event.status is not None:
            data["status"] = str(event.status)
        data["data"] = _plain(event.body)
    except WrongValue as fault:
        raise _refusal(fault, f"{event.ticket}/{event.version} {event.body.kind}") from None
    return data


def event_from_dict(data: Mapping[str, Any], where: str = "") -> Event:
    """Read an event.

    Args:
        data: What `event_to_dict` wrote.
        where: Where it was read, put before the path in errors (``events.jsonl:12``).

    Raises:
        InvalidInput: It is no event; every fault of its data is told at once.
    """
    try:
        if data.keys() <= _EVENT_KEYS:
            return _event(data)
    except Exception:  # noqa: S110 -- told in detail below
        pass
    raise InvalidInput(*_event_problems(data, _prefix(where)))


def body_to_dict(body: Body) -> dict[str, Any]:
    """Write what an event says, without its kind.

    Raises:
        InvalidInput: A value in it has no JSON form.
    """
    return _out(body)


def body_from_dict(kind: str, data: Mapping[str, Any], where: str = "") -> Body:
    """Read what an event of a kind says.

    Raises:
        InvalidInput: The kind is unknown or the data are not of that kind.
    """
    if kind not in BODIES:
        raise InvalidInput(_unknown_kind(kind).under(_prefix(where)))
    return _in(data, BODIES[kind], where)


def ticket_to_dict(ticket: Ticket) -> dict[str, Any]:
    """Write a ticket's view as a JSON object; raises `InvalidInput` as `event_to_dict` does."""
    return _out(ticket)


def ticket_from_dict(data: Mapping[str, Any], where: str = "") -> Ticket:
    """Read a ticket's view; raises `InvalidInput` as `event_from_dict` does."""
    return _in(data, Ticket, where)


def message_to_dict(message: Message) -> dict[str, Any]:
    """Write a message as a JSON object."""
    return _out(message)


def message_from_dict(data: Mapping[str, Any], where: str = "") -> Message:
    """Read a message; raises `InvalidInput` as `event_from_dict` does."""
    return _in(data, Message, where)


def delivery_to_dict(delivery: Delivery) -> dict[str, Any]:
    """Write where a message stands as a JSON object, the message itself included."""
    return _out(delivery)


def delivery_from_dict(data: Mapping[str, Any], where: str = "") -> Delivery:
    """Read where a message stands; raises `InvalidInput` as `event_from_dict` does."""
    return _in(data, Delivery, where)


def requester_to_dict(requester: Requester) -> dict[str, Any]:
    """Write a requester as a JSON object."""
    return _out(requester)


def requester_from_dict(data: Mapping[str, Any], where: str = "") -> Requester:
    """Read a requester; raises `InvalidInput` as `event_from_dict` does."""
    return _in(data, Requester, where)


def call_to_dict(call: Call) -> dict[str, Any]:
    """Write what is known of a call as a JSON object."""
    return _out(call)


def call_from_dict(data: Mapping[str, Any], where: str = "") -> Call:
    """Read what is known of a call; raises `InvalidInput` as `event_from_dict` does."""
    return _in(data, Call, where)


def tombstone_to_dict(tombstone: Tombstone) -> dict[str, Any]:
    """Write what stays of a deleted ticket as a JSON object."""
    return _out(tombstone)


def tombstone_from_dict(data: Mapping[str, Any], where: str = "") -> Tombstone:
    """Read what stays of a deleted ticket; raises `InvalidInput` as `event_from_dict` does."""
    return _in(data, Tombstone, where)


def _plain(value: Any) -> dict[str, Any]:
    cls = type(value)
    write = _WRITE.get(cls)
    if write is None:
        write = _WRITE[cls] = _WRITER.get_unstructure_hook(cls)
    data: dict[str, Any] = write(value)
    return data


def _out(value: Any) -> dict[str, Any]:
    try:
        return _plain(value)
    except WrongValue as fault:
        raise _refusal(fault, type(value).__name__.lower()) from None


def _made(data: Any, cls: type[T]) -> T:
    read = _READ.get(cls)
    if read is None:
        read = _READ[cls] = _READER.get_structure_hook(cls)
    value: T = read(data, cls)
    return value


def _in(data: Any, cls: type[T], where: str) -> T:
    try:
        return _made(data, cls)
    except Exception:
        raise _explained(data, cls, where) from None


def _body(kind: Any, data: Any) -> Body:
    cls = BODIES.get(kind) if isinstance(kind, str) else None
    if cls is None:
        raise _unknown_kind(kind)
    return _made(data, cls)


def _unknown_kind(kind: Any) -> WrongValue:
    accepted = suggestion(str(kind), BODIES)
    return WrongValue("is no kind of event", "不是事件的种类", kind, accepted, "kind")


def _event(data: Mapping[str, Any]) -> Event:
    status = data.get("status")
    version, ticket, actor = data["version"], data["ticket"], data["actor"]
    if not (type(version) is int and type(ticket) is str and type(actor) is str):
        raise WrongValue("is of a wrong type", "类型错误")
    return Event(
        ticket,
        version,
        time_from_text(data["at"]),
        actor,
        _body(data["kind"], data.get("data", {})),
        None if status is None else _STATUSES[status],
    )


def _event_problems(data: Any, prefix: str) -> list[Problem]:
    """Name everything that is wrong with an event that could not be read."""
    if not isinstance(data, Mapping):
        return [Problem("is no object", "不是对象", prefix.rstrip(": "), data, ("an object",))]
    found = [
        Problem("unknown key", "未知的键", f"{prefix}{key}", accepted=suggestion(key, _EVENT_KEYS))
        for key in sorted(data.keys() - _EVENT_KEYS)
    ]
    for key, cls in _ENVELOPE.items():
        found += _checked(data, key, cls, prefix)
    if data.get("status") is not None:
        found += _checked(data, "status", Status, prefix)
    kind = data.get("kind")
    if isinstance(kind, str) and kind in BODIES:
        found += _faults(data.get("data", {}), BODIES[kind], f"{prefix}data")
    elif isinstance(kind, str):
        found.append(_unknown_kind(kind).under(prefix))
    return found or [Problem("cannot be read", "无法读取", prefix.rstrip(": "))]


def _checked(data: Mapping[str, Any], key: str, cls: Any, prefix: str) -> list[Problem]:
    if key not in data:
        return [Problem("is missing", "缺少", f"{prefix}{key}")]
    return _faults(data[key], cls, f"{prefix}{key}")


def _faults(data: Any, cls: Any, path: str) -> list[Problem]:
    try:
        _DETAILED.structure(data, cls)
    except Exception as fault:
        return list(problems(fault, path))
    return []


def _explained(data: Any, cls: type[Any], where: str) -> InvalidInput:
    found = _faults(data, cls, _prefix(where))
    return InvalidInput(*(found or [Problem("cannot be read", "无法读取", where)]))


def _refusal(fault: WrongValue, what: str) -> InvalidInput:
    problem = fault.problems[0]
    return InvalidInput(evolve(problem, field=f"{what}: {problem.field}".removesuffix(": ")))


def _prefix(where: str) -> str:
    return f"{where}: " if where else ""
