"""The ticket fields that an expectation may name: which there are, and what they hold.

Derived from the model's own annotations, so that there is no second list that could differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import attrs

from ruledesk.errors import suggestion
from ruledesk.model.ticket import Link, Ticket
from ruledesk.model.values import Value
from ruledesk.pilot.values import Kind


class UnknownFieldError(LookupError):
    """A key that names no ticket field.

    Attributes:
        accepted: The nearest keys that do, or what may stand there.
    """

    def __init__(self, key: str, accepted: tuple[str, ...]) -> None:
        super().__init__(key)
        self.accepted = accepted


def kind_of(key: str) -> Kind:
    """Say what a dotted ticket field holds.

    Args:
        key: For example ``status``, ``targets.response.due``, ``tasks.1.answer``, ``custom.model``.

    Returns:
        Its kind; ``group`` for what has fields of its own, ``list`` for a list of such.

    Raises:
        UnknownFieldError: There is no such field.
    """
    hint: Any = Ticket
    parts = key.split(".")
    for place, part in enumerate(parts):
        before = ".".join(parts[:place])
        hint = _inside(hint, part, before)
    return _kind(hint)


def read_field(ticket: Ticket, key: str) -> Any:
    """Read a dotted field of a ticket.

    Args:
        ticket: The ticket.
        key: A key that `kind_of` knows.

    Returns:
        The value; None where it, or something around it, is not there.
    """
    value: Any = ticket
    for part in key.split("."):
        if value is None:
            return None
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, tuple):
            place = int(part)
            value = value[place - 1] if place <= len(value) else None
        else:
            value = getattr(value, part)
    return value


@cache
def _members(model: type) -> dict[str, Any]:
    hints = get_type_hints(model)
    members = {field.name: hints[field.name] for field in attrs.fields(model)}
    for name, member in vars(model).items():
        if isinstance(member, property) and member.fget is not None:
            members[name] = get_type_hints(member.fget)["return"]
    return members


def _inside(hint: Any, part: str, before: str) -> Any:
    hint = _without_none(hint)
    origin = get_origin(hint)
    if origin is tuple and attrs.has(get_args(hint)[0]):
        if part.isascii() and part.isdigit() and int(part) >= 1:
            return get_args(hint)[0]
        raise UnknownFieldError(part, (f"{before}.1", f"{before}.2"))
    if isinstance(origin, type) and issubclass(origin, Mapping) and part:
        return get_args(hint)[1]
    if isinstance(hint, type) and attrs.has(hint):
        members = _members(hint)
        if part in members:
            return members[part]
        near = suggestion(part, members)
        raise UnknownFieldError(
            part, tuple(f"{before}.{name}" if before else name for name in near)
        )
    raise UnknownFieldError(part, (before,))


def _without_none(hint: Any) -> Any:
    if get_origin(hint) in (Union, UnionType):
        rest = [arg for arg in get_args(hint) if arg is not NoneType]
        return rest[0] if len(rest) == 1 else Value
    return hint


def _kind(hint: Any) -> Kind:
    hint = _without_none(hint)
    if hint == Value:
        return "any"
    if get_origin(hint) is Literal:
        return "text"
    if isinstance(hint, type) and get_origin(hint) is None:
        return _kind_of_class(hint)
    argument = get_args(hint)[0]
    if argument is Link:
        return "links"
    origin = get_origin(hint)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return "group"
    return "set" if argument is str else "list"


def _kind_of_class(hint: type) -> Kind:
    if attrs.has(hint):
        return "group"
    if hint is bool:
        return "boolean"
    if issubclass(hint, datetime):
        return "time"
    return "number" if issubclass(hint, (int, float)) else "text"
