"""Web forms, mails and what a telephone system says, as a desk receives them."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from ruledesk.desk.receiving import Receipt
from ruledesk.desk.service import Desk
from ruledesk.hooks.kinds import RawInput

Send = Callable[..., Receipt]
Calls = Callable[..., list[Receipt]]
FORM = {"type": "repair", "description": "冰箱不制冷 🧊", "name": "张", "phone": "138 0000-0001"}


@pytest.fixture
def form() -> Send:
    """Sends a web form, changed by keywords."""

    def sent(desk: Desk, at: datetime, **fields: Any) -> Receipt:
        body = urlencode({**FORM, **fields}).encode()
        raw = RawInput(body, "application/x-www-form-urlencoded")
        (receipt,) = desk.receive("web", raw, at=at)
        return receipt

    return sent


@pytest.fixture
def as_json() -> Send:
    """Sends a web form as JSON, changed by keywords."""

    def sent(desk: Desk, at: datetime, **fields: Any) -> Receipt:
        raw = RawInput(json.dumps({**FORM, **fields}).encode(), "application/json")
        (receipt,) = desk.receive("web", raw, at=at)
        return receipt

    return sent


@pytest.fixture
def mail() -> Send:
    """Sends a mail of one text."""

    def sent(
        desk: Desk,
        at: datetime,
        text: str = "The fridge is warm.",
        *,
        id: str = "m1",  # noqa: A002
        sender: str = "zhang@example.com",
        subject: str = "Fridge",
        reply_to: str = "",
    ) -> Receipt:
        head = [
            f"From: Zhang <{sender}>",
            "To: desk@example.com",
            f"Subject: {subject}",
            f"Message-ID: <{id}@example.com>",
            "Content-Type: text/plain; charset=utf-8",
        ]
        if reply_to:
            head.append(f"In-Reply-To: <{reply_to}@example.com>")
        raw = RawInput("\r\n".join([*head, "", text, ""]).encode(), "message/rfc822")
        (receipt,) = desk.receive("email", raw, at=at)
        return receipt

    return sent


@pytest.fixture
def call() -> Calls:
    """Says what happened to a call, as the telephone system does."""

    def sent(desk: Desk, at: datetime, event: str, id: str = "c1", **fields: Any) -> list[Receipt]:  # noqa: A002
        body = {"event": event, "callId": id, "from": "13800000001", "at": at.isoformat(), **fields}
        return list(
            desk.receive("phone", RawInput(json.dumps(body).encode(), "application/json"), at=at)
        )

    return sent
