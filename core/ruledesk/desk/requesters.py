"""Requesters: found by id, phone or mail address, or created (A2, D3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from ruledesk.model.ticket import Call, Requester
from ruledesk.model.values import changed
from ruledesk.storage.interface import Store, Transaction

_SEPARATORS: Final = re.compile(r"[\s().\-/]+")
_SEQUENCE: Final = "requester"


def normal_phone(text: str) -> str:
    """Write a phone number without the marks that people put between digits."""
    return _SEPARATORS.sub("", text)


def with_caller(fields: Mapping[str, Any], call: Call | None) -> Mapping[str, Any]:
    """Take the number that somebody calls from, where the registration names no way to reach them.

    Args:
        fields: The submission, as plain data.
        call: The call that it comes from; None for none.

    Returns:
        The submission; where it has no contact, ``requester.phone`` is the caller's number (D3).
    """
    requester = fields.get("requester") or {}
    if call is None or not call.caller or not isinstance(requester, Mapping):
        return fields
    if any(requester.get(way) for way in ("id", "phone", "email")):
        return fields
    return {**fields, "requester": {**requester, "phone": call.caller}}


def linked(store: Store, transaction: Transaction, given: Requester) -> Requester:
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
    news = {name: value for name, value in given.__dict__.items() if value and name != "id"}
    if known is not None:
        # What the record has stands; a submission only adds, it never overwrites somebody's data.
        additions = {name: value for name, value in news.items() if not getattr(known, name)}
        if additions:
            transaction.save_requester(changed(known, **additions))
        return changed(known, **news)
    if not news and not given.id:
        return given
    number = transaction.next_in_sequence(_SEQUENCE) if not given.id else 0
    fresh = changed(given, id=given.id or f"C{number:06d}")
    transaction.save_requester(fresh)
    return fresh
