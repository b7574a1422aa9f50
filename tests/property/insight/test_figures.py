"""What holds of figures whatever the tickets are."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ruledesk.insight.case import Case, HandOver, Promise
from ruledesk.insight.statistics import DIMENSIONS, StatisticsAdder
from ruledesk.model.ticket import Status

pytestmark = pytest.mark.requirement("D12", "E1")
START = datetime(2026, 10, 1, tzinfo=UTC)
NOW = START + timedelta(days=400)
_COUNTS = ("tickets", "done", "withdrawn", "promised", "overdue", "reopened", "reopens", "solved")

hours = st.integers(0, 2400).map(lambda n: timedelta(hours=n))
words = st.sampled_from(["", "a", "b", "c"])


@st.composite
def promises(draw):
    state = draw(st.sampled_from(["met", "breached", "open", "cancelled"]))
    return Promise(state, START + draw(hours) if state == "open" else None)


@st.composite
def cases(draw):
    created = START + draw(hours)
    after = [created + gap for gap in sorted(draw(st.lists(hours, min_size=3, max_size=3)))]
    handed = HandOver(draw(words), "z", created, draw(st.sampled_from([None, after[1]])))
    return Case(
        number=draw(st.uuids()).hex,
        created_at=created,
        type=draw(st.sampled_from(["complaint", "consult"])),
        category=draw(words),
        team=draw(words),
        agent=draw(words),
        requester=draw(words),
        status=draw(st.sampled_from(list(Status))),
        responded_at=draw(st.sampled_from([None, after[0]])),
        resolved_at=draw(st.sampled_from([None, after[1]])),
        closed_at=draw(st.sampled_from([None, after[2]])),
        promises=draw(st.dictionaries(words, promises(), max_size=2)),
        hand_overs=(handed,),
        reopens=draw(st.integers(0, 2)),
        rating=draw(st.none() | st.integers(1, 5)),
    )


def added_up(found):
    adder = StatisticsAdder(ZoneInfo("Asia/Shanghai"))
    for case in found:
        adder.add(case)
    return adder.statistics(NOW)


@settings(deadline=None, max_examples=60)
@given(st.lists(cases(), max_size=30), st.randoms(use_true_random=False))
def test_the_order_of_the_tickets_does_not_matter(found, random):
    shuffled = found[:]
    random.shuffle(shuffled)
    assert added_up(shuffled) == added_up(found)


@settings(deadline=None, max_examples=60)
@given(st.lists(cases(), max_size=20), st.lists(cases(), max_size=20))
def test_counts_of_a_union_are_the_sums_of_its_parts(one, other):
    both, parts = added_up(one + other), (added_up(one), added_up(other))
    for name in _COUNTS:
        assert getattr(both.total, name) == sum(getattr(part.total, name) for part in parts)
    for measure in ("handling", "response"):
        measured = [getattr(part.total, measure) for part in parts]
        whole = getattr(both.total, measure)
        assert (whole.count, whole.total) == (
            sum(part.count for part in measured),
            sum(part.total for part in measured),
        )
        # The percentiles of a union lie between those of its parts.
        known = [part for part in measured if part.count]
        if known:
            assert min(part.p50 for part in known) <= whole.p50 <= max(p.p50 for p in known)
    assert both.hand_over.total == sum(part.hand_over.total for part in parts)


@settings(deadline=None, max_examples=60)
@given(st.lists(cases(), max_size=30))
def test_every_dimension_divides_all_tickets(found):
    statistics = added_up(found)
    for name in DIMENSIONS:
        groups = statistics.groups[name]
        assert sum(group.figures.tickets for group in groups) == len(found)
        assert sum(group.figures.overdue for group in groups) == statistics.total.overdue
    assert sum(statistics.load.values()) == len(found)
