"""Tallies are equal where the records are, and say where they differ."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ruledesk.errors import InvalidInput
from ruledesk.model.ticket import Requester
from ruledesk.storage.change import DocumentSaved, RequesterSaved
from ruledesk.storage.record import Blob, SequenceTaken, Unreadable
from ruledesk.storage.record_lines import KINDS, kind_of, record_from_line, record_line
from ruledesk.storage.tally import differences, tally_of
from ruledesk.testing.samples import fill
from ruledesk_plugins.memory import MemoryStore

pytestmark = pytest.mark.requirement("F3")
WORDS = st.text(max_size=4)
UNORDERED = st.lists(
    st.builds(SequenceTaken, WORDS, st.integers(0, 9))
    | st.builds(Blob, WORDS, st.binary(max_size=4))
    | st.builds(DocumentSaved, WORDS, st.dictionaries(WORDS, WORDS, max_size=2)),
    max_size=6,
)
REQUESTERS = st.lists(st.builds(RequesterSaved, st.builds(Requester, WORDS, WORDS)), max_size=4)


@pytest.fixture
def records():
    store = MemoryStore()
    fill(store)
    with store.snapshot() as stored:
        return tuple(stored)


@settings(deadline=None)
@given(UNORDERED, st.randoms(use_true_random=False))
def test_what_has_no_order_is_alike_in_any(records, random):
    shuffled = records[:]
    random.shuffle(shuffled)
    assert tally_of(records).digest() == tally_of(shuffled).digest()


@settings(deadline=None)
@given(REQUESTERS, REQUESTERS)
def test_what_has_an_order_is_alike_in_that_only(one, other):
    assert (tally_of(one).digest() == tally_of(other).digest()) == (one == other)


@settings(deadline=None)
@given(UNORDERED, UNORDERED)
def test_a_difference_is_named(one, other):
    found = differences(tally_of(one), tally_of(other))
    alike = sorted(map(repr, one)) == sorted(map(repr, other))
    assert (found == []) == alike
    assert {problem.field for problem in found} <= {"sequence", "blob", "document"}


def test_each_kind_has_its_line(records):
    for record in records:
        kind = kind_of(record)
        assert kind in KINDS
        assert record_from_line(kind, record_line(record)) == record


@pytest.mark.parametrize(
    ("kind", "line", "said"),
    [
        ("sequence", b'{"key":"a"}', "f:1: last"),
        ("sequence", b'{"key":"a","last":true}', "f:1: last"),
        ("call", b'{"call":{"id":"c"}}', "f:1: ticket"),
        ("document", b'{"key":"a","document":[]}', "f:1: document"),
        ("ticket", b"[]", "is no object"),
        ("event", b"{", "f:1: is no JSON"),
    ],
)
def test_a_line_that_is_no_record(kind, line, said):
    with pytest.raises(InvalidInput, match="f:1") as caught:
        record_from_line(kind, line, "f:1")
    assert said in str(caught.value)


def test_what_cannot_be_read_is_named_all_at_once(records):
    torn = [Unreadable("event", f"T1/{n}", "torn") for n in range(60)]
    with pytest.raises(InvalidInput) as caught:
        tally_of([*records, torn[0], *records, *torn[1:]])
    assert caught.value.problems[1].text() == "event T1/1: cannot be read (torn)"
    assert caught.value.problems[-1].text() == "10 more records cannot be read"


def test_progress(records):
    told = []
    assert tally_of(records, told.append).total == len(records) == told[-1]
