"""What one more ticket costs with 1 000, 10 000 and 100 000 stored, in memory and in TinyDB.

Compared, in the same run, with the floor: the same bytes appended to a file and brought to the
disk, and nothing else. Run: ``python benchmarks/tinydb_store.py [--sizes 1000,10000]``.
"""

from __future__ import annotations

import argparse
import gc
import os
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Literal

from ruledesk.model.action import Submit
from ruledesk.model.decision import Decision
from ruledesk.model.event import Assigned, Decided, Event, MessagesQueued, TargetsStarted
from ruledesk.model.message import Delivery, Message
from ruledesk.model.ticket import Requester, Status, Target, Ticket
from ruledesk.storage.interface import Store, TicketQuery
from ruledesk_plugins.memory import MemoryStore
from ruledesk_plugins.tinydb import TinyDBStore
from ruledesk_plugins.tinydb.files import Files

START = datetime(2026, 1, 5, 1, tzinfo=UTC)
MEASURED = 1000
LABELS = {
    "memory": "memory",
    "unsynced": "tinydb without fdatasync",
    "tinydb": "tinydb",
    "floor": "floor",
}


def commit(store: Store, n: int, state: Literal["waiting", "sent"] = "waiting") -> None:
    """Store one submitted ticket, as a desk does: events, view, message, requester, sequence."""
    at = START + timedelta(seconds=17 * n)
    with store.transaction() as transaction:
        number = f"IT{at:%Y%m%d}{transaction.next_in_sequence(f'{at:%Y%m%d}'):03d}"
        requester = Requester(f"R{n % 5000}", "张伟", phone=f"138{n % 5000:08d}")
        target = Target("resolution", "running", at, "4h", "", at + timedelta(hours=4), "urgent")
        fields = {
            "type": "it-support",
            "urgency": "urgent",
            "description": "登录后无法推送代码。" * 8,
        }
        decision = Decision(
            "route", "support-center@1", "0" * 64, "first", "it", ("it",), fields, {"team": "it"}
        )
        message = Message(
            f"{number}/1", number, "requester", "sms", "received", requester.phone, "",
            f"您的工单 {number} 已受理,我们会尽快与您联系。", "zh", "<submit>",
        )  # fmt: skip
        bodies = (
            Submit("support", "phone", requester, fields, source=f"call-{n}"),
            Decided((decision,)),
            Assigned("it", f"A{n % 40}", "it", "least loaded"),
            TargetsStarted((target,)),
            MessagesQueued((message,)),
        )
        events = [Event(number, v, at, "system", body) for v, body in enumerate(bodies, 1)]
        ticket = Ticket(
            number, "support", "phone", at, requester, Status.NEW, len(events),
            type="it-support", urgency="urgent", priority="P1", team="it", agent=f"A{n % 40}",
            description=str(fields["description"]), targets={"resolution": target},
            correlation_keys=(f"requester={requester.id}",), updated_at=at,
        )  # fmt: skip
        transaction.append(
            ticket, events, expected_version=0, messages=[Delivery(message, state, at)]
        )
        transaction.save_requester(requester)


def batch(store: Store, first: int, count: int, after_each: Callable[[], None]) -> float:
    """Store tickets; returns the median seconds of one commit."""
    times = []
    for n in range(first, first + count):
        began = time.perf_counter()
        commit(store, n)
        times.append(time.perf_counter() - began)
        after_each()
    return median(times)


class Floor:
    """Appends a line and brings it to the disk, in turn with what is measured."""

    def __init__(self, folder: Path, line: bytes) -> None:
        self.file = os.open(folder / "floor", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        self.line = line
        self.times: list[float] = []

    def __call__(self) -> None:
        began = time.perf_counter()
        os.write(self.file, self.line)
        os.fdatasync(self.file)
        self.times.append(time.perf_counter() - began)


class Quick(Files):
    """Leaves bringing commits to the disk to the system; to fill a file quickly."""

    def sync_data(self, file: int) -> None:
        pass


def measure(size: int, folder: Path) -> dict[str, float]:
    """Measure both stores with `size` tickets in them."""
    path = folder / "desk.json"
    filled = TinyDBStore(path, files=Quick())
    for n in range(size):
        commit(filled, n, "sent")
    filled.close()
    line = path.read_bytes().rsplit(b"\n", 2)[1] + b"\n"
    del filled
    gc.collect()
    began = time.perf_counter()
    store = TinyDBStore(path)
    found = {"bytes": float(len(line)), "open": time.perf_counter() - began}
    found["memory in use"] = resident()
    floor = Floor(folder, line)
    found["tinydb"] = batch(store, size, MEASURED, floor)
    found["floor"] = median(floor.times)
    began = time.perf_counter()
    store.query(TicketQuery(where={"team": ["it"], "status": ["new"]}, after=""))
    found["page"] = time.perf_counter() - began
    store.close()
    store = TinyDBStore(path, files=Quick())
    found["unsynced"] = batch(store, size + MEASURED, MEASURED, lambda: None)
    store.close()
    del store
    found["memory"] = apart(lambda: measure_memory(size))
    return found


def measure_memory(size: int) -> float:
    """Measure the store in memory with `size` tickets in it."""
    memory = MemoryStore()
    for n in range(size):
        commit(memory, n, "sent")
    return batch(memory, size, MEASURED, lambda: None)


def apart(measured: Callable[[], float]) -> float:
    """Measure in a process of its own, so that what was freed here is not found again there."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, repr(measured()).encode())
        os._exit(0)
    os.waitpid(child, 0)
    return float(os.read(reading, 64))


def resident() -> float:
    """Return the memory of this process in MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="1000,10000,100000")
    sizes = [int(size) for size in parser.parse_args().sizes.split(",")]
    first: dict[str, float] = {}
    for size in sizes:
        with tempfile.TemporaryDirectory(dir=".") as folder:
            found = measure(size, Path(folder))
        first = first or found
        print(f"{size:>7} tickets stored, {found['bytes']:.0f} bytes a commit")
        for name in ("memory", "unsynced", "tinydb", "floor"):
            seconds = found[name]
            print(
                f"  {LABELS[name]:<26} {1 / seconds:>8.0f} commits/s {seconds * 1e6:>7.0f} µs"
                f"  × {seconds / found['floor']:.2f} of the floor"
                f"  × {seconds / first[name]:.2f} of {sizes[0]} stored"
            )
        print(
            f"  opening {found['open']:.2f} s, page of 50 in {found['page'] * 1e3:.2f} ms,"
            f" {found['memory in use']:.0f} MiB in use"
        )


if __name__ == "__main__":
    main()
