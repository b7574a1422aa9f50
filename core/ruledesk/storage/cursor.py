"""The place in a list of tickets where the next page begins, as text (`Page.next`).

It names the last ticket of the page by sort value and number, not by count, so that tickets that
come or go meanwhile neither repeat nor hide others.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import TypeAlias

from ruledesk.codec import canonical, parse, time_from_text, time_to_text
from ruledesk.errors import InvalidInput
from ruledesk.storage.interface import TicketQuery

SortValue: TypeAlias = datetime | str | None


def cursor_of(query: TicketQuery, value: SortValue, number: str) -> str:
    """Write the place behind a ticket.

    Args:
        query: The query whose page it ends.
        value: The ticket's value for `query.sort`; None where it has none.
        number: The ticket's number.
    """
    text = time_to_text(value) if isinstance(value, datetime) else value
    return urlsafe_b64encode(canonical([query.sort, query.descending, text, number])).decode()


def read_cursor(query: TicketQuery) -> tuple[SortValue, str]:
    """Read the place from `query.after`.

    Returns:
        The sort value and the number of the ticket behind which the page begins.

    Raises:
        InvalidInput: It is no cursor, or one of a list in another order.
    """
    try:
        sort, descending, value, number = parse(urlsafe_b64decode(query.after.encode()))
        if (sort, descending) == (query.sort, query.descending) and isinstance(number, str):
            if value is None and query.sort not in {"created_at", "number"}:
                return None, number
            if query.sort in {"priority", "number"}:
                return str(value), number
            return time_from_text(value), number
    except (ValueError, TypeError, InvalidInput):
        pass
    raise InvalidInput.of(
        "does not belong to this list",
        "不属于此列表",
        field="after",
        value=query.after,
        accepted=("the `next` of a page of the same query",),
    )
