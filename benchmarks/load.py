"""A hundred people at once on several processes of one store; with `--kill`, two of them die.

Starts PostgreSQL, two desk processes (fifty people each, in threads: they look at lists, open
tickets, hand in, act) and two workers (``ruledesk worker``). Prints what was done a second, how
long it took, errors, and how late messages and targets were. At the end everything that was
acknowledged is looked for: nothing may be lost, doubled or undelivered. Ends with status 1 where
something is.

    python benchmarks/load.py [--seconds 120] [--kill] [--people 50] [--think 1.0]
    python benchmarks/load.py --storage sqlite      # one desk process, one worker

`--kill` kills one desk process and one worker with SIGKILL in the middle, and starts nothing in
their place.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ruledesk.desk.assembly import open_desk
from ruledesk.desk.config import load_desk
from ruledesk.desk.delivering import LEASE
from ruledesk.desk.runner import Runner
from ruledesk.model.event import MessagesQueued, TargetBreached
from ruledesk.storage.interface import Store
from ruledesk.testing.crash.checks import problems
from ruledesk.testing.crash.desk import MESSAGES, write_desk
from ruledesk.testing.crash.said import Told
from ruledesk.testing.crash.workers import Deliveries, of_outbox, unrecorded
from ruledesk.testing.postgres import PostgresServer

PEOPLE = Path(__file__).with_name("load_people.py")
LOOK_EVERY = 0.005
#: Seconds until what the load has left behind must be delivered.
AFTERWARDS = 60.0


class Watcher(threading.Thread):
    """Sees when each message is written, by looking at the notifier's file."""

    def __init__(self, path: Path) -> None:
        super().__init__(daemon=True)
        self.path = path
        self.seen: list[tuple[str, float]] = []
        self.ending = threading.Event()

    def run(self) -> None:
        """Look until the end is asked for."""
        position, rest = 0, b""
        while not self.ending.wait(LOOK_EVERY):
            if not self.path.exists():
                continue
            with self.path.open("rb") as file:
                file.seek(position)
                part = file.read()
            position += len(part)
            *lines, rest = (rest + part).split(b"\n")
            now = time.time()
            self.seen += [(json.loads(line)["id"], now) for line in lines]


class Load:
    """The processes, from the start to the end."""

    def __init__(self, options: argparse.Namespace, folder: Path, storage: str) -> None:
        self.options = options
        self.folder = folder
        self.killed_at = 0.0
        write_desk(folder, storage)
        self.watcher = Watcher(folder / MESSAGES)
        self.complaints: list[str] = []
        on_one_machine = options.storage == "sqlite"
        self.desks = [self._desk(f"d{n}") for n in range(1 if on_one_machine else 2)]
        for desk in self.desks:
            self._wait_until_ready(desk)
        self.workers = [self._worker() for _ in range(1 if on_one_machine else 2)]

    def run(self) -> None:
        """Let people work, kill in the middle if asked to, and wait until all is delivered."""
        self.watcher.start()
        for desk in self.desks:
            self._tell(desk)
        if self.options.kill:
            time.sleep(self.options.seconds / 2)
            self._kill()
        self._end_of_desks()

    def end(self, store: Store) -> None:
        """Let the workers finish what waits, but for leases of the dead; then stop them."""
        until = time.monotonic() + AFTERWARDS
        while time.monotonic() < until and (due := store.next_delivery()):
            if due > datetime.now(UTC):
                break  # only leases of a killed worker are left
            time.sleep(0.1)
        for worker in self.workers:
            if worker.poll() is None:
                worker.send_signal(signal.SIGTERM)
            if worker.wait(30) not in (0, -signal.SIGKILL):
                self.complaints.append(f"a worker ended with status {worker.returncode}")
        self.watcher.ending.set()
        self.watcher.join()

    def _desk(self, name: str) -> subprocess.Popen[str]:
        options = self.options
        given = (self.folder, name, options.people, options.seconds, options.think)
        return self._process([str(PEOPLE), *map(str, given)])

    def _worker(self) -> subprocess.Popen[str]:
        return self._process(["-m", "ruledesk", "worker", str(self.folder)])

    def _process(self, arguments: list[str]) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        return subprocess.Popen(  # noqa: S603 - our own scripts
            [sys.executable, *arguments], stdin=pipe, stdout=pipe, text=True
        )

    def _wait_until_ready(self, process: subprocess.Popen[str]) -> None:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise SystemExit(f"a process ended at once with status {process.wait()}")

    def _tell(self, process: subprocess.Popen[str]) -> None:
        if process.stdin:
            process.stdin.write("go\n")
            process.stdin.flush()

    def _kill(self) -> None:
        for victim in (self.desks[0], self.workers[0]):
            victim.kill()
        self.killed_at = time.time()

    def _end_of_desks(self) -> None:
        for desk in self.desks:
            status = desk.wait(self.options.seconds + 120)
            if status not in (0, -signal.SIGKILL):
                self.complaints.append(f"a desk process ended with status {status}")


class Figures:
    """What the processes said, and what the store and the notifier's file say of it."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.told = Told()
        self.spent: dict[str, list[float]] = {}
        self.errors: Counter[str] = Counter()
        for path in sorted(load.folder.glob("said-*.txt")):
            lines = path.read_text(encoding="utf-8").splitlines()
            self.told.add(line for line in lines if line[0] in "?+-")
            for line in lines:
                kind, operation, *rest = line.split(maxsplit=3)
                if kind == "=":
                    self.spent.setdefault(operation, []).append(float(rest[1]))
                elif kind == "x":
                    self.errors[f"{operation}: {' '.join(rest)}"] += 1

    def operations(self) -> list[dict[str, Any]]:
        """How often, and how long, for each operation."""
        seconds = self.load.options.seconds
        return [
            {"what": name, "count": len(took), "a second": len(took) / seconds, **shares(took)}
            for name, took in sorted(self.spent.items())
        ]

    def lateness(self, store: Store) -> list[dict[str, Any]]:
        """How long after its instant each message was written, while there was load."""
        written = dict(reversed(self.load.watcher.seen))  # of doubles the first
        late: dict[str, list[float]] = {}
        for event in store.all_events():
            if isinstance(event.body, MessagesQueued):
                for message in event.body.messages:
                    if message.id in written:
                        kind = "target due" if message.about == "overdue" else "message"
                        for name in self._names(kind, event.at.timestamp()):
                            delay = written[message.id] - event.at.timestamp()
                            late.setdefault(name, []).append(delay)
        return [
            {"what": name, "count": len(took), **shares(took)}
            for name, took in sorted(late.items())
        ]

    def _names(self, kind: str, at: float) -> list[str]:
        killed = self.load.killed_at
        return [kind, f"{kind}, 5 s around the kill"] if abs(at - killed) < 5 else [kind]


def shares(seconds: list[float]) -> dict[str, float]:
    """Percentiles, in milliseconds."""
    ordered = sorted(seconds)
    places = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "most": 1.0}
    last = len(ordered) - 1
    return {name: 1000 * ordered[round(share * last)] for name, share in places.items()}


def looked_for(figures: Figures, store: Store) -> list[str]:
    """Look for all that was acknowledged, for each message and each target."""
    found = problems(store, figures.told)
    breached = Counter(
        (event.ticket, event.body.name)
        for event in store.all_events()
        if isinstance(event.body, TargetBreached)
    )
    found += [f"{where} passed {times} times" for where, times in breached.items() if times > 1]
    return found


def delivered(load: Load) -> tuple[list[str], int]:
    """Wait for the leases of the dead (their clock is put forward), and look at the outbox."""
    seen = Deliveries([name for name, _ in load.watcher.seen])
    desk = open_desk(load_desk(load.folder))
    try:
        seen.cut.update(unrecorded(desk.store, sorted(set(seen.ids))))
        left = sum(
            one.state == "waiting"
            for number in dict.fromkeys(event.ticket for event in desk.store.all_events())
            for one in desk.store.messages(number)
        )
        Runner(desk, lambda: datetime.now(UTC) + 2 * LEASE).once()
        content = (load.folder / MESSAGES).read_bytes().split(b"\n")
        seen.ids = [json.loads(line)["id"] for line in content[:-1]]
        return of_outbox(desk.store, seen), left
    finally:
        desk.close()


def table(rows: list[dict[str, Any]]) -> None:
    """Print rows of figures."""
    for row in rows:
        cells = [f"{name} {value:.1f}" for name, value in row.items() if name not in TEXTS]
        print(f"  {row['what']:<34} {row['count']:>7}  " + "  ".join(cells))


TEXTS = ("what", "count")


def measure(options: argparse.Namespace, folder: Path, storage: str) -> dict[str, Any]:
    """Run the load; return everything that is printed."""
    load = Load(options, folder, storage)
    load.run()
    desk = open_desk(load_desk(folder), deliver=False)
    try:
        load.end(desk.store)
        figures = Figures(load)
        wrong = load.complaints + looked_for(figures, desk.store)
        lateness = figures.lateness(desk.store)
        counts = dict(desk.store.counts())
    finally:
        desk.close()
    undelivered, late = delivered(load)
    return {
        "operations": figures.operations(),
        "lateness": lateness,
        "errors": dict(figures.errors),
        "stored": counts,
        "acknowledged": len(figures.told.acknowledged),
        "messages left to leases of the dead": late,
        "wrong": wrong + undelivered,
    }


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--people", type=int, default=50, help="in each desk process")
    parser.add_argument("--think", type=float, default=1.0, help="seconds between two steps")
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("--storage", choices=("postgresql", "sqlite"), default="postgresql")
    parser.add_argument("--within", type=Path, help="where the data are; by default on the disk")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=options.within)))
        storage = "sqlite:///desk.db"
        if options.storage == "postgresql":
            storage = stack.enter_context(PostgresServer(within=options.within)).database()
        result = measure(options, folder, storage)
    if options.json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        show(options, result)
    sys.exit(1 if result["wrong"] or result["errors"] else 0)


def show(options: argparse.Namespace, result: dict[str, Any]) -> None:
    """Print for people."""
    steps = sum(row["count"] for row in result["operations"]) / options.seconds
    print(f"{options.storage}, {options.seconds:g} s: {steps:.0f} steps a second (milliseconds)")
    table(result["operations"])
    print("lateness: from the instant of the event until the message is on the disk (milliseconds)")
    table(result["lateness"])
    for name in ("stored", "acknowledged", "messages left to leases of the dead"):
        print(f"{name}: {result[name]}")
    print(f"errors: {sum(result['errors'].values())} {result['errors'] or ''}")
    print("\n".join(["wrong:", *result["wrong"]]) if result["wrong"] else "nothing lost or doubled")


if __name__ == "__main__":
    main()
