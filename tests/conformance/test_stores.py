"""The shipped stores of one process keep what every store promises."""

from __future__ import annotations

from itertools import count

import pytest

from ruledesk.testing.storage import DurableStoreSuite, StoreFactory, StoreSuite
from ruledesk.testing.storage_histories import histories
from ruledesk_plugins.memory import MemoryStore
from ruledesk_plugins.tinydb import TinyDBStore


@pytest.mark.requirement("A5")
class TestMemory(StoreSuite):
    @pytest.fixture
    def store_factory(self):
        return StoreFactory(MemoryStore)


@pytest.mark.requirement("A5", "F3")
class TestTinyDB(DurableStoreSuite):
    compact_at_open = 1 << 20

    @pytest.fixture
    def store_factory(self, tmp_path):
        numbers = count()

        def opened(path):
            return TinyDBStore(path, compact_at_open=self.compact_at_open)

        def reopen(store):
            store.close()
            return opened(store.path)

        return StoreFactory(lambda: opened(tmp_path / f"{next(numbers)}.json"), reopen)


@pytest.mark.requirement("A5", "F3")
class TestTinyDBCompacting(TestTinyDB):
    """The same, with the file compacted at every opening and after every commit that can be."""

    histories = min(histories(), 100)

    @pytest.fixture
    def store_factory(self, tmp_path):
        numbers = count()

        def opened(path):
            store = TinyDBStore(path, compact_at_open=0, compact_in_use=1)
            store.compact()
            return store

        def reopen(store):
            store.close()
            return opened(store.path)

        return StoreFactory(lambda: opened(tmp_path / f"{next(numbers)}.json"), reopen)
