"""Whatever was done to a store, a copy of it says the same."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from ruledesk.storage.archive_read import restore
from ruledesk.storage.archive_write import write_backup
from ruledesk.storage.copying import copy
from ruledesk.storage.tally import tally_of
from ruledesk.testing.storage_machine import StoreFactory, StoreMachine
from ruledesk_plugins.memory import MemoryStore
from ruledesk_plugins.tinydb import TinyDBStore

SETTINGS = settings(
    max_examples=25, stateful_step_count=20, deadline=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


def machine(store, other, folder):
    """A machine whose store is, at the end of each history, copied to another and compared."""

    class Copied(StoreMachine):
        def __init__(self):
            super().__init__(StoreFactory(store))

        def teardown(self):
            with tempfile.TemporaryDirectory(dir=folder) as name:
                file, made, again = Path(name) / "backup", other(), store()
                digest = copy(self.store, made).digest()
                write_backup(made, file, datetime(2026, 1, 1, tzinfo=UTC), "1")
                restore(file, again)
                with again.snapshot() as records:
                    assert tally_of(records).digest() == digest
                assert list(again.faults()) == list(made.faults()) == []
                self.store.close()
                made.close()
                self.store = again  # what the machine compares with the reference at its end
            super().teardown()

    return Copied


@pytest.mark.requirement("F3")
@pytest.mark.parametrize("scheme", ["memory", "tinydb", "sqlite"])
def test_copies_of_any_history(tmp_path, scheme):
    from ruledesk_plugins.sql import SQLiteBackend  # noqa: PLC0415 - SQLAlchemy is slow to load

    made = iter(range(10_000))
    makers = {
        "memory": MemoryStore,
        "tinydb": lambda: TinyDBStore(tmp_path / f"{next(made)}.json"),
        "sqlite": lambda: SQLiteBackend.open(f"sqlite:///{next(made)}.db", tmp_path),
    }
    run_state_machine_as_test(machine(MemoryStore, makers[scheme], tmp_path), settings=SETTINGS)
