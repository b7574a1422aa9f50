"""Rounds in which writers are killed."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from ruledesk.desk.service import Desk
from ruledesk.testing.crash.said import Told
from ruledesk.testing.crash.stage import START, Outcome, Stage
from ruledesk.testing.crash.writing import Writer

_CHECK_EVERY: Final = 50
#: What others still do after one was killed.
_MORE_STEPS: Final = 2
_LONGER: Final = 1.3


def kill_writers(stage: Stage, rounds: int, *, writers: int = 1) -> Outcome:
    """Kill writers at random moments; where there are several, the others go on.

    Args:
        stage: The desk.
        rounds: How often.
        writers: How many write at the same time, also on one shared ticket.

    Returns:
        What is wrong, and how much was written.
    """
    shared = "" if writers == 1 else _shared_ticket(stage)
    for round_ in range(rounds):
        at = START + timedelta(seconds=round_)
        children = [stage.writer(f"{round_}.{n}", at, shared) for n in range(writers)]
        stage.wait_for_moment(children[0])
        stage.heard(children[0])
        for child in children[1:]:
            if not child.listen_for(child.done("+") + _MORE_STEPS, "+", seconds=20.0):
                stage.outcome.problems.append(f"round {round_}: the others do not go on")
            stage.heard(child)
        stage.outcome.rounds += 1
        if stage.outcome.problems or (round_ % _CHECK_EVERY == 0 and not stage.check()):
            break
    stage.check()
    outcome = stage.outcome
    outcome.count("acknowledged", len(stage.told.acknowledged))
    outcome.count("in flight", len(stage.told.begun) - len(stage.told.acknowledged))
    return outcome


def kill_makers(stage: Stage, stores: Iterable[str]) -> Outcome:
    """Kill the first process on each of some stores while it makes the tables.

    Args:
        stage: The desk.
        stores: URLs of stores that are not there yet.

    Returns:
        What is wrong: whoever comes next is to find nothing, or all that it needs.
    """
    span = 0.0  # how long it takes to make one, to the first word of a writer
    for round_, stage.storage in enumerate(stores):
        stage.told = Told()
        maker = stage.writer(f"maker{round_}", START)
        if not span:
            began = time.perf_counter()
            maker.listen_for(1)
            span = (time.perf_counter() - began) * _LONGER
        stage.linger(span)
        stage.heard(maker)
        next_ = stage.writer(f"next{round_}", START)
        if not next_.listen_for(_MORE_STEPS, "+", seconds=20.0):
            stage.outcome.problems.append(f"{stage.storage}: the next one finds half a store")
        stage.heard(next_)
        stage.outcome.rounds += 1
        stage.outcome.count("made in time", bool(maker.lines()))
        if not stage.check():
            break
    return stage.outcome


def _shared_ticket(stage: Stage) -> str:
    """Make the ticket that all writers note on."""

    def submit(desk: Desk) -> list[str]:
        said: list[str] = []
        Writer(desk, "shared", said.append, lambda: START).life()
        return said

    stage.told.add(stage.in_child(submit))
    return next(iter(stage.told.acknowledged.values())).number
