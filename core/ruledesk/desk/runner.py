"""The loop of one process: moves what is due, delivers messages, runs background jobs.

Any number of processes may run it on one store. One thread looks at what is due and waits; one
sweeps; several deliver, so that a slow notifier holds up neither deadlines nor other messages.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Event
from typing import Final

from attrs import frozen

from ruledesk.desk.clockwork import LATE
from ruledesk.desk.hands import Attempts, Hand
from ruledesk.desk.outage import Outage
from ruledesk.desk.service import Desk
from ruledesk.errors import InvalidInput

#: Seconds after which the store is looked at in any case: what a dead process had in hand is free
#: without anybody telling.
LONGEST_WAIT: Final = 1.0
#: Seconds between two looks, however many commits there are.
SHORTEST_WAIT: Final = 0.01


@frozen
class Done:
    """What `Runner.once` did.

    Attributes:
        moved: Tickets that were due; one that was due twice counts twice.
        tried: Messages that were handed to a notifier.
        jobs: Background jobs that were run.
    """

    moved: int = 0
    tried: int = 0
    jobs: int = 0

    def __bool__(self) -> bool:
        return bool(self.moved or self.tried or self.jobs)

    def __add__(self, other: Done) -> Done:
        return Done(self.moved + other.moved, self.tried + other.tried, self.jobs + other.jobs)


class Runner:
    """Runs a desk's clock, outbox and jobs in this process.

    Args:
        desk: The desk; it is not closed.
        clock: Returns the desk's time, aware.
        deliveries: How many messages are sent at the same time; by default as ``desk.toml`` says.
        jobs: Whether background jobs are run, too.
    """

    def __init__(
        self,
        desk: Desk,
        clock: Callable[[], datetime],
        *,
        deliveries: int | None = None,
        jobs: bool = True,
    ) -> None:
        self._desk = desk
        self._clock = clock
        self._jobs = jobs
        self._stopping = Event()
        self._resting: dict[str, datetime] = {}
        outage = Outage()
        self._look = Attempts("clock", self._look_around, outage)
        self._start_jobs = Attempts("jobs", self._keep_jobs_running, outage)
        self._sweeper = Hand("sweep", self._sweep, outage, self._stopping)
        self._deliverers = [
            Hand(f"delivery {number}", self._deliver, outage, self._stopping)
            for number in range(1, (deliveries or desk.config.worker.deliveries) + 1)
        ]

    def run(self) -> None:
        """Work until `stop`: whatever the store does meanwhile, it is tried again."""
        hands = [self._sweeper, *self._deliverers]
        try:
            for hand in hands:
                hand.start()
            while not self._stopping.is_set():
                self._turn()
        finally:
            self.stop()
            for hand in hands:
                hand.join()
            if self._jobs:
                self._desk.jobs.stop()

    def stop(self) -> None:
        """Ask for the end: what is in hand is finished, nothing more is taken. Returns at once."""
        self._stopping.set()

    def once(self) -> Done:
        """Do what is due now, and what becomes due by it, in this call.

        Returns:
            What was done. What other processes have in hand is left to them.

        Raises:
            StorageFault: The store fails.
        """
        done = Done()
        while more := self._round():
            done += more
        return done

    # -- one thread looks and waits ---------------------------------------------------------------

    def _turn(self) -> None:
        if wait := self._look.try_once():
            self._stopping.wait(wait)
            return
        if self._jobs:
            self._start_jobs.try_once()
        # However busy the store is, its commits are not looked at one by one.
        self._stopping.wait(SHORTEST_WAIT)

    def _look_around(self) -> None:
        """Wake those who have something to do, and wait until there may be more."""
        store, now = self._desk.store, self._clock()
        due, delivery = store.next_due(), store.next_delivery()
        if due is not None and due <= now:
            self._sweeper.wake()
        if delivery is not None and delivery <= now:
            self._wake_deliverer()
        ahead = [(one - now).total_seconds() for one in (due, delivery) if one and one > now]
        store.wait(min(*ahead, LONGEST_WAIT) if ahead else LONGEST_WAIT)

    def _wake_deliverer(self) -> None:
        """Wake one; it wakes the next as soon as it has a message in hand."""
        idle = (hand for hand in self._deliverers if hand.idle)
        next(idle, self._deliverers[0]).wake()

    def _keep_jobs_running(self) -> None:
        if not self._desk.jobs.alive:
            self._desk.jobs.start(self._clock)

    # -- the others work --------------------------------------------------------------------------

    def _sweep(self) -> int:
        return self._desk.sweep(self._clock(), self._stopping.is_set, self._resting, late=LATE)

    def _deliver(self) -> int:
        return self._deliver_all(self._wake_deliverer)

    def _deliver_all(self, taken: Callable[[], object] | None = None) -> int:
        tried = 0
        while not self._stopping.is_set() and self._desk.deliver_one(self._clock(), taken):
            tried += 1
        return tried

    def _round(self) -> Done:
        if self._stopping.is_set():
            return Done()
        moved, tried = self._sweep(), 0
        delivery = self._desk.store.next_delivery()
        if delivery is not None and delivery <= self._clock():
            with ThreadPoolExecutor(len(self._deliverers)) as pool:
                tried = sum(pool.map(lambda _: self._deliver_all(), self._deliverers))
        return Done(moved, tried, self._work() if self._jobs else 0)

    def _work(self) -> int:
        try:
            return self._desk.jobs.work(self._clock())
        except InvalidInput:  # a queue of its own, which those have that go on running
            return 0
