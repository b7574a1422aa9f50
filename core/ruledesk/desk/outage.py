"""Telling of a store that fails: once when it begins, once when it is over."""

from __future__ import annotations

import logging
from threading import Lock
from typing import Final

from ruledesk.errors import Conflict, StorageFault

_LOGGER: Final = logging.getLogger("ruledesk.worker")


class Outage:
    """Says once that the store fails, and once that it no longer does."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._met_by: set[str] = set()

    def met(self, who: str, error: Exception) -> None:
        """Note that a thread's work failed; what is no fault of the store is told each time."""
        if not isinstance(error, StorageFault | Conflict):
            _LOGGER.error("%s failed, and is tried again", who, exc_info=error)
            return
        with self._lock:
            known = bool(self._met_by)
            self._met_by.add(who)
        if known:
            _LOGGER.debug("%s: %s", who, error)
        else:
            _LOGGER.error("%s: the store fails, and is tried again: %s", who, error)

    def over(self, who: str) -> None:
        """Note that a thread's work succeeded."""
        if who not in self._met_by:
            return
        with self._lock:
            self._met_by.discard(who)
            over = not self._met_by
        if over:
            _LOGGER.warning("the store answers again")
