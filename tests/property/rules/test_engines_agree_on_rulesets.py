"""Random rulesets and tickets, through both engines: the same events, byte for byte."""

import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ruledesk.codec import event_line
from ruledesk.errors import Refused
from ruledesk.rules.expression.format import format_expression
from ruledesk.rules.expression.types import Schema
from ruledesk.rules.load import ruleset_from_document
from ruledesk.testing.desks import make_desk
from ruledesk.testing.expressions import expressions
from ruledesk.toml import read_toml

SAMPLE = Path(__file__).parents[2] / "samples" / "rulesets" / "full.toml"
DOCUMENT = read_toml(SAMPLE)
READABLE = (
    "affected_users",
    "category",
    "description",
    "impact",
    "loss",
    "occurred_at",
    "priority",
    "requester.level",
    "type",
    "urgency",
    "flags",
    "custom.fault",
    "counts.same_fault",
)
SCHEMA = Schema(
    {
        name: kind
        for name, kind in ruleset_from_document(DOCUMENT).schema.fields.items()
        if name in READABLE
    }
)
START = datetime(2026, 3, 9, 2, 0, tzinfo=UTC)
OUTCOMES: dict[str, list[dict[str, Any]]] = {
    "category": [{"category": "repair/kitchen"}, {"category": "repair/other"}],
    "flags": [{"flags": ["emergency"]}, {"flags": ["batch_fault"]}],
    "priority": [{"priority": "P0"}, {"priority": "P3"}],
    "route": [{"team": "it"}, {"team": "sales", "skills": ["sql"]}, {"team": "nowhere"}],
}
PEOPLE = {
    "teams": {"it": {"head": "H1", "agents": ["A1", "A2"]}, "sales": {"agents": ["A3"]}},
    "agents": {
        "H1": {"roles": ["supervisor"]},
        "A1": {"capacity": 2},
        "A2": {"capacity": 1, "skills": ["sql"]},
        "A3": {"skills": ["sql"]},
    },
}
conditions = expressions(SCHEMA).map(format_expression)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """The sample ruleset with other conditions everywhere, and rules in other stages."""
    document: dict[str, Any] = deepcopy(DOCUMENT)
    document["fields"]["priority"] = {"values": ["P0", "P3"]}
    for stage, outcomes in OUTCOMES.items():
        outcome = st.sampled_from(outcomes)
        document["stages"][stage]["rules"] = [
            {"name": f"{stage}-{n}", "when": draw(conditions), "set": draw(outcome)}
            for n in range(draw(st.integers(1, 4)))
        ]
    document["stages"]["route"]["sets"] = ["team", "skills"]
    for reaction in document["reactions"]:
        if draw(st.booleans()):
            reaction["when"] = draw(conditions)
    return document


tickets = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["repair", "complaint"]),
        "description": st.sampled_from(["冰箱不制冷", "Fridge", "x", "投诉 9 次"]),
        "requester": st.fixed_dictionaries(
            {"phone": st.just("139"), "level": st.sampled_from(["", "vip"])}
        ),
    },
    optional={
        "urgency": st.sampled_from(["normal", "urgent"]),
        "impact": st.sampled_from(["wide", "single"]),
        "affected_users": st.integers(0, 1000),
        "loss": st.floats(0, 1e6),
        "fault": st.sampled_from(["F1", "F2"]),
        "occurred_at": st.just("2026-03-08T09:00:00+08:00"),
    },
)


def toml(value: Any) -> str:
    """Write a value as inline TOML."""
    if isinstance(value, dict):
        pairs = (f"{json.dumps(key)} = {toml(item)}" for key, item in value.items())
        return "{ " + ", ".join(pairs) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def history(folder: Path, fields_of: list[dict[str, Any]], engine: str) -> bytes:
    """What happens to the tickets of a desk, as canonical lines; also what was refused."""
    lines = {"main": {"ruleset": "./random.toml"}}
    desk = make_desk({"lines": lines, **PEOPLE}, folder=folder, engine=engine)
    refused = []
    try:
        for minute, fields in enumerate(fields_of):
            at = START + timedelta(minutes=minute)
            try:
                desk.submit(by="requester", line="main", channel="web", fields=fields, at=at)
            except Refused as error:
                refused.append(error.text())
        for number in sorted({event.ticket for event in desk.store.all_events()}):
            ticket = desk.ticket(number)
            if ticket.agent:
                by, at = f"agent:{ticket.agent}", START + timedelta(hours=1)
                desk.act(number, "classify", by=by, fields={"urgency": "urgent"}, at=at)
        desk.advance(START + timedelta(days=9))
        return b"".join(map(event_line, desk.store.all_events())) + repr(refused).encode()
    finally:
        desk.close()


@pytest.mark.requirement("F2")
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(document=documents(), fields_of=st.lists(tickets, min_size=1, max_size=6))
def test_a_random_ruleset_gives_the_same_events_on_both_engines(
    tmp_path_factory: pytest.TempPathFactory,
    document: dict[str, Any],
    fields_of: list[dict[str, Any]],
) -> None:
    folder = tmp_path_factory.mktemp("desk")
    text = "\n".join(f"{json.dumps(key)} = {toml(value)}" for key, value in document.items())
    (folder / "random.toml").write_text(text, encoding="utf-8")
    python = history(folder, fields_of, "python")
    assert python == history(folder, fields_of, "durable")
    assert b'"kind":"decided"' in python
