"""The waiting messages of the outbox: which may be sent now, and when the next one may."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import chain, islice
from typing import Any

from ruledesk.model.message import Delivery
from ruledesk.storage.ordered import OrderedKeys


class OutboxIndex:
    """Waiting deliveries by time and by order of queueing.

    Those whose time has come are kept apart in order of queueing, so that a long backlog costs no
    more to read from than a short one. A message that was settled and waits again is queued anew.
    Of those that were claimed it is known until when; they are few, as each is in somebody's hands.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, tuple[int, Delivery]] = {}
        self._by_time: OrderedKeys[tuple[datetime, int, str]] = OrderedKeys()
        self._ready: OrderedKeys[tuple[int, str]] = OrderedKeys()
        self._ready_until: datetime | None = None
        self._queued = 0
        self._leases: dict[str, datetime] = {}

    def get(self, name: str) -> Delivery | None:
        """Return a waiting delivery by the message's id."""
        found = self._waiting.get(name)
        return None if found is None else found[1]

    def put(self, delivery: Delivery) -> None:
        """Note where a message stands, queued new or after an attempt, which ends its lease."""
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
        self._leases.pop(name, None)
        if old is None:
            return None
        place, delivery = old
        self._by_time.remove((delivery.not_before, place, name))
        if self._is_ready(delivery):
            self._ready.remove((place, name))
        return place

    def replace(self, delivery: Delivery) -> None:
        """Put other words in the place of a message's; who claimed it keeps it."""
        lease = self._leases.get(delivery.message.id)
        self.put(delivery)
        if lease is not None and delivery.message.id in self._waiting:
            self._leases[delivery.message.id] = lease

    def pending(self, now: datetime, limit: int) -> list[Delivery]:
        """Return waiting deliveries whose time has come, in order of queueing."""
        return list(islice(self._due(now), max(limit, 0)))

    def claim(self, now: datetime, until: datetime, limit: int) -> list[Delivery]:
        """Take deliveries whose time has come and that nobody has in hand; see `Store.claim`."""
        free = (d for d in self._due(now) if not self._is_leased(d, now))
        claimed = list(islice(free, max(limit, 0)))
        self._leases.update((delivery.message.id, until) for delivery in claimed)
        return claimed

    def next(self) -> datetime | None:
        """Return the earliest instant at which one may be claimed."""
        free = (at for at, _, name in self._by_time if name not in self._leases)
        claimed = (
            max(until, self._waiting[name][1].not_before) for name, until in self._leases.items()
        )
        return min(chain(islice(free, 1), claimed), default=None)

    def image(self) -> dict[str, Mapping[Any, Any]]:
        """Return what `ruledesk.storage.image` compares."""
        until = self._ready_until
        waiting = [(delivery, place) for place, delivery in self._waiting.values()]
        times = sorted((d.not_before, place, d.message.id) for d, place in waiting)
        ready = sorted(
            (place, name) for at, place, name in times if until is not None and at <= until
        )
        orders = {"by time": list(self._by_time) == times, "ready": list(self._ready) == ready}
        return {
            "outbox": {name: delivery for name, (_, delivery) in self._waiting.items()},
            "order of the outbox": orders,
        }

    def _due(self, now: datetime) -> Iterator[Delivery]:
        self._advance(now)
        ready = (self._waiting[name][1] for _, name in self._ready)
        return (delivery for delivery in ready if delivery.not_before <= now)

    def _is_leased(self, delivery: Delivery, now: datetime) -> bool:
        until = self._leases.get(delivery.message.id)
        return until is not None and now < until

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
