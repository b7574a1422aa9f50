"""Is a replay the same each time? The current version is replayed once more, in another process.

There nothing is shared with the first replay: not the modules' state, and not the order in which
Python goes through sets. And it takes another core.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from itertools import zip_longest
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from signal import SIG_IGN, SIGINT, signal
from typing import Any, TypeAlias

from attrs import evolve, frozen

from ruledesk.codec import event_line
from ruledesk.desk.service import Desk
from ruledesk.model.event import Event
from ruledesk.pilot.comparison.cases import Case, cases_of
from ruledesk.pilot.play import Player
from ruledesk.pilot.suite import memory_desk

#: By ticket number, a digest of its events.
Digests: TypeAlias = dict[str, str]


@frozen
class Again:
    """How to replay once more.

    Attributes:
        files: Scenario files and recordings.
        folder: The desk asked for; None for what a file names.
        engine: Name of the rule engine; empty for the desk's.
        line: Files that cannot have tickets of this line are passed over.
    """

    files: tuple[Path, ...]
    folder: Path | None
    engine: str
    line: str


def digests_of(events: Iterable[Event]) -> Digests:
    """Digest the events of each ticket of a desk.

    Args:
        events: All of them, in order of commit; streamed.
    """
    found: defaultdict[str, Any] = defaultdict(sha256)
    for event in events:
        found[event.ticket].update(event_line(event))
    return {ticket: digest.hexdigest() for ticket, digest in found.items()}


def replay(again: Again) -> list[Digests]:
    """Replay files on fresh desks of their own.

    Returns:
        For each scenario and recording that is compared, in order, the digests of its tickets.

    Raises:
        RuleDeskError: One cannot be used.
    """
    opened = memory_desk(again.engine)
    found = []
    for case in cases_of(again.files, again.folder):
        if not case.may_use(again.line):
            continue
        desk = opened(case.config)
        try:
            play_bare(desk, case)
            found.append(digests_of(desk.store.all_events()))
        finally:
            desk.close()
    return found


def play_bare(desk: Desk, case: Case) -> None:
    """Play a case without looking at what it expects."""
    player = Player(desk, case.item.head)
    for step in case.steps():
        player.step(evolve(step, expect=(), refused=False))
    if case.item.head.until is not None:
        desk.advance(case.item.head.until)


def unlike(one: Sequence[Digests], other: Sequence[Digests]) -> tuple[str, ...]:
    """Name the tickets whose events two replays do not agree on."""
    found: dict[str, None] = {}
    nothing: Digests = {}
    for first, second in zip_longest(one, other, fillvalue=nothing):
        for ticket in (*first, *second):
            if first.get(ticket) != second.get(ticket):
                found[ticket] = None
    return tuple(found)


@contextmanager
def replayed_beside(again: Again) -> Iterator[Callable[[], list[Digests]]]:
    """Replay in another process while this one does something else.

    Yields:
        A function that waits for the other process and returns its digests. Where that process
        cannot be started, or fails, it replays in this one, which tells why.
    """
    context = get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_replay_and_send, args=(again, theirs), daemon=True)
    with theirs:  # closed here, so that the end of the other process is the end of the pipe
        started = _started(process)
    try:

        def result() -> list[Digests]:
            try:
                found: list[Digests] = ours.recv()
            except EOFError:
                return replay(again)
            return found

        yield result
    finally:
        if started:
            process.terminate()
            process.join()
        ours.close()


def _started(process: SpawnProcess) -> bool:
    """Start a process; says whether the system allowed it."""
    try:
        process.start()
    except OSError:
        return False
    return True


def _replay_and_send(again: Again, sender: Connection) -> None:
    """Do the other process's work; what goes wrong is told by the process that asked."""
    signal(SIGINT, SIG_IGN)  # Ctrl-C is for the process that asked; it ends this one
    with sender, suppress(Exception):
        sender.send(replay(again))
