"""Indexes as plain values, so that what a store keeps can be compared with what is right."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from ruledesk.errors import Problem
from ruledesk.storage.state import IndexedState

#: Index to key to what it says; equal for equal contents, however the indexes came about.
Image: TypeAlias = Mapping[str, Mapping[Hashable, Any]]

_NOTHING: Final = "nothing"


def image_of(state: IndexedState) -> Image:
    """Write down what all indexes say; whoever calls sees to it that they do not change."""
    return {**state.tickets.image(), **state.outbox.image(), **state.image()}


def differences(kept: Image, right: Image) -> Iterator[Problem]:
    """Yield where indexes say something else than they should.

    Args:
        kept: What the store keeps.
        right: What follows from its records.
    """
    for index, entries in right.items():
        found = kept.get(index, {})
        for key in {**entries, **found}:
            was, should = found.get(key, _NOTHING), entries.get(key, _NOTHING)
            if was != should:
                yield Problem(
                    "the index says something else than the records",
                    "索引与记录不符",
                    f"{index} {key}".strip(),
                    was,
                    (str(should),),
                )
