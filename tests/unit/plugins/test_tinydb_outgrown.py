"""`check` tells a desk that its one file has become too large (F4)."""

from __future__ import annotations

from pathlib import Path

import pytest

from ruledesk.hooks.kinds import Outgrowable
from ruledesk.testing.samples import sample_ticket, store_ticket
from ruledesk_plugins.memory import MemoryBackend
from ruledesk_plugins.tinydb import TinyDBBackend, TinyDBStore
from ruledesk_plugins.tinydb import outgrown as module

pytestmark = pytest.mark.requirement("F4")
URL = "tinydb:data/desk.json"


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    store = TinyDBStore(tmp_path / "data" / "desk.json")
    for n in range(3):
        store_ticket(store, sample_ticket(f"T{n}", description="长" * 400_000))
    store.close()
    return tmp_path


def test_a_desk_that_fits(desk: Path) -> None:
    assert TinyDBBackend.outgrown(URL, desk) is None


def test_a_desk_without_a_file(tmp_path: Path) -> None:
    assert TinyDBBackend.outgrown(URL, tmp_path) is None


@pytest.mark.parametrize(("limit", "value"), [("MOST_BYTES", 1 << 20), ("MOST_COMMITS", 2)])
def test_a_desk_that_has_outgrown_its_file(
    desk: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    """The number, the limit and the command are named, while the desk is running."""
    monkeypatch.setattr(module, limit, value)
    store = TinyDBStore(desk / "data" / "desk.json")
    problem = TinyDBBackend.outgrown(URL, desk)
    assert problem is not None
    assert problem.value == "3 MiB, 3 commits"
    assert ("(1 MiB" if limit == "MOST_BYTES" else "2 commits)") in problem.en
    assert problem.accepted == (f"ruledesk storage copy {URL} sqlite:///data/desk.db",)
    assert problem.zh
    store.close()


def test_as_many_as_the_limit_fit(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_COMMITS", 3)
    monkeypatch.setattr(module, "MOST_BYTES", (desk / "data" / "desk.json").stat().st_size)
    assert TinyDBBackend.outgrown(URL, desk) is None


def test_who_can_be_outgrown() -> None:
    assert isinstance(TinyDBBackend, Outgrowable)
    assert not isinstance(MemoryBackend, Outgrowable)
