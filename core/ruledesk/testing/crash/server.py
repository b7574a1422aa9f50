"""Rounds in which PostgreSQL itself is killed, under writers and a worker that go on."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from ruledesk.desk.runner import Runner
from ruledesk.testing.crash.children import Child, Say
from ruledesk.testing.crash.stage import START, Outcome, Stage
from ruledesk.testing.crash.workers import Deliveries, finish, look
from ruledesk.testing.crash.writing import Writer
from ruledesk.testing.postgres import PostgresServer

_STEPS_AT_MOST: Final = 12
_BETWEEN_STEPS: Final = 0.006
_DOWN_AT_MOST: Final = 0.05
#: Seconds within which work goes on once the server answers again.
_TAKEN_UP: Final = 20.0
_DELIVERIES: Final = 4

Clock: TypeAlias = Callable[[], datetime]


def kill_server(stage: Stage, server: PostgresServer, rounds: int, *, writers: int = 2) -> Outcome:
    """Kill the server at random moments and start it again.

    Args:
        stage: The desk, on a database of the server.
        server: The server.
        rounds: How often.
        writers: How many write at the same time, beside one worker.

    Returns:
        What is wrong, how much was written, and how long the server and the work stood still.
    """
    began = time.monotonic()

    def clock() -> datetime:
        return START + timedelta(seconds=time.monotonic() - began)

    children = [_writer(stage, f"w{n}", clock) for n in range(writers)]
    worker = _worker(stage, clock)
    for _ in range(rounds):
        for child in children:
            child.listen_for(child.done("+") + stage.chance.randrange(_STEPS_AT_MOST), "+")
        stage.linger(_BETWEEN_STEPS)
        _kill_once(stage, server, children)
        stage.outcome.rounds += 1
        if stage.outcome.problems:
            break
    for child in children:
        stage.heard(child)
    worker.kill()
    if worker.failed:
        stage.outcome.problems.append(f"the worker failed with status {worker.status}")
    seen = Deliveries()
    look(stage, seen, most=rounds * _DELIVERIES)
    finish(stage, seen, clock() + timedelta(minutes=10))
    stage.outcome.count("acknowledged", len(stage.told.acknowledged))
    stage.outcome.count("refused", len(stage.told.refused))
    return stage.outcome


def _writer(stage: Stage, name: str, clock: Clock) -> Child:
    def write(say: Say) -> None:
        Writer(stage.open(), name, say, clock).write()

    return Child(write)


def _worker(stage: Stage, clock: Clock) -> Child:
    def work(_: Say) -> None:
        Runner(stage.open(), clock, deliveries=_DELIVERIES).run()

    return Child(work)


def _kill_once(stage: Stage, server: PostgresServer, writers: list[Child]) -> None:
    """Kill the server, start it, and see that each writer is given another answer."""
    server.kill()
    stage.linger(_DOWN_AT_MOST)
    began = time.monotonic()
    server.start()
    started = time.monotonic()
    for child in writers:
        if not child.listen_for(child.done("+") + 1, "+", seconds=_TAKEN_UP):
            stage.outcome.problems.append(f"a writer does not go on within {_TAKEN_UP} s")
    slowest = stage.outcome.figures.get("slowest to go on", 0.0)
    stage.outcome.figures["slowest to go on"] = max(slowest, time.monotonic() - started)
    stage.outcome.count("seconds of recovery", started - began)
