"""Mails and form posts of the recorded day, as they come over the wire."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from ruledesk_rulesets.hotline.recordings.day_words import Problem
from ruledesk_rulesets.recorder.words import Customer

TO: Final = "hotline@example.com"


def form(customer: Customer, problem: Problem, *, as_json: bool) -> dict[str, Any]:
    """Fill in the form on the website.

    Args:
        customer: Who fills it in.
        problem: With what.
        as_json: Whether the page posts JSON or a plain form.

    Returns:
        The ``raw`` of a ``receive`` step.
    """
    fields = problem.remarks()
    if as_json:
        requester = {"name": customer.name, "phone": customer.phone, "region": customer.region}
        return {"json": {"requester": requester, **fields}}
    return {
        "text": urlencode({"name": customer.name, "phone": customer.phone, **fields}),
        "content_type": "application/x-www-form-urlencoded",
    }
