"""A desk that is closed and opened again goes on exactly as one that was never closed (F3)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from ruledesk.codec import event_line
from ruledesk.desk.service import Desk

Steps = list[tuple[str, dict[str, Any]]]


@pytest.mark.requirement("F3")
@pytest.mark.parametrize(
    "steps",
    [
        [("request_info", {"missing": ["product"]}), ("cancel", {})],
        [("classify", {"urgency": "urgent", "reason": "x"}), ("note", {"text": "x"})],
        [("resolve", {"solution": "x"}), ("reopen", {})],
        [],
    ],
    ids=lambda steps: "-".join(action for action, _ in steps) or "nothing",
)
def test_the_same_events(open_desk: Callable[..., Desk], start: datetime, steps: Steps) -> None:
    def events(storage: str, *, reopened: bool) -> bytes:
        desk = open_desk(storage=storage)
        fields = {"type": "repair", "description": "x", "requester": {"phone": "1"}}
        ticket = desk.submit(by="requester", line="main", channel="web", fields=fields, at=start)
        for hour, (action, given) in enumerate(steps, start=1):
            if reopened:
                desk.close()
                desk = open_desk(storage=storage)
            at = start + timedelta(hours=hour)
            if action == "reopen":
                desk.act(ticket.number, "close", by="agent:S100", at=at)
            desk.act(ticket.number, action, by="agent:S100", fields=given, at=at)
        if reopened:
            desk.close()
            desk = open_desk(storage=storage)
        desk.advance(start + timedelta(days=9))
        return b"".join(map(event_line, desk.store.events(ticket.number)))

    assert events("tinydb:desk.json", reopened=True) == events("memory:", reopened=False)
