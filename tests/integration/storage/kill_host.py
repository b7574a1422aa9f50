"""Kills writers at random moments and checks what they left; run by test_tinydb_kill.

A process of its own, so that forking is cheap and safe: one warm interpreter, no threads.
Usage: ``kill_host.py FOLDER ROUNDS SEED``; prints a summary as JSON.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
from pathlib import Path

from ruledesk.testing.samples import delivery, noted, sample_ticket, store_ticket, submitted
from ruledesk_plugins.tinydb import TinyDBStore

NEVER = 1 << 60
ROUNDS_A_FILE = 10
LINES_A_ROUND = 24


def write(path: Path, pipe: int, round_: int, compact: int) -> None:
    """Store tickets, and say so for each once it is stored; forever."""
    store = TinyDBStore(path, compact_at_open=compact, compact_in_use=compact)
    for n in range(LINES_A_ROUND):
        number = f"R{round_}-{n}"
        store_ticket(store, sample_ticket(number, n), messages=[delivery(number, 1)])
        os.write(pipe, f"{number} 1\n".encode())
        after, event = noted(sample_ticket(number, n), f"{number} 冰箱不制冷" * 10)
        with store.transaction() as transaction:
            transaction.append(after, [event], expected_version=1)
        os.write(pipe, f"{number} 2\n".encode())


def acknowledged_until_killed(path: Path, round_: int, compact: int, moment: random.Random) -> set:
    """Start a writer, kill it after some of its acknowledgements; return all that it gave."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            write(path, writing, round_, compact)
        finally:
            os._exit(0)
    os.close(writing)
    received, wanted = b"", moment.randrange(0, LINES_A_ROUND)
    while received.count(b"\n") < wanted and (part := os.read(reading, 4096)):
        received += part
    for _ in range(moment.randrange(0, 20_000)):  # somewhere between two acknowledgements
        pass
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while part := os.read(reading, 4096):
        received += part
    os.close(reading)
    return {tuple(line.split()) for line in received.decode().splitlines()}


def check(path: Path, acknowledged: set) -> int:
    """Open what was left; every acknowledged event is there as it was written."""
    store = TinyDBStore(path, compact_at_open=NEVER)
    for number, version in acknowledged:
        n = int(number.partition("-")[2])
        events = store.events(number)
        assert events[0] == submitted(sample_ticket(number, n)), number
        assert len(events) >= int(version), number
        assert store.ticket(number).version == len(events), number
        assert len(store.messages(number)) == 1, number
        if len(events) == 2:
            assert events[1].body.text == f"{number} 冰箱不制冷" * 10, number
    found = sum(1 for _ in store.all_events())
    assert found == store.counts()["events"]
    store.close()
    return found


def main() -> None:
    folder, rounds, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    moment = random.Random(seed)
    total = extra = 0
    acknowledged: set = set()
    for round_ in range(rounds):
        path = folder / f"{round_ // ROUNDS_A_FILE}.json"
        if round_ % ROUNDS_A_FILE == 0:
            acknowledged = set()
        compact = (NEVER, 1)[round_ // ROUNDS_A_FILE % 2]
        acknowledged |= acknowledged_until_killed(path, round_, compact, moment)
        found = check(path, acknowledged)
        extra += found - len(acknowledged)
        total += len(acknowledged)
    sys.stdout.write(json.dumps({"rounds": rounds, "checked": total, "unacknowledged": extra}))


if __name__ == "__main__":
    main()
