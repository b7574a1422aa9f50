"""Full ticket lives a second, and how the cost grows with the number of tickets stored.

A life is what a ticket goes through: submitted, decided and dispatched, accepted, noted, resolved,
confirmed, closed. Under the ruleset ``lean.toml`` that is some ten events without a message; under
``hotline`` it is some twenty, with correlation and half a dozen messages. Figures of one run
compare with each other, not with those of another machine.

    python benchmarks/ticket_lives.py [--sizes 1000 10000 100000] [--stores memory tinydb]
                                      [--rulesets lean hotline] [--engines durable python]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ruledesk.desk.assembly import open_desk
from ruledesk.desk.config import DeskConfig
from ruledesk.desk.service import Desk
from ruledesk.rules.compiled import Compiled, Matched

SAMPLE = 1000
START = datetime(2026, 3, 9, 1, 0, tzinfo=UTC)
RULESETS = {"hotline": "hotline", "lean": str(Path(__file__).with_name("lean.toml"))}
URLS = {"memory": "memory:", "tinydb": "tinydb:desk.json"}
TEAMS = ("customer-service", "after-sales", "logistics")


def description(ruleset: str) -> dict[str, Any]:
    """A desk of three teams of twenty, whose line is run by a ruleset."""
    agents = {f"{team[:2].upper()}{n:03}": team for team in TEAMS for n in range(20)}
    return {
        "desk": {"name": "Benchmark", "timezone": "Asia/Shanghai"},
        "lines": {"hotline": {"ruleset": RULESETS[ruleset]}},
        "teams": {
            team: {"agents": [a for a, of in agents.items() if of == team]} for team in TEAMS
        },
        "agents": {a: {"name": a, "capacity": 1_000_000} for a in agents},
    }


def live(desk: Desk, number: int) -> int:
    """One life; returns how many events it had."""
    at = START + timedelta(seconds=number)
    fields: Mapping[str, Any] = {
        "type": "repair",
        "urgency": ("normal", "urgent", "critical")[number % 3],
        "description": f"冰箱不制冷，第 {number} 次报修",
        "requester": {"name": "张三", "phone": f"139{number % 5000:08}"},
    }
    ticket = desk.submit(by="requester", line="hotline", channel="web", fields=fields, at=at)
    handler = f"agent:{ticket.agent}"
    desk.act(ticket.number, "accept", by=handler, at=at)
    desk.act(ticket.number, "note", by=handler, fields={"text": "已联系", "public": True}, at=at)
    desk.act(ticket.number, "resolve", by=handler, fields={"solution": "更换温控器"}, at=at)
    return desk.act(ticket.number, "confirm", by="requester", fields={"rating": 5}, at=at).version


def fill(desk: Desk, first: int, count: int) -> None:
    """Store tickets that are open, so that indexes have something to hold."""
    for number in range(first, first + count):
        at = START + timedelta(seconds=number)
        fields = {
            "type": "consult",
            "description": f"咨询 {number}",
            "requester": {"phone": f"138{number % 50_000:08}"},
        }
        desk.submit(by="requester", line="hotline", channel="web", fields=fields, at=at)


class EngineTime:
    """Adds up the time spent in the rule engine, by wrapping the one place that asks it."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._original: Callable[..., Matched] = Compiled.match

    def __enter__(self) -> EngineTime:
        original = self._original

        def timed(program: Compiled, *args: Any) -> Matched:
            began = time.perf_counter()
            result = original(program, *args)
            self.seconds += time.perf_counter() - began
            return result

        Compiled.match = timed  # type: ignore[method-assign,assignment]
        return self

    def __exit__(self, *_: object) -> None:
        Compiled.match = self._original  # type: ignore[method-assign]


def measure(desk: Desk, first: int) -> tuple[float, float]:
    """Time a sample of lives: seconds of CPU-and-wait per life, events per life."""
    events = 0
    began = time.perf_counter()
    for number in range(first, first + SAMPLE):
        events += live(desk, number)
    return (time.perf_counter() - began) / SAMPLE, events / SAMPLE


def run(store: str, ruleset: str, engine: str, sizes: list[int]) -> None:
    """Measure one store at growing sizes, and print figures and ratios."""
    with tempfile.TemporaryDirectory() as folder:
        config = DeskConfig.from_mapping(description(ruleset), folder=Path(folder))
        desk = open_desk(config, storage=URLS[store], engine=engine, deliver=False)
        stored, base = 0, 0.0
        for size in sizes:
            fill(desk, stored, size - stored)
            seconds, events = measure(desk, size)
            base = base or seconds
            print(
                f"{store:>7} {ruleset:>8} {engine:>8} {size:>8} stored: "
                f"{1 / seconds:6.0f} lives/s of {events:4.1f} events, "
                f"{events / seconds:7.0f} events/s, {seconds * 1e6:6.0f} µs a life, "
                f"{seconds / base:5.2f} × the cost at {sizes[0]}"
            )
            stored = size + SAMPLE
        with EngineTime() as engine_time:
            began = time.perf_counter()
            measure(desk, stored + 10_000)
            share = engine_time.seconds / (time.perf_counter() - began)
        print(f"{store:>7} {ruleset:>8} {engine:>8} share of time in the rule engine: {share:.1%}")
        desk.close()


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", type=int, default=[1_000, 10_000, 100_000])
    parser.add_argument("--stores", nargs="+", default=["memory", "tinydb"])
    parser.add_argument("--rulesets", nargs="+", default=["lean", "hotline"])
    parser.add_argument("--engines", nargs="+", default=["durable", "python"])
    options = parser.parse_args()
    for store in options.stores:
        for ruleset in options.rulesets:
            for engine in options.engines:
                run(store, ruleset, engine, options.sizes)


if __name__ == "__main__":
    main()
