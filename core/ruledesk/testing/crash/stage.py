"""The desk on which processes are killed: children open it, the parent never does."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Final

from attrs import define, field

from ruledesk.desk.assembly import load_rulesets, open_desk, plugins_of
from ruledesk.desk.service import Desk
from ruledesk.testing.crash.checks import problems
from ruledesk.testing.crash.children import Child, Say
from ruledesk.testing.crash.desk import crash_desk
from ruledesk.testing.crash.said import Told
from ruledesk.testing.crash.writing import Writer

START: Final = datetime(2026, 3, 9, 2, tzinfo=UTC)
_STEPS_AT_MOST: Final = 12
_BETWEEN_STEPS: Final = 0.006
_WHILE_OPENING: Final = 0.06


@define
class Outcome:
    """What rounds of killing led to.

    Attributes:
        rounds: How many there were.
        problems: What is wrong; empty where nothing is.
        figures: What was counted, by name.
    """

    rounds: int = 0
    problems: list[str] = field(factory=list)
    figures: dict[str, float] = field(factory=dict)

    def count(self, name: str, more: float = 1) -> None:
        """Add to a figure."""
        self.figures[name] = self.figures.get(name, 0) + more


class Stage:
    """A desk that children open, and what they said.

    Everything is imported and read before the first fork, so that a child has only to open the
    store. The parent opens nothing itself: no lock and no connection is shared with a child.

    Args:
        folder: The desk's folder.
        storage: URL of the store.
        seed: What moments are chosen by.

    Attributes:
        storage: The URL, for the children that are started from now on.
    """

    def __init__(self, folder: Path, storage: str, seed: int) -> None:
        self.folder = folder
        self.chance = random.Random(seed)  # noqa: S311 - moments, not secrets
        self.told = Told()
        self.outcome = Outcome()
        self.storage = storage
        self._config = crash_desk(folder)
        plugins = plugins_of(self._config)
        self._rulesets = load_rulesets(self._config, plugins)
        plugins.close()
        self._warm_up()

    def _warm_up(self) -> None:
        """Import what a child needed to open the desk, so that the next ones need not."""
        for name in self.in_child(lambda _: sorted(sys.modules)):
            with suppress(Exception):  # some are no modules of their own
                import_module(name)

    def open(self) -> Desk:
        """Open the desk, in a child."""
        return open_desk(self._config, storage=self.storage, rulesets=self._rulesets)

    def in_child(self, work: Callable[[Desk], Sequence[str]]) -> list[str]:
        """Do something with the desk in a child of its own; return the lines that it gives."""

        def opened(say: Say) -> None:
            desk = self.open()
            try:
                for line in work(desk):
                    say(line)
            finally:
                desk.close()

        child = Child(opened)
        lines = child.rest()
        if child.failed:
            self.outcome.problems.append(f"a child failed with status {child.status}")
        return lines

    def writer(self, name: str, at: datetime, shared: str = "") -> Child:
        """Start a writer, which writes until it is killed; its clock stands still."""

        def write(say: Say) -> None:
            Writer(self.open(), name, say, lambda: at).write(shared=shared)

        return Child(write)

    def heard(self, child: Child) -> None:
        """Take note of what a killed writer had said."""
        lines = child.kill()
        self.told.add(lines)
        if child.failed:
            self.outcome.problems.append(f"a writer failed with status {child.status}")

    def check(self) -> bool:
        """Compare the store with what was said; False where something is wrong."""
        began = time.perf_counter()
        self.outcome.problems += self.in_child(lambda desk: problems(desk.store, self.told))
        self.outcome.count("seconds of checking", time.perf_counter() - began)
        return not self.outcome.problems

    def wait_for_moment(self, child: Child) -> None:
        """Wait until a child is somewhere: opening the store, or between two steps."""
        steps = self.chance.randrange(_STEPS_AT_MOST)
        child.listen_for(steps, "+")
        self.linger(_BETWEEN_STEPS if steps else _WHILE_OPENING)

    def linger(self, most: float) -> None:
        """Let pass up to so many seconds, to any microsecond."""
        end = time.perf_counter() + self.chance.uniform(0, most)
        while time.perf_counter() < end:  # a sleep would end too late, and always at a tick
            pass
