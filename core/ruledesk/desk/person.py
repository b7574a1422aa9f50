"""Finding the person that somebody asks to be erased (C13)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import frozen

from ruledesk.desk.requesters import normal_phone, other_forms
from ruledesk.errors import NotFound, Refused
from ruledesk.model.ticket import Requester
from ruledesk.storage.interface import Store

#: Document: the erasures under way, by requester's id, each with its place in the log.
UNDER_WAY: Final = "erasing"


@frozen
class Person:
    """A requester.

    Attributes:
        id: The requester's id, which the tickets carry.
        requester: What is known; only the id where tickets are all that is left.
    """

    id: str
    requester: Requester


def find_person(store: Store, *, id: str = "", phone: str = "", email: str = "") -> Person:  # noqa: A002
    """Find a person by one of these.

    Args:
        store: The desk's store.
        id: The requester's id, also of one who is on tickets only, or whose erasure was cut off.
        phone: A phone number, as people write it.
        email: A mail address.

    Returns:
        The person; where several share a number or address, the one saved last.

    Raises:
        Refused: None of them is given, or several.
        NotFound: Nobody is known by it.
    """
    given = [(name, value) for name, value in
             (("requester", id), ("phone", phone), ("email", email)) if value]  # fmt: skip
    if len(given) != 1:
        raise Refused.of(
            "exactly one way to find the person is needed", "须且只须给出一种查找方式",
            field="requester", value=", ".join(name for name, _ in given),
            accepted=("requester", "phone", "email"),
        )  # fmt: skip
    if id:
        known = store.requester(id=id)
        if known is None and (id in under_way(store) or store.count({"requester": (id,)})):
            known = Requester(id)
    elif phone:
        number = normal_phone(phone)
        forms = (number, *other_forms(number))
        found = (store.requester(phone=form) for form in forms)
        known = next((one for one in found if one is not None), None)
    else:
        known = store.requester(email=email.strip().lower())
    if known is None:
        raise nobody(*given[0])
    return Person(known.id, known)


def nobody(field: str, value: str) -> NotFound:
    """Make the error that nobody is known by an id, a number or an address."""
    return NotFound.of("nobody is known by this", "没有此客户", field=field, value=value)


def under_way(store: Store) -> Mapping[str, Any]:
    """Return the places in the log of the erasures that were begun and not finished, by id."""
    return dict(store.document(UNDER_WAY) or {})
