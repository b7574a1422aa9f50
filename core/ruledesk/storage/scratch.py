"""What a verification has to remember of each ticket, kept on the disk and not in memory.

A temporary SQLite database: it has no name, and is gone when it is closed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any, Final

_BATCH: Final = 2000
_TABLES: Final = """
CREATE TABLE events (ticket BLOB PRIMARY KEY, last INT, n INT, sane INT) WITHOUT ROWID;
CREATE TABLE tickets (number BLOB PRIMARY KEY, version INT, messages INT, due TEXT, over TEXT)
    WITHOUT ROWID;
CREATE TABLE deliveries (ticket BLOB PRIMARY KEY, n INT) WITHOUT ROWID;
CREATE TABLE listed (sort TEXT, number BLOB, PRIMARY KEY (sort, number)) WITHOUT ROWID;
CREATE TABLE keys (key BLOB, created TEXT, number BLOB, PRIMARY KEY (key, created, number))
    WITHOUT ROWID;
"""
_EVENT: Final = """
INSERT INTO events VALUES (?1, ?2, 1, ?2 = 1) ON CONFLICT DO UPDATE
SET last = excluded.last, n = n + 1, sane = sane AND excluded.last = last + 1
"""
_DELIVERY: Final = "INSERT INTO deliveries VALUES (?, 1) ON CONFLICT DO UPDATE SET n = n + 1"
_TICKET: Final = "INSERT OR REPLACE INTO tickets VALUES (?, ?, ?, ?, ?)"
_LISTED: Final = "INSERT OR IGNORE INTO listed VALUES (?, ?)"
_KEY: Final = "INSERT OR IGNORE INTO keys VALUES (?, ?, ?)"


class Scratch:
    """Remembers tickets, and answers what belongs to none of them."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; {_TABLES} BEGIN;")
        self._waiting: dict[str, list[tuple[Any, ...]]] = {}

    def close(self) -> None:
        """Forget everything."""
        self._db.close()

    def event(self, ticket: str, version: int) -> None:
        """Note an event, in the order of commit."""
        self._add(_EVENT, (_bytes(ticket), version))

    def delivery(self, ticket: str) -> None:
        """Note a message of a ticket."""
        self._add(_DELIVERY, (_bytes(ticket),))

    def ticket(self, number: str, version: int, messages: int, due: str, over: str) -> None:
        """Note a ticket.

        Args:
            number: Its number.
            version: Its version.
            messages: How many messages its events queued.
            due: `next_due` as text that orders by time; empty for none.
            over: `over_at`, likewise.
        """
        self._add(_TICKET, (_bytes(number), version, messages, due, over))

    def correlation(self, key: str, created: str, number: str) -> None:
        """Note that a ticket counts in a group."""
        self._add(_KEY, (_bytes(key), created, _bytes(number)))

    def listed(self, sort: str, number: str) -> None:
        """Note that a list in some order shows a ticket."""
        self._add(_LISTED, (sort, _bytes(number)))

    def version(self, number: str) -> int:
        """Return a ticket's version; 0 where no such ticket was noted."""
        rows = self._rows("SELECT version FROM tickets WHERE number = ?", _bytes(number))
        return int(rows[0][0]) if rows else 0

    def events_of(self, number: str) -> tuple[int, bool]:
        """Return how many events of a ticket were noted, and whether in order and without gap."""
        rows = self._rows("SELECT n, sane FROM events WHERE ticket = ?", _bytes(number))
        return (int(rows[0][0]), bool(rows[0][1])) if rows else (0, True)

    def tickets_without(self) -> Iterator[tuple[str, int]]:
        """List numbers that events name and no ticket has, with how many events."""
        return self._numbers(
            "SELECT e.ticket, e.n FROM events e LEFT JOIN tickets t ON t.number = e.ticket "
            "WHERE t.number IS NULL"
        )

    def deliveries_without(self) -> Iterator[tuple[str, int]]:
        """List numbers that messages name and no ticket has, with how many messages."""
        return self._numbers(
            "SELECT d.ticket, d.n FROM deliveries d LEFT JOIN tickets t ON t.number = d.ticket "
            "WHERE t.number IS NULL"
        )

    def deliveries_uneven(self) -> Iterator[tuple[str, int]]:
        """List tickets with another number of messages than their events queued, and which."""
        return self._numbers(
            "SELECT t.number, coalesce(d.n, 0) FROM tickets t "
            "LEFT JOIN deliveries d ON d.ticket = t.number WHERE coalesce(d.n, 0) <> t.messages"
        )

    def unlisted(self, sort: str) -> Iterator[tuple[str, int]]:
        """List tickets with a value for an order whose list does not show them; their version."""
        column = {"next_due": "due", "over_at": "over"}[sort]
        return self._numbers(
            "SELECT t.number, t.version FROM tickets t LEFT JOIN listed l "  # noqa: S608
            f"ON l.sort = '{sort}' AND l.number = t.number "
            f"WHERE t.{column} <> '' AND l.number IS NULL"
        )

    def first_due(self) -> str:
        """Return the earliest `next_due` noted; empty where no ticket has one."""
        return str(self._rows("SELECT coalesce(min(nullif(due, '')), '') FROM tickets")[0][0])

    def correlations(self) -> Iterator[tuple[str, str]]:
        """List the groups, each with the earliest creation of its tickets."""
        self.flush()
        found = self._db.execute("SELECT key, min(created) FROM keys GROUP BY key")
        return ((_text(key), created) for key, created in found)

    def members(self, key: str) -> list[str]:
        """List the tickets of a group."""
        rows = self._rows("SELECT number FROM keys WHERE key = ?", _bytes(key))
        return [_text(number) for (number,) in rows]

    def flush(self) -> None:
        """Write what waits."""
        for statement, rows in self._waiting.items():
            if rows:
                self._db.executemany(statement, rows)
                rows.clear()

    def _add(self, statement: str, row: tuple[Any, ...]) -> None:
        rows = self._waiting.setdefault(statement, [])
        rows.append(row)
        if len(rows) >= _BATCH:
            self._db.executemany(statement, rows)
            rows.clear()

    def _rows(self, statement: str, *values: Any) -> Sequence[tuple[Any, ...]]:
        self.flush()
        return self._db.execute(statement, values).fetchall()

    def _numbers(self, statement: str) -> Iterator[tuple[str, int]]:
        self.flush()
        return ((_text(number), int(n)) for number, n in self._db.execute(statement))


def _bytes(text: str) -> bytes:
    # A key may be text from a mail with a wrong charset, which is no UTF-8.
    return text.encode("utf-8", "surrogatepass")


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogatepass")
