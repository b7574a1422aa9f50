"""Blobs on their way into a ticket are not taken away."""

import pytest

from ruledesk.storage import fresh as module
from ruledesk.storage.fresh import FreshBlobs

pytestmark = pytest.mark.requirement("C13", "F3")


def dropped(fresh: FreshBlobs, *names: str, needed: str = "") -> list[str]:
    removed: list[str] = []
    fresh.drop(names, lambda name: name == needed, removed.append)
    return removed


def test_what_nobody_names_and_nobody_is_about_to_goes() -> None:
    fresh = FreshBlobs()
    fresh.keep("coming")
    assert dropped(fresh, "old", "coming", "shared", needed="shared") == ["old"]
    fresh.named(["coming", "other"])
    assert dropped(fresh, "coming") == ["coming"]


def test_as_often_as_it_was_kept() -> None:
    fresh = FreshBlobs()
    fresh.keep("a")
    fresh.keep("a")
    fresh.named(["a"])
    assert dropped(fresh, "a") == []
    fresh.named(["a"])
    assert dropped(fresh, "a") == ["a"]


def test_inputs_that_became_no_ticket_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST", 2)
    fresh = FreshBlobs()
    for name in ("a", "b", "a", "c"):
        fresh.keep(name)
    assert dropped(fresh, "a", "b", "c") == ["b"]


def test_what_was_left_for_nobody_goes_at_the_end() -> None:
    fresh = FreshBlobs()
    for name in ("a mail that came twice", "coming"):
        fresh.keep(name)
        assert dropped(fresh, name) == []
    fresh.named(["coming"])
    removed: list[str] = []
    for _ in range(2):
        fresh.settle(lambda name: name == "coming", removed.append)
    assert removed == ["a mail that came twice"]
