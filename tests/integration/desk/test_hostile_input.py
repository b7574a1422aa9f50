"""Whatever is handed to a desk, it is taken or refused by name, and a refusal changes nothing."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ruledesk.desk.service import Desk
from ruledesk.errors import NotFound, Refused
from ruledesk.lifecycle.evolve import replay
from ruledesk.lifecycle.table import TABLE
from ruledesk.testing.desks import make_desk

SAMPLE = Path(__file__).parents[2] / "samples" / "rulesets" / "full.toml"
START = datetime.fromisoformat("2026-03-09T10:00:00+08:00")
GOOD: dict[str, Any] = {"type": "repair", "description": "x", "requester": {"phone": "1"}}
NAMES = [
    "type", "category", "subject", "description", "phenomenon", "occurred_at", "urgency",
    "impact", "affected_users", "loss", "expected_by", "priority", "fault", "custom.fault",
    "custom", "requester", "requester.phone", "requester.level", "call", "contact", "status",
    "number", "flags", "text", "fields", "missing", "team", "agent", "to", "hand_over", "task",
    "due", "eta", "solution", "cause", "rating", "scores", "into", "other", "kind", "reason",
    "public", "duty", "via", "", "\0", "__class__", "source", "raw", "rule", "$s",
]  # fmt: skip
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters(), max_size=8),
    st.sampled_from(
        ["repair", "batch", "P0", "after-sales", "A101", "head", "role:supervisor", "\0", "\ud800",
         "2026-03-09T12:00:00+08:00", "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+14:00",
         "repair/other", "R20260309001", "x" * 200_000, "{number}", "{0}"]
    ),
    st.binary(max_size=3),
    st.datetimes(),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.sampled_from(NAMES), st.integers()), inner, max_size=3),
    ),
    max_leaves=5,
)
FIELDS = st.dictionaries(st.one_of(st.sampled_from(NAMES), st.integers()), VALUES, max_size=5)
SETTINGS = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def hostile() -> Iterator[Desk]:
    desk = make_desk(
        {
            "lines": {"main": {"ruleset": str(SAMPLE)}},
            "teams": {"after-sales": {"head": "A100", "agents": ["A101"]}},
            "agents": {"A100": {"roles": ["supervisor"]}, "A101": {"capacity": 100_000}},
        }
    )
    yield desk
    desk.close()


@pytest.mark.requirement("F4")
@SETTINGS
@given(fields=FIELDS, good=st.booleans())
def test_submissions(fields: dict[Any, Any], good: bool, hostile: Desk) -> None:
    before = dict(hostile.store.counts())
    try:
        ticket = hostile.submit(
            by="requester",
            line="main",
            channel="web",
            fields={**GOOD, **fields} if good else fields,
            at=START,
        )
    except Refused as refused:
        assert all(problem.en and problem.zh for problem in refused.problems)
        assert refused.text("zh")
        assert dict(hostile.store.counts()) == before
    else:
        assert replay(hostile.store.events(ticket.number)) == ticket


@pytest.mark.requirement("F4")
@SETTINGS
@given(
    action=st.sampled_from(sorted(TABLE)),
    fields=FIELDS,
    by=st.sampled_from(["requester", "agent:A100", "agent:A101", "system"]),
)
@example(
    action="plan", fields={"solution": "x", "eta": "9999-12-31T23:59:59+00:00"}, by="agent:A100"
)
def test_actions(action: str, fields: dict[Any, Any], by: str, hostile: Desk) -> None:
    made = hostile.submit(by="requester", line="main", channel="web", fields=GOOD, at=START)
    try:
        ticket = hostile.act(made.number, action, by=by, fields=fields, at=START)
    except (Refused, NotFound) as refused:
        assert all(problem.en and problem.zh for problem in refused.problems)
        assert hostile.ticket(made.number) == made
    else:
        assert replay(hostile.store.events(made.number)) == ticket
        hostile.advance(START + timedelta(seconds=0))


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59+00:00", "9001-01-01T00:00:00+00:00"])
def test_a_clock_at_the_end_of_time(at: str, hostile: Desk) -> None:
    when: Any = at
    before = dict(hostile.store.counts())
    with pytest.raises(Refused) as refused:
        hostile.submit(by="requester", line="main", channel="web", fields=GOOD, at=when)
    assert refused.value.problems[0].field == "at"
    assert dict(hostile.store.counts()) == before
