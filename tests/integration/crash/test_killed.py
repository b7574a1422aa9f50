"""SIGKILL of writers, of workers and of PostgreSQL, at moments that a seed chooses (F3, F7).

What was acknowledged is there, once; every message went out; a message went out twice only where
the kill came between its line and its record, and then under the same id.
"""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.requirement("F3")


@pytest.mark.parametrize("storage", ["tinydb"], indirect=True)
def test_killed_writers_lose_nothing_that_was_acknowledged(run, rounds, storage):
    done, figures = run("writers", storage)
    assert done == rounds
    assert figures["acknowledged"] > 3 * rounds
    assert figures["in flight"] > 0


@pytest.mark.parametrize("storage", ["sqlite", "postgresql"], indirect=True)
def test_killed_writers_hold_up_no_other_one(run, rounds, storage):
    done, figures = run("writers", storage, at_once=2)
    assert done == rounds
    assert figures["acknowledged"] > 5 * rounds
    assert figures["in flight"] > 0


@pytest.mark.parametrize("storage", ["tinydb"], indirect=True)
def test_killed_worker_loses_no_message(run, rounds, storage):
    done, figures = run("workers", storage)
    assert done == rounds
    assert figures["messages"] > 6 * rounds
    assert 0 < figures["doubles"] <= figures["cut between send and record"]


@pytest.mark.parametrize("storage", ["sqlite", "postgresql"], indirect=True)
def test_killed_workers_lose_no_message_and_pass_no_target_twice(run, rounds, storage):
    done, figures = run("workers", storage, at_once=2)
    assert done == rounds
    assert figures["messages"] > 6 * rounds
    assert 0 < figures["doubles"] <= figures["cut between send and record"]


def test_killed_postgresql_loses_nothing_that_was_acknowledged(run, rounds):
    done, figures = run("server", at_once=2)
    assert done == rounds
    assert figures["acknowledged"] > 5 * rounds
    assert figures["messages"] > rounds


@pytest.mark.parametrize("storage", ["", "sqlite:///desk.db"], ids=["postgresql", "sqlite"])
def test_a_store_whose_maker_was_killed_is_made_by_the_next_one(run, storage):
    done, figures = run("makers", storage, rounds=20)
    assert done == 20
    assert 0 < figures["made in time"] < 20
