"""Conformance suite for storage backends.

```python
class TestMyStore(DurableStoreSuite):
    @pytest.fixture
    def store_factory(self, tmp_path):
        files = count()

        def fresh():
            return MyStore(tmp_path / f"{next(files)}.db")

        def reopen(store):
            store.close()
            return MyStore(store.path)

        return StoreFactory(fresh, reopen)
```

A backend whose data do not outlive closing runs `StoreSuite` and leaves ``reopen`` out. Orders are
by code point; a descending order turns ties round as well; tickets without a value come last
either way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import ClassVar, cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from ruledesk.errors import RuleDeskError
from ruledesk.model.ticket import Call, Requester
from ruledesk.model.values import changed
from ruledesk.storage.interface import Store, TicketQuery
from ruledesk.testing.samples import (
    START,
    delivery,
    fill,
    sample_ticket,
    store_ticket,
)
from ruledesk.testing.storage_deletion import (
    DeletionSuite,
    deletable,
    delete,
    store_with_blobs,
)
from ruledesk.testing.storage_factory import StoreFactory
from ruledesk.testing.storage_histories import histories
from ruledesk.testing.storage_machine import StoreMachine
from ruledesk.testing.storage_queries import QuerySuite
from ruledesk.testing.storage_races import RaceSuite
from ruledesk.testing.storage_records import holdings
from ruledesk.testing.storage_relations import RelationSuite
from ruledesk.testing.storage_rewriting import RewritingSuite
from ruledesk.testing.storage_snapshots import SnapshotSuite, fill_with_all
from ruledesk.testing.storage_work import WorkSuite
from ruledesk.testing.storage_writing import WritingSuite

__all__ = ["DurableStoreSuite", "StoreFactory", "StoreSuite"]


class StoreSuite(
    WritingSuite,
    QuerySuite,
    RelationSuite,
    DeletionSuite,
    RewritingSuite,
    WorkSuite,
    SnapshotSuite,
    RaceSuite,
):
    """What the desk relies on in every store (A5, C13, F3).

    Attributes:
        histories: How many histories `test_agrees_with_the_reference` drives the store through;
            None for what `ruledesk.testing.storage_histories.histories` says.
    """

    histories: ClassVar[int | None] = None

    @pytest.fixture
    def store_factory(self) -> StoreFactory:
        """Where the stores under test come from."""
        raise NotImplementedError("override the fixture store_factory")

    @pytest.fixture
    def store(self, store_factory: StoreFactory) -> Iterator[Store]:
        """An empty store, closed afterwards."""
        made = store_factory.fresh()
        yield made
        made.close()

    def test_closed_store_says_so(self, store_factory: StoreFactory) -> None:
        """A store that is used after it was closed fails with an error of the desk's own."""
        store = store_factory.fresh()
        store.close()
        with pytest.raises(RuleDeskError):
            store_ticket(store, sample_ticket("T1"))

    def test_agrees_with_the_reference(self, store_factory: StoreFactory) -> None:
        """Any history gives the answers that a plain look at everything gives, and no damage."""
        run_state_machine_as_test(
            cast("type[StoreMachine]", self.machine(store_factory)),
            settings=settings(
                deadline=None,
                max_examples=self.histories or histories(),
                stateful_step_count=30,
                suppress_health_check=list(HealthCheck),
            ),
        )

    @staticmethod
    def machine(store_factory: StoreFactory) -> Callable[[], StoreMachine]:
        """Return what makes the machine that `test_agrees_with_the_reference` runs."""
        return lambda: StoreMachine(store_factory)


class DurableStoreSuite(StoreSuite):
    """And in every store whose data outlive its closing (F3)."""

    def test_everything_survives_reopening(self, store_factory: StoreFactory) -> None:
        """What was stored is there after the store was closed and opened (F3)."""
        assert store_factory.reopen is not None, "a durable store's factory can reopen it"
        store = store_factory.fresh()
        fill(store)
        queued = [delivery("T5", 1), delivery("T5", 2, 1)]
        store_ticket(store, sample_ticket("T5", 5, timers={"close": START}), messages=queued)
        with store.transaction() as transaction:
            transaction.next_in_sequence("a")
            transaction.save_requester(Requester("R1", phone="138"))
            transaction.save_call(Call("c1"), "T5")
            transaction.save_document("d", {"v": 1})
            transaction.save_delivery(changed(queued[0], state="sent"))
        name = store.put_blob(b"raw")
        before = _answers(store)
        log = list(store.all_events())
        store = store_factory.reopen(store)
        assert _answers(store) == before
        assert list(store.all_events()) == log
        assert store.requester(phone="138") == Requester("R1", phone="138")
        assert store.call("c1") == (Call("c1"), "T5")
        assert store.document("d") == {"v": 1}
        assert store.blob(name) == b"raw"
        with store.transaction() as transaction:
            assert transaction.next_in_sequence("a") == 2
        store.close()

    def test_snapshot_survives_reopening(self, store_factory: StoreFactory) -> None:
        """Opened again, a store holds what it held, to the last record and in the same order."""
        assert store_factory.reopen is not None, "a durable store's factory can reopen it"
        store = store_factory.fresh()
        fill_with_all(store)
        before = holdings(store)
        for _ in range(2):
            store = store_factory.reopen(store)
            assert holdings(store) == before
            assert list(store.faults()) == []
        store.close()

    def test_bytes_kept_once_more_go_when_the_store_is_closed(
        self, store_factory: StoreFactory
    ) -> None:
        """An input that came twice is in no second ticket, and goes with the only one (C13)."""
        assert store_factory.reopen is not None, "a durable store's factory can reopen it"
        store = store_factory.fresh()
        raw = store.put_blob(b"mail")
        ticket = store_with_blobs(store, "T1", raw)
        store.put_blob(b"mail")
        delete(store, ticket)
        store = store_factory.reopen(store)
        assert store.blob(raw) is None
        store.close()

    def test_deletion_survives_reopening(self, store_factory: StoreFactory) -> None:
        """What was deleted does not come back, and its number stays taken (C13, A5)."""
        assert store_factory.reopen is not None, "a durable store's factory can reopen it"
        store = store_factory.fresh()
        gone = deletable(store)
        names = [event.body.raw for event in store.events("T1", 0)[:1]]  # type: ignore[attr-defined]
        left = delete(store, gone)
        before = _answers(store)
        log = list(store.all_events())
        for _ in range(2):
            store = store_factory.reopen(store)
            assert _answers(store) == before
            assert list(store.all_events()) == log
            assert store.ticket("T1") is None
            assert store.call("c1") is None
            assert [store.blob(name) for name in names] == [None]
            assert list(store.tombstones()) == [left]
            assert dict(store.counts()) == {"tickets": 1, "events": 1, "messages": 1}
            with pytest.raises(RuleDeskError):
                store_ticket(store, sample_ticket("T1"))
        store.close()


def _answers(store: Store) -> list[object]:
    now = START + timedelta(hours=1)
    numbers = [t.number for t in store.query(TicketQuery()).tickets]
    return [
        numbers,
        [store.ticket(n) for n in numbers],
        [list(store.messages(n)) for n in numbers],
        dict(store.counts()),
        list(store.due(now)),
        list(store.pending(now)),
        store.next_due(),
        store.next_delivery(),
        dict(store.workloads(["A1", "A2"])),
        store.count({"flag": ["overdue"]}),
    ]
