"""Sixteen processes at one thing: no lost update, no double, no gap (A5, F3)."""

from __future__ import annotations

import pytest


@pytest.mark.requirement("A5", "F3")
@pytest.mark.parametrize("storage", ["sqlite", "postgresql"], indirect=True)
def test_sixteen_processes_at_one_thing(run, storage):
    races, _ = run("races", storage, at_once=16)
    assert races == 4
