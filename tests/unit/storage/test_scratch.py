"""What a verification remembers on the disk."""

from contextlib import closing

import pytest

from ruledesk.storage.scratch import Scratch


@pytest.fixture
def scratch():
    with closing(Scratch()) as made:
        yield made


def test_events_are_counted_in_their_order(scratch):
    for ticket, version in [("T1", 1), ("T2", 1), ("T1", 2), ("T2", 3), ("T2", 2), ("T3", 2)]:
        scratch.event(ticket, version)
    assert scratch.events_of("T1") == (2, True)
    assert scratch.events_of("T2") == (3, False)
    assert scratch.events_of("T3") == (1, False)
    assert scratch.events_of("T4") == (0, True)


def test_what_belongs_to_no_ticket(scratch):
    scratch.event("T1", 1)
    scratch.event("T2", 1)
    scratch.delivery("T2")
    scratch.delivery("T3")
    scratch.delivery("T3")
    scratch.ticket("T1", 1, 1, "", "")
    scratch.ticket("T2", 1, 1, "", "")
    assert list(scratch.tickets_without()) == []
    assert list(scratch.deliveries_without()) == [("T3", 2)]
    assert list(scratch.deliveries_uneven()) == [("T1", 0)]
    assert scratch.version("T1") == 1
    assert scratch.version("T3") == 0


def test_lists(scratch):
    assert scratch.first_due() == ""
    scratch.ticket("T1", 1, 0, "2026", "2027")
    scratch.ticket("T2", 3, 0, "2025", "")
    scratch.listed("next_due", "T1")
    assert scratch.first_due() == "2025"
    assert list(scratch.unlisted("next_due")) == [("T2", 3)]
    assert list(scratch.unlisted("over_at")) == [("T1", 1)]


def test_text_that_is_no_utf_8(scratch):
    for n, number in enumerate(("T1", "T2", "T3")):
        scratch.correlation("k\udc80", f"2026-0{3 - n}", number)
    scratch.correlation("k\udc80", "2026-03", "T1")
    assert list(scratch.correlations()) == [("k\udc80", "2026-01")]
    assert sorted(scratch.members("k\udc80")) == ["T1", "T2", "T3"]
