"""`OrderedKeys` is a sorted list, only quicker."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ruledesk.storage import ordered
from ruledesk.storage.ordered import OrderedKeys


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(ordered, "_FULL", 4)


@settings(deadline=None, max_examples=200)
@given(
    st.sets(st.integers(0, 60)),
    st.lists(st.tuples(st.booleans(), st.integers(0, 60)), max_size=80),
)
def test_like_a_sorted_list(first, changes):
    keys, expected = OrderedKeys(first), sorted(first)
    for adds, key in changes:
        if adds and key not in expected:
            keys.add(key)
            expected.insert(bisect_left(expected, key), key)
        elif not adds and key in expected:
            keys.remove(key)
            expected.remove(key)
        elif not adds:
            with pytest.raises(KeyError):
                keys.remove(key)
        assert list(keys.after(key)) == expected[bisect_right(expected, key) :]
        assert list(keys.before(key)) == expected[: bisect_left(expected, key)][::-1]
    assert list(keys) == expected
    assert list(reversed(keys)) == expected[::-1]
    assert len(keys) == len(expected)
    assert keys.first() == (expected[0] if expected else None)
