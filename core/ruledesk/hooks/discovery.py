"""Finds the plugins that are installed, without importing any."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from typing import Final

from attrs import frozen

import ruledesk
from ruledesk.hooks.builtin import BUILTIN, builtin_name

GROUP: Final = "ruledesk"
FIRST_PARTY: Final = "built-in"


@frozen
class Found:
    """A plugin that could be loaded.

    Attributes:
        name: What configuration and errors call it.
        source: The distribution that it comes from, or ``built-in``.
        version: The distribution's version; empty where unknown.
        load: Imports it; may raise anything.
    """

    name: str
    source: str
    version: str
    load: Callable[[], object]


def find(
    builtin: Sequence[str] = BUILTIN, installed: Iterable[EntryPoint] | None = None
) -> tuple[Found, ...]:
    """Find first-party plugins and those of the entry-point group ``ruledesk``.

    Args:
        builtin: Modules of first-party plugins.
        installed: Entry points; by default those of the running environment.

    Returns:
        First-party plugins in their order, then the others by name and distribution, so that the
        order does not depend on how they were installed.
    """
    first = [
        Found(builtin_name(module), FIRST_PARTY, ruledesk.__version__, _importer(module))
        for module in builtin
    ]
    points = entry_points(group=GROUP) if installed is None else installed
    # RuleDesk's own entry points name the same modules again.
    third = [_found(point) for point in points if point.value not in builtin]
    return (*first, *sorted(third, key=lambda found: (found.name, found.source)))


def _importer(module: str) -> Callable[[], object]:
    return partial(importlib.import_module, module)


def _found(point: EntryPoint) -> Found:
    source, version = "unknown", ""
    if point.dist is not None:
        source, version = point.dist.name, point.dist.version
    return Found(point.name, source, version, point.load)
