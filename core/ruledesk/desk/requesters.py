"""Requesters: found by id, phone or mail address, or created (A2, D3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Protocol

from ruledesk.model.ticket import Call, Requester
from ruledesk.model.values import changed

_SEPARATORS: Final = re.compile(r"[\s().\-/]+")
#: The sequence that numbers requesters whose submission brings no id.
SEQUENCE: Final = "requester"
#: A mobile number of mainland China, with or without the country's code.
_MOBILE: Final = re.compile(r"(?P<code>(?:\+|00)86)?(?P<number>1[3-9]\d{9})")


class Finding(Protocol):
    """What is asked of a store here."""

    def requester(self, *, id: str = "", phone: str = "", email: str = "") -> Requester | None:  # noqa: A002
        """Find a requester; see `ruledesk.storage.interface.Store`."""


class Saving(Protocol):
    """What is done to a transaction here; see `ruledesk.storage.interface.Transaction`."""

    def next_in_sequence(self, key: str) -> int:
        """Take the next number of a sequence."""

    def save_requester(self, requester: Requester) -> None:
        """Store a requester."""


def normal_phone(text: str) -> str:
    """Write a phone number without the marks that people put between digits."""
    return _SEPARATORS.sub("", text)


def other_forms(phone: str) -> tuple[str, ...]:
    """Name the other ways to write a mobile number: a telephone system may add the country."""
    mobile = _MOBILE.fullmatch(phone)
    forms = (f"{code}{mobile['number']}" for code in ("", "+86", "0086")) if mobile else ()
    return tuple(form for form in forms if form != phone)


def with_caller(fields: Mapping[str, Any], call: Call | None) -> Mapping[str, Any]:
    """Take the number that somebody calls from, where the registration names no way to reach them.

    Args:
        fields: The submission, as plain data.
        call: The call that it comes from; None for none.

    Returns:
        The submission; where it has no contact, ``requester.phone`` is the caller's number (D3).
    """
    requester = fields.get("requester") or {}
    withheld = call is None or not any(map(str.isdigit, call.caller))
    if call is None or withheld or not isinstance(requester, Mapping):
        return fields
    if any(requester.get(way) for way in ("id", "phone", "email")):
        return fields
    return {**fields, "requester": {**requester, "phone": call.caller}}


def linked(store: Finding, transaction: Saving, given: Requester) -> Requester:
    """Link a requester to the one who is known, or create one.

    Args:
        store: Where known requesters are found.
        transaction: Where a new or changed one is stored.
        given: What the submission says; its phone number is normalised.

    Returns:
        The requester with an id and everything known; what the submission says stands on its
        own ticket. One that says nothing of who reports keeps an empty requester.
    """
    given = changed(given, phone=normal_phone(given.phone), email=given.email.strip().lower())
    known = store.requester(id=given.id, phone=given.phone, email=given.email)
    if known is None:
        found = (store.requester(phone=form) for form in other_forms(given.phone))
        known = next((one for one in found if one is not None), None)
    news = {name: value for name, value in given.__dict__.items() if value and name != "id"}
    if known is not None:
        # What the record has stands; a submission only adds, it never overwrites somebody's data.
        additions = {name: value for name, value in news.items() if not getattr(known, name)}
        if additions:
            transaction.save_requester(changed(known, **additions))
        return changed(known, **news)
    if not news and not given.id:
        return given
    number = transaction.next_in_sequence(SEQUENCE) if not given.id else 0
    fresh = changed(given, id=given.id or f"C{number:06d}")
    transaction.save_requester(fresh)
    return fresh
