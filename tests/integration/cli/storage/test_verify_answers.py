"""A store that answers wrongly is found out, also while others write to it."""

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve as with_changes

from ruledesk.errors import Problem, StorageFault
from ruledesk.lifecycle.evolve import evolve
from ruledesk.model.action import Note
from ruledesk.model.event import Event
from ruledesk.model.people import Workload
from ruledesk.model.ticket import Ticket
from ruledesk.model.tombstone import Tombstone
from ruledesk.storage.interface import Page
from ruledesk.storage.record import Unreadable
from ruledesk.storage.verify import Verification
from ruledesk_plugins.memory import MemoryStore

pytestmark = pytest.mark.requirement("F3")


class Lying:
    """A store some of whose answers are others: name to what the right answer becomes."""

    def __init__(self, store, **lies):
        self._store, self._lies = store, lies

    def __getattr__(self, name):
        honest, lie = getattr(self._store, name), self._lies.get(name)
        if lie is None:
            return honest
        return lambda *args, **named: lie(honest(*args, **named), *args, **named)


@pytest.fixture
def store(few):
    filled = MemoryStore()
    filled.load(few)
    yield filled
    filled.close()


def findings(store, **lies):
    return list(Verification(Lying(store, **lies)).findings())


def one(store, kind, **lies):
    found = findings(store, **lies)
    assert {finding.kind for finding in found} == {kind}, found
    return found[0]


@pytest.fixture
def ticket(few):
    return next(one for one in few if isinstance(one, Ticket))


def test_nothing_is_wrong(store):
    assert findings(store) == []


def test_sources(store):
    found = one(store, "index", by_source=lambda right, source: None)
    assert (found.field, found.stored, found.expected) == ("source", None, found.ticket)
    wrong = one(store, "index", by_source=lambda right, source: "G1")
    assert wrong.stored == "G1"


def test_correlations(store):
    missing = one(store, "index", correlated=lambda right, key, since: right[1:])
    assert missing.field == "correlation_keys"
    assert missing.expected == missing.ticket
    extra = one(store, "index", correlated=lambda right, key, since: ["G20260312001", *right])
    assert extra.stored == "G20260312001"


@pytest.mark.parametrize("sort", ["next_due", "over_at"])
def test_lists(store, sort):
    def first_missing(page, query):
        return Page(page.tickets[1:], page.next) if query.sort == sort else page

    def reversed_(page, query):
        return Page(page.tickets[::-1], page.next) if query.sort == sort else page

    def by_chance(page, query):
        first, second, *rest = page.tickets
        return Page((second, first, *rest), page.next) if query.sort == sort else page

    assert "not in the list" in one(store, "index", query=first_missing).en
    assert one(store, "index", query=by_chance).field == sort
    assert findings(store, query=reversed_)


def test_counters(store):
    found = one(store, "count", counts=lambda right: {**right, "messages": right["messages"] + 1})
    assert (found.key, found.stored - found.expected) == ("messages", 1)

    def closed(right, where):
        return right + 1 if where == {"status": ["closed"]} else right

    assert one(store, "count", count=closed).key == "status=closed"


def test_workloads(store):
    def one_more(right, agents):
        return {name: Workload(load.open + 1, load.last_assigned) for name, load in right.items()}

    assert one(store, "count", workloads=one_more).field == "workloads.open"


def test_round_robin(few):
    store = MemoryStore()
    store.load(one for one in few if not isinstance(one, Tombstone))

    def as_if_nobody(right, agents):
        return {name: Workload(load.open, 0) for name, load in right.items()}

    assert one(store, "count", workloads=as_if_nobody).field == "last_assigned"
    store.close()


def test_the_clock(store):
    found = one(store, "index", next_due=lambda right: right + timedelta(seconds=1))
    assert found.key == "next_due"


@pytest.mark.parametrize("way", ["phone", "email"])
def test_people_by_their_ways(store, way):
    lie = {"requester": lambda right, **asked: None if way in asked else right}
    found = findings(store, **lie)
    assert {finding.field for finding in found} <= {way}
    assert found


def test_keys(store):
    assert one(store, "call", call=lambda right, id_: None).kind == "call"
    assert one(store, "document", document=lambda right, key: None).kind == "document"
    assert one(store, "tombstone", tombstone=lambda right, number: None).kind == "tombstone"
    lost = findings(store, ticket=lambda right, number: None)
    assert {finding.kind for finding in lost} == {"ticket", "call"}


def test_a_view_that_differs_deep_inside(store, ticket):
    name, target = next(iter(ticket.targets.items()))
    wrong = with_changes(target, due=target.due + timedelta(minutes=1))
    changed = with_changes(ticket, targets={**ticket.targets, name: wrong})

    class Stored:
        def __init__(self, records):
            self.records = records

        def __enter__(self):
            self.inner = self.records.__enter__()
            return (changed if one == ticket else one for one in self.inner)

        def __exit__(self, *error):
            return self.records.__exit__(*error)

    lies = {
        "snapshot": Stored,
        "ticket": lambda right, number: changed if number == ticket.number else right,
    }
    (found,) = (f for f in findings(store, **lies) if f.kind == "ticket")
    assert (found.ticket, found.field) == (ticket.number, f"targets.{name}.due")
    assert (found.stored, found.expected) == (wrong.due, target.due)


def test_what_the_store_finds_by_itself_is_told_once(store):
    own = [Problem("is broken", "已损坏", "index/x", 1, ("2",)), Problem("", "", "event G1/3")]

    class Damaged:
        def __init__(self, records):
            self.records = records

        def __enter__(self):
            yielded = self.records.__enter__()
            return iter([Unreadable("event", "G1/3", "torn"), *yielded])

        def __exit__(self, *error):
            return self.records.__exit__(*error)

    found = findings(store, faults=lambda right: own, snapshot=Damaged)
    told = [(f.kind, f.key, f.event, f.en) for f in found if f.kind in ("store", "event")]
    assert told == [
        ("event", "G1", 3, "cannot be read (torn)"),
        ("event", "G1", 0, "1 events are stored of a ticket that is not"),
        ("store", "index/x", 0, "is broken"),
    ]
    assert [f.text("en") for f in found if f.kind == "store"] == [
        "store index/x: is broken; stored: 1; should be: 2"
    ]


def test_what_cannot_be_read_is_told(store, ticket):
    def torn(right, number, after=0):
        if number == ticket.number:
            raise StorageFault.of("torn", "破损")
        return right

    assert one(store, "event", events=torn).ticket == ticket.number
    assert one(store, "delivery", messages=torn).ticket == ticket.number


# -- while others write -------------------------------------------------------------------------


def add_note(store, number):
    ticket = store.ticket(number)
    event = Event(number, ticket.version + 1, ticket.updated_at, "agent:A1", Note("again"))
    with store.transaction() as transaction:
        transaction.append(evolve(ticket, event), [event], expected_version=ticket.version)


def delete(store, number):
    ticket = store.ticket(number)
    now = datetime(2030, 1, 1, tzinfo=UTC)
    mark = Tombstone(number, ticket.line, ticket.version, ticket.created_at, None, now, "agent:A1")
    with store.transaction() as transaction:
        transaction.delete_ticket(number, mark)


def test_tickets_that_are_changed_meanwhile_are_no_findings(store):
    asked = []

    def busy(right, number, after=0):
        if number not in asked and store.ticket(
            number
        ):  # somebody is always faster than the verification
            asked.append(number)
            add_note(store, number)
        return store.events(number, after)

    verification = Verification(Lying(store, events=busy))
    assert list(verification.findings()) == []
    assert not verification.quiet
    assert len(asked) == verification.counts["ticket"] > 30


def test_tickets_that_are_deleted_meanwhile_are_no_findings(store):
    numbers = [ticket.number for ticket in _tickets(store)]

    def deleting(right, number, after=0):
        if number in numbers[::3] and store.ticket(number) is not None:
            delete(store, number)
        return store.events(number, after)

    assert findings(store, events=deleting) == []


def _tickets(store):
    with store.snapshot() as records:
        return [record for record in records if isinstance(record, Ticket)]
