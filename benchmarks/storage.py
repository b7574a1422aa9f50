"""What the SQL store costs at 1 000, 100 000 and 1 000 000 tickets, on SQLite and PostgreSQL.

Taking a ticket in and acting on it are compared, turn by turn, with a floor: the same bytes
inserted into one table by the driver alone and committed with the same durability. Pages of the
agents' lists, searches, counters and the sweep of deadlines are taken in turn from all sizes, and
those of the largest compared with those of the smallest. Tickets that a page decodes are not kept
for the next page. Of all times the lower fifth is reported: what others on the machine do counts
least there.

    python benchmarks/storage.py [--sizes 1000 100000 1000000] [--stores sqlite postgresql]
                                 [--quick] [--keep FOLDER] [--server URL]
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from attrs import evolve, frozen
from storage_data import OPEN, START, Sample, Shape, fill, samples

from ruledesk.model.ticket import OVER_STATUSES
from ruledesk.storage.interface import TicketQuery
from ruledesk.testing.postgres import PostgresServer
from ruledesk_plugins.sql import lists
from ruledesk_plugins.sql.backend import PostgreSQLBackend, SQLiteBackend
from ruledesk_plugins.sql.store import SQLStore
from ruledesk_plugins.sql.tickets import TicketCache

PAGE = 25
OVER = tuple(map(str, OVER_STATUSES))
SORTS = ("next_due", "updated_at", "created_at", "priority")


@frozen
class Floor:
    """The driver alone: `write` inserts texts and commits them."""

    write: Callable[[Sequence[str]], None]


def sqlite_floor(path: str) -> Floor:
    """Open a database of its own with the durability of the store's."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS floor (id INTEGER PRIMARY KEY, body TEXT NOT NULL)"
    )

    def write(texts: Sequence[str]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        insert = "INSERT INTO floor (body) VALUES (?)"
        connection.executemany(insert, [(text,) for text in texts])
        connection.execute("COMMIT")

    return Floor(write)


def postgresql_floor(url: str) -> Floor:
    """Make a table beside the store's."""
    connection = psycopg.connect(url)
    connection.execute(
        "CREATE TABLE IF NOT EXISTS floor (id BIGSERIAL PRIMARY KEY, body TEXT NOT NULL)"
    )
    connection.commit()

    def write(texts: Sequence[str]) -> None:
        insert = "INSERT INTO floor (body) VALUES (%s)"
        connection.cursor().executemany(insert, [(text,) for text in texts])
        connection.commit()

    return Floor(write)


@frozen
class Kept:
    """A filled store, its floor and its shape."""

    store: SQLStore
    floor: Floor
    shape: Shape


@contextmanager
def stores(name: str, sizes: Sequence[int], folder: Path, server: str) -> Iterator[list[Kept]]:
    """Open a store of each size, and fill those that are empty.

    Args:
        name: ``sqlite`` or ``postgresql``.
        sizes: How many tickets each has.
        folder: Where files are; those that are there already are used as they are.
        server: The URL of a PostgreSQL server; one of our own is started where it is empty.
    """
    with ExitStack() as stack:
        if name == "postgresql" and not server:
            server = stack.enter_context(PostgresServer()).url("postgres")
        found = []
        for size in sizes:
            url = "sqlite:///desk.db" if name == "sqlite" else database(server, size)
            backend = SQLiteBackend if name == "sqlite" else PostgreSQLBackend
            place = folder / f"{name}-{size}"
            store = backend.open(url, place)
            stack.callback(store.close)
            make = sqlite_floor if name == "sqlite" else postgresql_floor
            floor = make(str(place / "floor.db") if name == "sqlite" else url)
            found.append(Kept(store, floor, Shape(size)))
            filled(name, found[-1])
        yield found


def filled(name: str, kept: Kept) -> None:
    """Fill a store that is empty, and say how long that takes."""
    store, shape = kept.store, kept.shape
    if not store.counts()["tickets"]:
        intake, _ = samples()
        with store.database.session() as session, session.transaction(store.database.begin):
            seconds = timed(lambda: fill(session.connection, shape, intake))
        print(f"{name}: {shape.size:,} tickets written in {seconds:.0f} s", flush=True)
    with store.database.session() as session:
        pending = "SELECT count(*) FROM tickets WHERE next_due IS NOT NULL"
        deadlines = session.connection.exec_driver_sql(pending).scalar()
    print(
        f"{name}: {shape.size:,} tickets, {shape.open:,} of them open, {deadlines:,} deadlines,"
        f" {shape.agents:,} agents in {shape.teams} teams",
        flush=True,
    )


def database(server: str, size: int) -> str:
    """Make a database on a server, unless it is there; returns its URL."""
    name = f"ruledesk_benchmark_{size}"
    with psycopg.connect(server, autocommit=True) as connection:
        asked = "SELECT 1 FROM pg_database WHERE datname = %s"
        if connection.execute(asked, (name,)).fetchone() is None:
            connection.execute(f"CREATE DATABASE {name}")
    return urlsplit(server)._replace(path=f"/{name}").geturl()


def timed(done: Callable[[], Any]) -> float:
    """Return how many seconds something takes."""
    began = time.perf_counter()
    done()
    return time.perf_counter() - began


def typical(times: Sequence[float]) -> float:
    """Return a time that others on the same machine hardly touched: the lower fifth."""
    return sorted(times)[len(times) // 5]


def writing(kept: Sequence[Kept], rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Take tickets in and act on them, each in turn with the floor; and its floor, by size."""
    intake, action = samples()
    times: list[list[list[float]]] = [[[], [], [], []] for _ in kept]
    run = time.time_ns()
    for n in range(rounds):
        for one, (taken, least, acted, least_acted) in zip(kept, times, strict=True):
            at = START + timedelta(days=800, seconds=n)
            first, then = (sample.of(f"BM{run}{n:06d}", at) for sample in (intake, action))
            bodies = (first.bodies(), then.bodies())
            taken.append(timed(lambda: submit(one.store, first)))  # noqa: B023
            least.append(timed(lambda: one.floor.write(bodies[0])))  # noqa: B023
            acted.append(timed(lambda: act(one.store, first, then)))  # noqa: B023
            least_acted.append(timed(lambda: one.floor.write(bodies[1])))  # noqa: B023
    return {
        "intake": [(typical(t[0]), typical(t[1])) for t in times],
        "action": [(typical(t[2]), typical(t[3])) for t in times],
    }


def submit(store: SQLStore, sample: Sample) -> None:
    """Store a submitted ticket."""
    with store.transaction() as transaction:
        transaction.next_in_sequence(f"day-{sample.ticket.created_at:%Y%m%d}")
        transaction.append(
            sample.ticket, sample.events, expected_version=0, messages=sample.messages
        )
        transaction.save_requester(sample.ticket.requester)


def act(store: SQLStore, before: Sample, after: Sample) -> None:
    """Read a ticket and store an action on it."""
    number, version = after.ticket.number, before.ticket.version
    with store.transaction() as transaction:
        store.ticket(number)
        transaction.append(
            after.ticket, after.events, expected_version=version, messages=after.messages
        )


def pages(shape: Shape) -> Mapping[str, Callable[[int], TicketQuery]]:
    """Name the agents' lists; each is asked for different agents and teams."""

    def listed(sort: Any, descending: bool = False, **where: Any) -> Callable[[int], TicketQuery]:
        def query(i: int) -> TicketQuery:
            of = {
                name: value.format(agent=i * 7 % shape.agents, team=i % shape.teams, i=i)
                if isinstance(value, str)
                else value
                for name, value in where.items()
            }
            named: Any = {n: (v,) if isinstance(v, str) else v for n, v in of.items()}
            return TicketQuery(named, "", None, None, sort, descending, PAGE)

        return query

    found: dict[str, Callable[[int], TicketQuery]] = {}
    for sort in SORTS:
        down = sort in {"updated_at", "created_at"}
        found[f"my open by {sort}"] = listed(sort, down, agent="A{agent}", status=OPEN)
        found[f"team queue by {sort}"] = listed(sort, down, team="team-{team}", status=OPEN)
        found[f"all open by {sort}"] = listed(sort, down, status=OPEN)
        found[f"line by {sort}"] = listed(sort, down, line="retail", status=OPEN)
        found[f"overdue by {sort}"] = listed(sort, down, flag="overdue", status=OPEN)
        found[f"done of agent by {sort}"] = listed(sort, down, agent="A{agent}", status=OVER)
        found[f"done of team by {sort}"] = listed(sort, down, team="team-{team}", status=OVER)
    found |= {
        "unassigned of team": listed("next_due", team="team-{team}", agent="", status=OPEN),
        "at risk": listed("next_due", flag="at_risk", status=OPEN),
        "urgent": listed("next_due", priority="P1", status=OPEN),
        "waiting for requester": listed("updated_at", True, status="waiting_requester"),
        "all, newest first": listed("created_at", True),
        "all of a line": listed("created_at", True, line="partners"),
        "done, latest first": listed("over_at", True, status=OVER),
        "all of a requester": listed("created_at", True, requester="R{i}"),
    }
    return found


def searches() -> Mapping[str, Callable[[int], TicketQuery]]:
    """Name the searches."""

    def text(sought: str, **where: Any) -> Callable[[int], TicketQuery]:
        named: Any = where
        return lambda i: TicketQuery(named, sought.format(i=i), limit=PAGE)

    return {
        "search: rare (serial number)": lambda i: TicketQuery(
            text=f"sn{(i * 13 + 5) * 7919 % 9_999_991:07d}", limit=PAGE
        ),
        "search: a number": text("it00000{i:04d}"),
        "search: common": text("冰箱"),
        "search: two characters, rare": text("鼹鼠"),
        "search: one character": text("漏"),
        "search: none": text("火箭推进器"),
        "search: common, of a team": text("冰箱", team=("team-1",), status=OPEN),
        "search: common, by next_due": lambda _: TicketQuery(
            text="vpn", sort="next_due", descending=False, limit=PAGE
        ),
    }


def deep(store: SQLStore, query: TicketQuery) -> TicketQuery | None:
    """Go to the middle of a list, ten thousand tickets at most; None where no full page follows."""
    left = min(store.count(query.where) // 2, 10_000)
    at = evolve(query, limit=500)
    while left > 0:
        step = min(left, 500)
        after = store.query(evolve(at, limit=step)).next
        if not after:
            return None
        at, left = evolve(at, after=after), left - step
    return evolve(at, limit=PAGE)


def part(kept: Kept, query: TicketQuery) -> None:
    """Ask for a page, and decode nothing."""
    with kept.store.database.session() as session:
        lists.page(session.connection, query)


def whole(kept: Kept, query: TicketQuery) -> int:
    """Ask for a page as a desk does, which has none of its tickets decoded already."""
    kept.store._cache = TicketCache()  # noqa: SLF001
    return len(kept.store.query(query).tickets)


def reading(kept: Sequence[Kept], rounds: int) -> None:
    """Ask for all lists and searches, of all sizes in turn."""
    every = [{**pages(one.shape), **searches()} for one in kept]
    for name in every[0]:
        asked = [[each[name](i) for i in range(rounds)] for each in every]
        page_times(name, kept, asked)
        if not name.startswith("search"):
            further = [
                [found for query in of[:4] if (found := deep(one.store, query)) is not None]
                for one, of in zip(kept, asked, strict=True)
            ]
            if all(further):
                page_times(f"{name}, deep", kept, [of * (rounds // 3) for of in further])


def page_times(name: str, kept: Sequence[Kept], asked: Sequence[Sequence[TicketQuery]]) -> None:
    """Take the times of a list, and print them."""
    parts: list[list[float]] = [[] for _ in kept]
    wholes: list[list[float]] = [[] for _ in kept]
    rows = [whole(one, of[0]) for one, of in zip(kept, asked, strict=True)]
    for turn in range(3 * min(map(len, asked))):
        for place, one in enumerate(kept):
            query = asked[place][turn % len(asked[place])]
            parts[place].append(timed(lambda: part(one, query)))  # noqa: B023
            wholes[place].append(timed(lambda: whole(one, query)))  # noqa: B023
    took = list(map(typical, wholes))
    plain = list(map(typical, parts))
    full = "" if max(rows) - min(rows) < 2 else f"  tickets: {rows}"
    print(
        f"  {name:<34}"
        + "".join(f" {seconds * 1e3:8.2f}" for seconds in took)
        + f" ms × {took[-1] / took[0]:5.2f}; without decoding"
        + "".join(f" {seconds * 1e3:7.2f}" for seconds in plain)
        + f" × {plain[-1] / plain[0]:5.2f}{full}",
        flush=True,
    )


def questions(kept: Kept) -> Mapping[str, Callable[[int], Any]]:
    """Name counts, and what is asked of all the deadlines that are pending."""
    store, shape = kept.store, kept.shape
    late = START + timedelta(days=3000)
    due = store.next_due() or START
    return {
        "count: open of a team": lambda i: store.count(
            {"team": [f"team-{i % shape.teams}"], "status": OPEN}
        ),
        "count: open of an agent": lambda i: store.count(
            {"agent": [f"A{i % shape.agents}"], "status": OPEN}
        ),
        "count: overdue": lambda _: store.count({"flag": ["overdue"], "status": OPEN}),
        "count: of a line": lambda _: store.count({"line": ["retail"]}),
        "counts()": lambda _: store.counts(),
        "sweep: next_due()": lambda _: store.next_due(),
        "sweep: nothing due": lambda _: store.due(due - timedelta(seconds=1)),
        "sweep: 100 due": lambda _: store.due(late, 100),
        "sweep: claim_due": lambda _: claim(store, late),
    }


def asking(kept: Sequence[Kept], rounds: int) -> None:
    """Ask for counts, and for what is due, of all sizes in turn."""
    every = [questions(one) for one in kept]
    for name in every[0]:
        times: list[list[float]] = [[] for _ in kept]
        for turn in range(3 * rounds):
            for of, each in zip(times, every, strict=True):
                of.append(timed(lambda: each[name](turn)))  # noqa: B023
        took = list(map(typical, times))
        print(
            f"  {name:<34}"
            + "".join(f" {seconds * 1e3:8.2f}" for seconds in took)
            + f" ms × {took[-1] / took[0]:5.2f}",
            flush=True,
        )


def claim(store: SQLStore, now: Any) -> None:
    """Take the ticket that is due first, and give it back."""
    with store.transaction() as transaction:
        assert transaction.claim_due(now) is not None  # noqa: S101


def run(name: str, sizes: Sequence[int], rounds: int, folder: Path, server: str) -> None:
    """Measure one store at all sizes."""
    with stores(name, sizes, folder, server) as kept:
        print(f"{name} with {', '.join(f'{size:,}' for size in sizes)} tickets; pages of {PAGE}")
        for what, took in writing(kept, rounds * 15).items():
            for (seconds, least), size in zip(took, sizes, strict=True):
                print(
                    f"  {what}, {size:,} stored: {seconds * 1e6:.0f} µs,"
                    f" floor {least * 1e6:.0f} µs: × {seconds / least:.2f} of the floor",
                    flush=True,
                )
        asking(kept, rounds)
        reading(kept, rounds)


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", type=int, default=[1_000, 100_000, 1_000_000])
    parser.add_argument("--stores", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--quick", action="store_true", help="1 000 and 10 000, few rounds")
    parser.add_argument("--keep", type=Path, help="a folder whose stores are used again")
    parser.add_argument("--server", default="", help="the URL of a PostgreSQL server")
    options = parser.parse_args()
    sizes, rounds = ([1_000, 10_000], 6) if options.quick else (options.sizes, 15)
    for name in options.stores:
        with tempfile.TemporaryDirectory(dir=".") as folder:
            run(name, sizes, rounds, options.keep or Path(folder), options.server)


if __name__ == "__main__":
    main()
