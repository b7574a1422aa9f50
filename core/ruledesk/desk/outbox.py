"""Delivery: messages that were decided are sent after the commit, at least once (F3)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from attrs import evolve, frozen

from ruledesk.hooks.guard import Fault, Guard
from ruledesk.hooks.kinds import DeliveryError, Notifier
from ruledesk.model.message import Delivery, Message
from ruledesk.storage.interface import Store

_LOGGER: Final = logging.getLogger("ruledesk.outbox")
#: Waits between attempts; after the last one the message is failed for good.
RETRIES: Final = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 240))
#: Seconds that a notifier may take for one message: mail servers are slow.
PATIENCE: Final = 60.0


@frozen
class Route:
    """A notifier that is on, and the ways it handles (none named: all)."""

    name: str
    plugin: str
    notifier: Notifier
    ways: frozenset[str] = frozenset()


class Outbox:
    """Hands messages to notifiers.

    Args:
        routes: Notifiers in the order of the configuration; the first that handles a way gets it.
        guard: Guards the calls.
    """

    def __init__(self, routes: Sequence[Route], guard: Guard) -> None:
        self._routes = tuple(routes)
        self._guard = guard

    def attempt(self, delivery: Delivery, now: datetime) -> Delivery:
        """Try to deliver a message.

        Args:
            delivery: A waiting delivery.
            now: The desk's clock.

        Returns:
            Where it stands now: sent, waiting for the next attempt, or failed.
        """
        message = delivery.message
        if not message.address:
            return _failed(delivery, f"no address of {message.to} is known for {message.via}")
        route = self._route(message.via)
        if route is None:
            return _failed(delivery, f"no notifier handles {message.via}")
        error = self._deliver(route, message)
        if error is None:
            return evolve(
                delivery,
                state="sent",
                attempts=delivery.attempts + 1,
                error="",
                notifier=route.name,
            )
        _LOGGER.warning("message %s was not delivered by %s: %s", message.id, route.name, error)
        if error.permanent or delivery.attempts >= len(RETRIES):
            return _failed(delivery, str(error))
        return evolve(
            delivery,
            attempts=delivery.attempts + 1,
            error=str(error),
            not_before=now + RETRIES[delivery.attempts],
        )

    def _route(self, via: str) -> Route | None:
        return next((r for r in self._routes if not r.ways or via in r.ways), None)

    def _deliver(self, route: Route, message: Message) -> DeliveryError | None:
        try:
            result = self._guard.call(
                route.plugin,
                f"notifier:{route.name}.deliver",
                route.notifier.deliver,
                message,
                expect=(DeliveryError,),
                patience=PATIENCE,
            )
        except DeliveryError as error:
            return error
        return DeliveryError(result.error) if isinstance(result, Fault) else None


def is_settled(store: Store, done: Delivery) -> bool:
    """Whether another process has settled a message while this one had it in hand.

    That happens where a send outlives its lease. To be asked inside a transaction, after the ticket
    was: nobody else settles the message until it ends.

    Args:
        store: Where the message is.
        done: Where it stands after this process's attempt.

    Returns:
        True where the attempt is no longer to be stored. One that succeeded is, as long as the
        message waits: else it would go out once more.
    """
    messages = store.messages(done.message.ticket)
    stored = next((one for one in messages if one.message.id == done.message.id), None)
    if stored is None or stored.state != "waiting":
        return stored is not None
    return done.state != "sent" and stored.attempts >= done.attempts


def _failed(delivery: Delivery, error: str) -> Delivery:
    return evolve(delivery, state="failed", attempts=delivery.attempts + 1, error=error)
