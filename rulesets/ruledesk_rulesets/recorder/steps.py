"""Steps that hand something in."""

from __future__ import annotations

from typing import Any


def submitted(name: str, by: str, channel: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Write the step of handing a ticket in."""
    return {"do": "submit", "as": name, "by": by, "channel": channel, "with": fields}


def received(channel: str, raw: dict[str, Any], refused: str = "") -> dict[str, Any]:
    """Write the step of raw input that a channel gets."""
    step = {"do": "receive", "channel": channel, "raw": raw}
    return {**step, "refused": refused} if refused else step


def cti(event: str, call: str, **more: str) -> dict[str, Any]:
    """Write the step of an event of the telephone system."""
    return received("phone", {"json": {"event": event, "callId": call, **more}})
