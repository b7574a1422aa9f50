"""The waiting messages of the outbox: which may be sent now, and when the next one may."""

from __future__ import annotations

from datetime import datetime
from itertools import islice

from ruledesk.model.message import Delivery
from ruledesk.storage.ordered import OrderedKeys


class OutboxIndex:
    """Waiting deliveries by time and by order of queueing.

    Those whose time has come are kept apart in order of queueing, so that a long backlog costs no
    more to read from than a short one. A message that was settled and waits again is queued anew.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, tuple[int, Delivery]] = {}
        self._by_time: OrderedKeys[tuple[datetime, int, str]] = OrderedKeys()
        self._ready: OrderedKeys[tuple[int, str]] = OrderedKeys()
        self._ready_until: datetime | None = None
        self._queued = 0

    def __contains__(self, message: str) -> bool:
        return message in self._waiting

    def put(self, delivery: Delivery) -> None:
        """Note where a message stands, queued new or after an attempt."""
        name = delivery.message.id
        old = self.forget(name)
        place = old or 0
        if delivery.state != "waiting":
            return
        if old is None:
            self._queued += 1
            place = self._queued
        self._waiting[name] = (place, delivery)
        self._by_time.add((delivery.not_before, place, name))
        if self._is_ready(delivery):
            self._ready.add((place, name))

    def forget(self, name: str) -> int | None:
        """Take a message out; returns its place in the order of queueing, if it was waiting."""
        old = self._waiting.pop(name, None)
        if old is None:
            return None
        place, delivery = old
        self._by_time.remove((delivery.not_before, place, name))
        if self._is_ready(delivery):
            self._ready.remove((place, name))
        return place

    def pending(self, now: datetime, limit: int) -> list[Delivery]:
        """Return waiting deliveries whose time has come, in order of queueing."""
        self._advance(now)
        ready = (self._waiting[name][1] for _, name in self._ready)
        return list(islice((d for d in ready if d.not_before <= now), limit))

    def next(self) -> datetime | None:
        """Return the earliest `not_before`."""
        first = self._by_time.first()
        return None if first is None else first[0]

    def _is_ready(self, delivery: Delivery) -> bool:
        return self._ready_until is not None and delivery.not_before <= self._ready_until

    def _advance(self, now: datetime) -> None:
        """Move those whose time came since the last question to the ready ones."""
        last = self._ready_until
        if last is not None and now <= last:
            return
        behind = (
            iter(self._by_time)
            if last is None
            else self._by_time.after((last, self._queued + 1, ""))
        )
        for not_before, place, name in behind:
            if not_before > now:
                break
            self._ready.add((place, name))
        self._ready_until = now
