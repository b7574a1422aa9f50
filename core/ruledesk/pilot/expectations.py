"""Reads what a step expects, and refuses what could never be checked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, get_args

from ruledesk.errors import suggestion
from ruledesk.model.message import VIAS
from ruledesk.pilot.entry import Entry
from ruledesk.pilot.fields import UnknownFieldError, kind_of
from ruledesk.pilot.values import Check, Expectation, Kind, MessageCheck, Operator

OPERATORS: Final[tuple[Operator, ...]] = tuple(
    word for word in get_args(Operator) if word != "equals"
)
#: What a channel can make of raw input (`ruledesk.desk.service.Receipt.kind`).
RECEIVED: Final = ("ticket", "follow_up", "call", "ignored")
_OWN_KEYS: Final = ("ticket", "sent", "not_sent", "received", "deleted")
_MESSAGE_KEYS: Final = ("to", "via", "about", "text", "times")
_RECIPIENT: Final = re.compile(r"requester|(agent|team|role):\S+")
_RECIPIENTS: Final = ("requester", "agent:<id>", "team:<name>", "role:<name>")
_ORDERED: Final[tuple[Kind, ...]] = ("number", "time", "any")
_APPLIES: Final[Mapping[str, tuple[Kind, ...]]] = {
    "at_least": (*_ORDERED, "list"),
    "at_most": (*_ORDERED, "list"),
    "before": ("time", "any"),
    "after": ("time", "any"),
    "contains": ("text", "set", "links", "any"),
    "matches": ("text", "any"),
    "any_of": ("text", "number", "boolean", "time", "any"),
    "absent": get_args(Kind),
}
_SHOULD_BE: Final[Mapping[Kind, str]] = {
    "text": "a text (in quotes where it looks like a number)",
    "number": "a number",
    "boolean": "true or false",
    "set": "a list of words",
    "links": "a list of tickets",
    "group": "a mapping of its fields, or absent: true",
    "list": "how many there are, tasks.1.<field>, or absent: true",
}


def read_expectations(entry: Entry, start: datetime) -> tuple[Expectation, ...]:
    """Read the ``expect`` of a step: one mapping, or a list of them for several tickets.

    Args:
        entry: The value of ``expect``; problems are noted on its source.
        start: What offsets count from.

    Returns:
        The expectations that could be read.
    """
    return tuple(_expectation(part, start) for part in entry.items() if part.mapping() is not None)


def _expectation(entry: Entry, start: datetime) -> Expectation:
    checks: list[Check] = []
    for key in entry.value:
        if key not in _OWN_KEYS:
            checks.extend(_checks(entry.at(key), key, start))
    return Expectation(
        ticket=entry.text("ticket"),
        checks=tuple(checks),
        sent=_messages(entry, "sent"),
        not_sent=_messages(entry, "not_sent"),
        received=_received(entry),
        deleted=_deleted(entry),
    )


def _deleted(entry: Entry) -> bool | None:
    if not entry.has("deleted"):
        return None
    value = entry.at("deleted").value
    if isinstance(value, bool):
        return value
    entry.at("deleted").wrong("true or false")
    return None


def _received(entry: Entry) -> tuple[str, ...]:
    if not entry.has("received"):
        return ()
    words = tuple(entry.at("received").items())
    for word in words:
        if word.value not in RECEIVED:
            word.problem("unknown word", "未知的词", value=word.value, accepted=RECEIVED)
    return tuple(str(word.value) for word in words)


# -- fields ---------------------------------------------------------------------------------------


def _checks(entry: Entry, key: str, start: datetime) -> Iterator[Check]:
    try:
        kind = kind_of(key)
    except UnknownFieldError as unknown:
        accepted = unknown.accepted
        if "." not in key:
            accepted = suggestion(key, (*accepted, *_OWN_KEYS))
        entry.problem("unknown expectation", "未知的预期项", value=key, accepted=accepted)
        return
    value = entry.value
    if not isinstance(value, Mapping):
        yield from _plain(entry, key, kind, start)
    elif kind == "group" and tuple(value) != ("absent",):
        for part in value:
            yield from _checks(entry.at(part), f"{key}.{part}", start)
    else:
        yield from _operators(entry, key, kind, start)


def _plain(entry: Entry, key: str, kind: Kind, start: datetime) -> Iterator[Check]:
    if entry.value is None:
        yield Check(key, kind, "absent", True, None)
        return
    value = _operand(entry, kind, start)
    if value is not None:
        yield Check(key, kind, "equals", value, entry.value)


def _operators(entry: Entry, key: str, kind: Kind, start: datetime) -> Iterator[Check]:
    applicable = tuple(word for word in OPERATORS if kind in _APPLIES[word])
    if not entry.value:
        entry.problem("nothing to compare with", "没有可比较的内容", accepted=applicable)
    for word in entry.value:
        inner = entry.at(word)
        if word not in applicable:
            known = word in OPERATORS
            inner.problem(
                f"{word!r} does not apply to {key}" if known else "unknown operator",
                f"{key} 不支持 {word!r}" if known else "未知的运算",
                value=word,
                accepted=applicable if known else suggestion(word, applicable),
            )
            continue
        value = _READERS[word](inner, kind, start)
        if value is not None:
            yield Check(key, kind, word, value, {word: inner.value})


def _operand(entry: Entry, kind: Kind, start: datetime) -> Any:
    """Read one value of a field's kind; None, with the problem noted, where it is no such value."""
    if kind == "time":
        return entry.instant(start)
    if kind in ("set", "links"):
        return _members(entry, kind)
    if not _fits(entry.value, kind):
        entry.wrong(_SHOULD_BE[kind])
        return None
    return tuple(entry.value) if isinstance(entry.value, list) else entry.value


def _fits(value: Any, kind: Kind) -> bool:
    if kind == "any":
        return not isinstance(value, Mapping) and value is not None
    if kind == "boolean":
        return isinstance(value, bool)
    if kind in ("number", "list"):  # of a list, how many there are
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return kind == "text" and isinstance(value, str)


def _members(entry: Entry, kind: Kind) -> tuple[Any, ...] | None:
    values = [part.value for part in entry.items()]
    allowed = (str, Mapping) if kind == "links" else (str,)
    if all(isinstance(value, allowed) for value in values):
        return tuple(values)
    entry.wrong(_SHOULD_BE[kind])
    return None


def _ordered(entry: Entry, kind: Kind, start: datetime) -> Any:
    if kind == "any":
        number = _fits(entry.value, "number")
        return entry.value if number else entry.instant(start)
    return _operand(entry, kind, start)


def _instant(entry: Entry, _: Kind, start: datetime) -> Any:
    return entry.instant(start)


def _contained(entry: Entry, kind: Kind, _: datetime) -> Any:
    if kind == "links":
        return _members(entry, kind)
    words = _members(entry, "set")
    return words or None


def _pattern(entry: Entry, _: Kind, __: datetime) -> Any:
    if not isinstance(entry.value, str):
        entry.wrong("a regular expression")
        return None
    try:
        return re.compile(entry.value)
    except re.error as error:
        entry.problem(
            f"not a regular expression ({error})",
            f"不是正则表达式（{error}）",
            value=entry.value,
        )
        return None


def _alternatives(entry: Entry, kind: Kind, start: datetime) -> Any:
    if not isinstance(entry.value, list) or not entry.value:
        entry.wrong("a list")
        return None
    # Null is one of them where there may be none, and is read as an empty text.
    values = ["" if part.value is None else _operand(part, kind, start) for part in entry.items()]
    return None if None in values else tuple(values)


def _absent(entry: Entry, _: Kind, __: datetime) -> Any:
    if isinstance(entry.value, bool):
        return entry.value
    entry.wrong("true or false")
    return None


_READERS: Final[Mapping[str, Callable[[Entry, Kind, datetime], Any]]] = {
    "at_least": _ordered,
    "at_most": _ordered,
    "before": _instant,
    "after": _instant,
    "contains": _contained,
    "matches": _pattern,
    "any_of": _alternatives,
    "absent": _absent,
}


# -- messages -------------------------------------------------------------------------------------


def _messages(entry: Entry, key: str) -> tuple[MessageCheck, ...]:
    if not entry.has(key):
        return ()
    return tuple(_message(part) for part in entry.at(key).items() if part.mapping() is not None)


def _message(entry: Entry) -> MessageCheck:
    entry.only(_MESSAGE_KEYS)
    to, via = entry.text("to"), entry.text("via")
    if to and not _RECIPIENT.fullmatch(to):
        entry.at("to").problem("unknown recipient", "未知的收件人", value=to, accepted=_RECIPIENTS)
    if via and via not in VIAS:
        entry.at("via").problem("unknown way", "未知的方式", value=via, accepted=VIAS)
    return MessageCheck(
        to=to,
        via=via,
        about=entry.text("about"),
        text=entry.text("text"),
        times=_times(entry),
        written=dict(entry.value),
    )


def _times(entry: Entry) -> int | None:
    if not entry.has("times"):
        return None
    value = entry.at("times").value
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    entry.at("times").wrong("a whole number")
    return None
