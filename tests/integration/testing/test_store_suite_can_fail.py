"""The conformance suite notices stores that break the contract, each in one place."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier

import attrs
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from ruledesk.storage import local
from ruledesk.storage.change import (
    Appended,
    DeliverySaved,
    DocumentSaved,
    Rewritten,
)
from ruledesk.storage.record import Unreadable
from ruledesk.testing.storage import StoreFactory, StoreSuite
from ruledesk_plugins.memory import MemoryStore


class NoLeases(MemoryStore):
    def claim(self, now, until, limit=1):
        return self.pending(now, limit)


class ClaimsInOrderOfTime(MemoryStore):
    def claim(self, now, until, limit=1):
        waiting = sorted(self.pending(now, 500), key=lambda d: d.not_before)
        for one in waiting[:limit]:
            self._state.outbox._leases[one.message.id] = until
        return waiting[:limit]


class LeasesForEver(MemoryStore):
    def claim(self, now, until, limit=1):
        return super().claim(now, until + timedelta(days=99), limit)


class LeasesOutliveTheAttempt(MemoryStore):
    def _keep(self, change, stored):
        held = getattr(self, "held", {})
        super()._keep(change, stored)
        self._state.outbox._leases.update(
            (name, until) for name, until in held.items() if name in self._state.outbox._waiting
        )

    def claim(self, now, until, limit=1):
        found = super().claim(now, until, limit)
        self.held = dict(self._state.outbox._leases)
        return found


class NextDeliveryWithoutLeases(MemoryStore):
    def next_delivery(self):
        return min((d.not_before for _, d in self._state.outbox._waiting.values()), default=None)


class TakesNoEarlierThanNow(MemoryStore):
    def due(self, now, limit=100):
        found = list(super().due(now, 500))
        return found[::-1][:limit]


class RewritesAtTheEnd(MemoryStore):
    def _keep(self, change, stored):
        for step in change.steps:
            if isinstance(step, Rewritten):
                for event in step.before:
                    del self._log[event.ticket, event.version]
        super()._keep(change, stored)


class KeepsOldMessages(MemoryStore):
    def _keep(self, change, stored):
        old = dict(self._deliveries)
        super()._keep(change, stored)
        for step in change.steps:
            if isinstance(step, Rewritten):
                self._deliveries.update({d.message.id: old[d.message.id] for d in step.messages})


class KeepsSources(MemoryStore):
    def __init__(self):
        super().__init__()
        self.seen = {}

    def by_source(self, source):
        found = super().by_source(source) or self.seen.get(source)
        if found in self._tickets:
            self.seen[source] = found
        return found if found in self._tickets else None


class KeepsPhones(MemoryStore):
    def requester(self, *, id="", phone="", email=""):  # noqa: A002
        found = super().requester(id=id, phone=phone, email=email)
        if found is not None:
            self.last = found
        if found is None and phone and getattr(self, "last", None) is not None:
            return self.last if self.last.phone == phone else None
        return found


class CopiesNoDocuments(MemoryStore):
    def _load(self, records):
        super()._load(r for r in records if not isinstance(r, DocumentSaved))


class WrongIndex(MemoryStore):
    def _keep(self, change, stored):
        super()._keep(change, stored)
        for step in change.steps:
            if isinstance(step, Appended) and step.messages:
                self._state._events += 1


class OverAtIsUpdatedAt(MemoryStore):
    def query(self, query):
        if query.sort == "over_at":
            return super().query(attrs.evolve(query, sort="updated_at"))
        return super().query(query)


MACHINE = (
    NoLeases,
    ClaimsInOrderOfTime,
    LeasesForEver,
    LeasesOutliveTheAttempt,
    NextDeliveryWithoutLeases,
    TakesNoEarlierThanNow,
    RewritesAtTheEnd,
    KeepsOldMessages,
    KeepsSources,
    CopiesNoDocuments,
    WrongIndex,
    OverAtIsUpdatedAt,
)


@pytest.mark.parametrize("broken", MACHINE, ids=lambda cls: cls.__name__)
def test_the_machine_notices(broken):
    with pytest.raises((AssertionError, ExceptionGroup, KeyError)):
        run_state_machine_as_test(
            StoreSuite.machine(StoreFactory(broken)),
            settings=settings(
                deadline=None,
                derandomize=True,
                database=None,
                max_examples=200,
                stateful_step_count=30,
                phases=[Phase.generate],
                report_multiple_bugs=False,
                suppress_health_check=list(HealthCheck),
            ),
        )


class LiveSnapshot(MemoryStore):
    @contextmanager
    def snapshot(self):
        def stream():
            done = set()
            while left := [n for n in self._tickets if n not in done]:
                done.add(left[0])
                yield self._tickets[left[0]]

        yield stream()


class LoadsAsItComes(MemoryStore):
    def _load(self, records):
        for record in records:
            super()._load([record])


class LoadsOverOthers(MemoryStore):
    def _is_empty(self):
        return True


class LoadsDamage(MemoryStore):
    def load(self, records):
        super().load(r for r in records if not isinstance(r, Unreadable))


class BringsWordsBack(MemoryStore):
    def transaction(self):
        return self._loose()

    @contextmanager
    def _loose(self):
        with super().transaction() as staged:
            staged.save_delivery = lambda one: staged._steps.append(DeliverySaved(one))
            yield staged


@pytest.mark.parametrize(
    ("broken", "test"),
    [
        (LiveSnapshot, "test_commits_do_not_show_in_a_snapshot"),
        (LoadsAsItComes, "test_a_source_that_fails_leaves_nothing"),
        (LoadsDamage, "test_what_cannot_be_read_is_not_loaded"),
        (BringsWordsBack, "test_a_message_in_hand_does_not_bring_words_back"),
        (KeepsPhones, "test_forgotten_requester"),
        (NoLeases, "test_messages_are_leased_in_order"),
        (LeasesOutliveTheAttempt, "test_saving_a_message_ends_its_lease"),
        (NextDeliveryWithoutLeases, "test_next_delivery_respects_leases"),
        (RewritesAtTheEnd, "test_events_keep_their_place"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_a_plain_test_notices(broken, test):
    store = broken()
    with pytest.raises((AssertionError, pytest.fail.Exception, KeyError, StopIteration)):
        getattr(StoreSuite(), test)(store)


def test_a_load_over_others_is_noticed():
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        StoreSuite().test_only_an_empty_store_is_filled(LoadsOverOthers(), "ticket")


def test_blocks_that_hold_nothing_are_noticed(monkeypatch):
    """Without the lock of blocks, what is read in one is stale when it is stored."""

    class NoLock:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

    turn = Barrier(8)

    class Unlocked(MemoryStore):
        def __init__(self):
            super().__init__()
            self._writing = NoLock()

        def by_source(self, source):
            found = super().by_source(source)
            turn.wait(30)  # everybody has looked before anybody stores
            return found

        def _outside(self):
            pass

    monkeypatch.setattr(local.LocalStore, "_outside", lambda self: None)
    with pytest.raises(AssertionError):
        StoreSuite().test_one_source_is_one_ticket(Unlocked())
