"""Data for `storage.py`: what a real submit and a real action store, and a desk full of tickets.

Tickets are written past the store, in bulk, and then given to the same function that fills the
lists of a store that was copied.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zlib import crc32

from attrs import evolve, frozen
from sqlalchemy import Connection, Table
from ticket_lives import description

from ruledesk.codec import canonical, delivery_to_dict, event_to_dict, ticket_to_dict
from ruledesk.desk.assembly import open_desk
from ruledesk.desk.config import DeskConfig
from ruledesk.model.event import Event
from ruledesk.model.message import Delivery
from ruledesk.model.ticket import OPEN_STATUSES, Ticket
from ruledesk.storage.row import SINGLE, SORTED, row_of_dict
from ruledesk_plugins.sql import lists, schema
from ruledesk_plugins.sql.schema import Instant

START = datetime(2026, 3, 9, 1, tzinfo=UTC)
LINES = ("hotline", "retail", "partners", "internal")
#: The share of tickets that are open: a desk that has run for long has few among many.
OPEN_SHARE = {1_000: 0.3, 10_000: 0.2, 100_000: 0.1, 1_000_000: 0.05}
OPEN = ("new", "in_progress", "waiting_requester", "follow_up")
WORDS = (
    *("不制冷", "无法登录", "推送代码", "打印机", "网络很慢", "退货", "发票", "物流", "订单延迟"),
    *("密码重置", "投诉", "安装", "维修", "更换温控器", "屏幕闪烁", "噪音", "漏水", "邮箱", "附件"),
    *("vpn", "connection timeout", "error 500", "server", "login", "refund", "invoice"),
)


@frozen
class Sample:
    """What one step of a ticket's life stores."""

    ticket: Ticket
    events: tuple[Event, ...]
    messages: tuple[Delivery, ...]

    def of(self, number: str, at: datetime) -> Sample:
        """Return the same for another ticket; events beyond the first are numbered as here."""
        ticket = evolve(self.ticket, number=number, created_at=at, updated_at=at)
        events = tuple(evolve(event, ticket=number) for event in self.events)
        return Sample(ticket, events, tuple(self._renamed(number)))

    def _renamed(self, number: str) -> Iterator[Delivery]:
        for delivery in self.messages:
            message = delivery.message
            id_ = message.id.replace(message.ticket, number)
            yield evolve(delivery, message=evolve(message, id=id_, ticket=number))

    def bodies(self) -> list[str]:
        """Return the JSON that is stored of it."""
        return [
            canonical(ticket_to_dict(self.ticket)).decode(),
            *(canonical(event_to_dict(event)).decode() for event in self.events),
            *(canonical(delivery_to_dict(delivery)).decode() for delivery in self.messages),
        ]


def samples() -> tuple[Sample, Sample]:
    """Submit a repair to the hotline, through the desk, and accept it."""
    with tempfile.TemporaryDirectory() as folder:
        config = DeskConfig.from_mapping(description("hotline"), folder=Path(folder))
        desk = open_desk(config, storage="memory:", deliver=False)
        fields = {
            "type": "repair",
            "urgency": "urgent",
            "description": "冰箱不制冷,温控器已经更换过一次,请尽快安排上门。" * 3,
            "requester": {"name": "张三", "phone": "13900000001"},
        }
        number = desk.submit(
            by="requester", line="hotline", channel="web", fields=fields, at=START
        ).number
        before = _taken(desk.store, number, 0, 0)
        desk.act(number, "accept", by=f"agent:{before.ticket.agent}", at=START)
        after = _taken(desk.store, number, before.ticket.version, len(before.messages))
        desk.close()
    return before, after


def _taken(store: Any, number: str, version: int, messages: int) -> Sample:
    events = tuple(store.events(number, version))
    return Sample(store.ticket(number), events, tuple(store.messages(number)[messages:]))


@frozen
class Shape:
    """How a desk of a size looks: open tickets, agents of forty open tickets each, teams of ten."""

    size: int

    @property
    def open(self) -> int:
        """How many tickets are open."""
        return int(self.size * OPEN_SHARE.get(self.size, 0.1))

    @property
    def agents(self) -> int:
        """How many agents there are."""
        return max(2, self.open // 40)

    @property
    def teams(self) -> int:
        """How many teams there are."""
        return max(2, self.agents // 10)


def views(shape: Shape, base: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Make the views of all tickets, the oldest first; a fifth of the latest are open."""
    rnd = random.Random(7)
    first_open = shape.size - 5 * shape.open
    for n in range(shape.size):
        is_open = n >= first_open and (n % 5 == 0 if first_open >= 0 else rnd.random() < 0.3)
        yield _view(n, is_open, shape, base, rnd)


def _view(
    n: int, is_open: bool, shape: Shape, base: dict[str, Any], rnd: random.Random
) -> dict[str, Any]:
    created = START + timedelta(seconds=31 * n)
    updated = created + timedelta(seconds=rnd.randrange(200_000))
    agent = rnd.randrange(shape.agents)
    serial = f"SN{n * 7919 % 9_999_991:07d}"
    rare = "鼹鼠" if n % 20_000 == 77 else ""
    view = {
        **base,
        "number": f"IT{n:09d}",
        "version": 3,
        "line": rnd.choices(LINES, (50, 30, 15, 5))[0],
        "status": rnd.choices(OPEN, (20, 50, 20, 10))[0]
        if is_open
        else ("closed" if n % 5 else "archived"),
        "team": f"team-{agent % shape.teams}",
        "agent": "" if is_open and rnd.random() < 0.2 else f"A{agent}",
        "priority": rnd.choices(("P1", "P2", "P3"), (10, 30, 60))[0],
        "channel": rnd.choice(("web", "mail", "phone")),
        "requester": {**base["requester"], "id": f"R{n % max(10, shape.size // 40)}"},
        "subject": ("冰箱" if rnd.random() < 0.3 else "洗衣机") + rnd.choice(WORDS) + rare,
        "description": ",".join(rnd.choices(WORDS, k=14)) + f",序列号 {serial}",
        "flags": [
            *(["at_risk"] if rnd.random() < 0.15 else ()),
            *(["overdue"] if rnd.random() < (0.2 if is_open else 0.05) else ()),
        ],
        "created_at": canonical_time(created),
        "updated_at": canonical_time(updated),
        "targets": {},
        "timers": {},
    }
    if not is_open:
        view["closed_at"] = view["updated_at"]
    if (is_open and view["status"] != "waiting_requester") or n > shape.size * 0.93:
        view["timers"] = {"x": canonical_time(updated + timedelta(days=30))}
    return view


def canonical_time(at: datetime) -> str:
    """Write a time as the store's JSON has it."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def fill(connection: Connection, shape: Shape, sample: Sample) -> None:
    """Write the tickets, three events and a sent message of each, then lists and counters."""
    sqlite = connection.dialect.name == "sqlite"
    indexes = [index for index in schema.tickets.indexes if str(index.name).startswith("lists_")]
    for index in indexes:
        index.drop(connection, checkfirst=True)
    base = ticket_to_dict(sample.ticket)
    events = [canonical(event_to_dict(event)).decode() for event in sample.events]
    events = [*sorted(events, key=len)[:2], events[0]]
    sent = canonical(delivery_to_dict(sample.messages[0])).decode()
    tickets: list[dict[str, Any]] = []
    for n, view in enumerate(views(shape, base), 1):
        tickets.append(_ticket_row(n, view))
        if len(tickets) == 5000 or n == shape.size:
            _write(connection, schema.tickets, tickets)
            rows = [_event_row(t, v, body) for t in tickets for v, body in enumerate(events, 1)]
            _write(connection, schema.events, rows)
            _write(connection, schema.deliveries, [_delivery_row(t, sent) for t in tickets])
            tickets = []
    if not sqlite:
        connection.exec_driver_sql(f"SELECT setval('ticket_ids', {shape.size // 100 + 10})")
    for index in indexes:
        index.create(connection)
    lists.fill(connection)


def _ticket_row(n: int, view: dict[str, Any]) -> dict[str, Any]:
    row = row_of_dict(view)
    single = dict(zip(SINGLE, row.single, strict=True))
    times = dict(zip(SORTED, row.sort, strict=True))
    return {
        **times,
        **single,
        "id": n,
        "number": row.number,
        "version": 3,
        "is_open": single["status"] in OPEN_STATUSES,
        "head": f"{n:064x}",
        "body": canonical(view).decode(),
    }


def _event_row(ticket: dict[str, Any], version: int, body: str) -> dict[str, Any]:
    return {
        "ticket": ticket["number"],
        "version": version,
        "at": ticket["created_at"],
        "kind": "submitted",
        "body": body,
        "digest": ticket["head"],
    }


def _delivery_row(ticket: dict[str, Any], body: str) -> dict[str, Any]:
    return {
        "id": f"{ticket['number']}/1",
        "ticket": ticket["number"],
        "state": "sent",
        "not_before": ticket["created_at"],
        "ready_at": None,
        "body": body,
        "crc": crc32(body.encode()),
    }


def _write(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    names = [c.name for c in table.columns if c.name in rows[0]]
    cursor: Any = connection.connection.cursor()
    if connection.dialect.name == "postgresql":
        with cursor.copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row([row[name] for name in names])
    else:
        times = {c.name for c in table.columns if isinstance(c.type, Instant)}
        write = Instant().process_bind_param
        values = [
            [write(row[name], connection.dialect) if name in times else row[name] for name in names]
            for row in rows
        ]
        marks = ", ".join("?" * len(names))
        sql = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608
        cursor.executemany(sql, values)
    cursor.close()
