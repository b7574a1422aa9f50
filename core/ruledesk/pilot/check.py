"""Holds a ticket and its messages against an expectation. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from attrs import frozen

from ruledesk.model.message import Message
from ruledesk.model.ticket import Link, Ticket
from ruledesk.pilot.fields import read_field
from ruledesk.pilot.times import parse_instant
from ruledesk.pilot.values import Check, Expectation, MessageCheck

#: Turns a scenario's own name of a ticket into its number; other texts stay as they are.
Resolve = Callable[[str], str]


@frozen
class Mismatch:
    """An expectation that does not hold.

    Attributes:
        key: The expectation's key.
        expected: What the file says.
        actual: What the ticket has; times are aware.
    """

    key: str
    expected: Any
    actual: Any


def check(
    expectation: Expectation,
    ticket: Ticket,
    messages: Sequence[Message],
    resolve: Resolve = str,
) -> Iterator[Mismatch]:
    """Compare everything that is expected of one ticket.

    Args:
        expectation: What is expected; ``received`` is not looked at here.
        ticket: The ticket as it stands.
        messages: All messages queued for it so far, in order.
        resolve: Turns names of tickets into numbers.

    Yields:
        What does not hold, in the order of the file.
    """
    for item in expectation.checks:
        actual = read_field(ticket, item.key)
        if not holds(item, actual, resolve):
            yield Mismatch(item.key, item.written, actual)
    for wanted in expectation.sent:
        count = sum(is_match(wanted, message) for message in messages)
        if count != wanted.times if wanted.times is not None else not count:
            yield Mismatch("sent", wanted.written, _brief(messages))
    for unwanted in expectation.not_sent:
        found = [message for message in messages if is_match(unwanted, message)]
        if found:
            yield Mismatch("not_sent", unwanted.written, _brief(found))


def is_match(wanted: MessageCheck, message: Message) -> bool:
    """Say whether a message is one that an entry of ``sent`` or ``not_sent`` means."""
    return (
        wanted.to in ("", message.to, message.on_behalf, f"role:{message.on_behalf}")
        and wanted.via in ("", message.via)
        and wanted.about in ("", message.about)
        and (wanted.text in message.subject or wanted.text in message.text)
    )


def holds(item: Check, actual: Any, resolve: Resolve = str) -> bool:
    """Say whether a field's value is as expected.

    Args:
        item: The comparison.
        actual: The field's value, None where there is none.
        resolve: Turns names of tickets into numbers.

    Returns:
        Whether it holds. A missing value holds for ``absent: true``, for an empty text, and for
        an ``any_of`` that has one.
    """
    missing = _is_missing(actual)
    if item.operator == "absent":
        return missing is item.value
    if item.kind == "list":
        return _COMPARE[item.operator](item, len(actual or ()), resolve)
    if missing and item.kind not in ("set", "links"):
        # An empty text is expected as "" by some, and is the same as a missing one.
        wanted = item.value if item.operator == "any_of" else (item.value,)
        return item.operator in ("equals", "any_of") and "" in wanted
    return _COMPARE[item.operator](item, actual, resolve)


def _is_missing(value: Any) -> bool:
    sized = isinstance(value, (str, tuple, frozenset, Mapping))
    return value is None or (sized and not value)


def _equals(item: Check, actual: Any, resolve: Resolve) -> bool:
    if item.kind == "set":
        return frozenset(actual or ()) == frozenset(item.value)
    if item.kind == "links":
        return len(actual) == len(item.value) and _has_links(actual, item.value, resolve)
    return _same(item.value, actual)


def _same(expected: Any, actual: Any) -> bool:
    if isinstance(actual, datetime):
        return _as_instant(expected) == actual
    if isinstance(actual, tuple):
        many = expected if isinstance(expected, tuple) else (expected,)
        return frozenset(many) == frozenset(actual)
    # True is 1 to Python, but nobody who writes 1 means true.
    return isinstance(expected, bool) == isinstance(actual, bool) and bool(expected == actual)


def _as_instant(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value
    try:
        return parse_instant(str(value))
    except ValueError:
        return None


def _has_links(actual: Sequence[Link], expected: Sequence[Any], resolve: Resolve) -> bool:
    return all(any(_is_link(want, link, resolve) for link in actual) for want in expected)


def _is_link(want: Any, link: Link, resolve: Resolve) -> bool:
    if isinstance(want, str):
        return resolve(want) == link.other
    known = {"other": link.other, "kind": link.kind}
    return all(
        known.get(key) == (resolve(value) if key == "other" else value)
        for key, value in want.items()
    )


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[Check, Any, Resolve], bool]:
    def ordered(item: Check, actual: Any, _: Resolve) -> bool:
        try:
            return compare(actual, item.value)
        except TypeError:  # a time is expected of a custom field that holds something else
            return False

    return ordered


def _contains(item: Check, actual: Any, resolve: Resolve) -> bool:
    if item.kind == "links":
        return _has_links(actual or (), item.value, resolve)
    return all(word in (actual if actual is not None else ()) for word in item.value)


def _matches(item: Check, actual: Any, _: Resolve) -> bool:
    return isinstance(actual, str) and re.search(item.value, actual) is not None


def _any_of(item: Check, actual: Any, _: Resolve) -> bool:
    return any(_same(value, actual) for value in item.value)


_COMPARE: Final[Mapping[str, Callable[[Check, Any, Resolve], bool]]] = {
    "equals": _equals,
    "at_least": _compared(lambda actual, bound: bool(actual >= bound)),
    "at_most": _compared(lambda actual, bound: bool(actual <= bound)),
    "before": _compared(lambda actual, bound: bool(actual < bound)),
    "after": _compared(lambda actual, bound: bool(actual > bound)),
    "contains": _contains,
    "matches": _matches,
    "any_of": _any_of,
}


def _brief(messages: Sequence[Message]) -> list[dict[str, str]]:
    """Tell messages by what an expectation can ask of them."""
    return [
        {
            "to": f"{message.to} ({message.on_behalf})" if message.on_behalf else message.to,
            "via": message.via,
            "about": message.about,
        }
        for message in messages
    ]
