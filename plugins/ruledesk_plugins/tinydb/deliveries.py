"""Messages in the journal: queued once, in full; then only what an attempt changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ruledesk.codec import delivery_to_dict
from ruledesk.model.message import Delivery


def state_to_dict(delivery: Delivery) -> dict[str, Any]:
    """Write where a message stands, without the message."""
    state = delivery_to_dict(delivery)
    message = state.pop("message")
    return {**state, "id": message["id"], "ticket": message["ticket"]}


def merged(queued: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Any]:
    """Put the message as queued and its later state together again."""
    later = {key: value for key, value in state.items() if key not in {"id", "ticket"}}
    return {**later, "message": queued["message"]}


def folded(bodies: Iterable[Mapping[str, Any]], ticket: str) -> dict[str, dict[str, Any]]:
    """Work out where the messages of a ticket stand after commits, by id, in order of queueing."""
    found: dict[str, dict[str, Any]] = {}
    for body in bodies:
        for words in body.get("rewritten", ()):
            if words["ticket"] == ticket:
                found |= {queued["message"]["id"]: queued for queued in words["messages"]}
        for queued in body.get("messages", ()):
            if queued["message"]["ticket"] == ticket:
                found[queued["message"]["id"]] = queued
        for state in body.get("deliveries", ()):
            if state["ticket"] == ticket and state["id"] in found:
                found[state["id"]] = merged(found[state["id"]], state)
    return found
