"""Compare the rule engines in one run: condition evaluations and matches a second.

Run ``python benchmarks/rule_engines.py``. The figures move with the machine; the ratio stays.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any, Final

from ruledesk.rules.engine import Condition, Matcher, Program
from ruledesk.rules.expression.parse import parse
from ruledesk.rules.expression.types import FieldType, Schema
from ruledesk_plugins.durable.engine import DurableEngine
from ruledesk_plugins.python.engine import PythonEngine

SIZES: Final = (5, 50, 200)
SECONDS: Final = 1.0
SCHEMA: Final = Schema(
    {
        "urgency": FieldType("enum", ("critical", "urgent", "normal", "low")),
        "category": FieldType("tree", ("after-sales/repair", "after-sales/return", "sales")),
        "affected_users": FieldType("integer"),
        "loss": FieldType("money"),
        "score": FieldType("number"),
        "flags": FieldType("set", ("vip", "overdue")),
        "description": FieldType("text"),
        "green": FieldType("boolean"),
        "created_at": FieldType("datetime"),
    }
)
TEMPLATES: Final = (
    'urgency == "urgent" and affected_users >= {n}',
    'loss > {n}00 or "vip" in flags',
    'under(category, "after-sales") and not green',
    'contains(description, "fault {n}") and score < {n}.5',
    '{n} < affected_users <= {n}0 and urgency in ("urgent", "critical")',
    "not loss > {n}00 and present(score)",
    'created_at >= "2026-11-02T09:00:00+08:00" and affected_users != {n}',
)


def program(size: int) -> Program:
    """Make a program of mixed conditions."""
    texts = (TEMPLATES[n % len(TEMPLATES)].format(n=n + 1) for n in range(size))
    return Program(
        SCHEMA,
        tuple(Condition(f"r{n}", parse(text, SCHEMA, f"r{n}")) for n, text in enumerate(texts)),
        "benchmark",
    )


def tickets(count: int) -> list[dict[str, Any]]:
    """Make facts; the same in every run."""
    draw = random.Random(7)
    start = datetime(2026, 11, 2, tzinfo=UTC)
    return [
        {
            "urgency": draw.choice(("critical", "urgent", "normal", "low")),
            "category": draw.choice(("after-sales/repair", "sales")),
            "affected_users": draw.randrange(300),
            "loss": draw.randrange(10**6) / 100,
            "score": draw.random() * 10,
            "flags": draw.choice(((), ("vip",), ("overdue",))),
            "description": f"fault {draw.randrange(99)} of the cooling unit, no longer cools",
            "green": draw.choice((True, False)),
            "created_at": start + timedelta(hours=draw.randrange(48)),
        }
        for _ in range(count)
    ]


def rate(matcher: Matcher, facts: list[dict[str, Any]]) -> float:
    """Measure matches a second."""
    matched = 0
    begin = perf_counter()
    while (spent := perf_counter() - begin) < SECONDS:
        for ticket in facts:
            matcher.match(ticket)
        matched += len(facts)
    return matched / spent


def main() -> None:
    """Print a table."""
    facts = tickets(100)
    print(
        f"{'rules':>6} {'engine':>8} {'matches/s':>12} {'evaluations/s':>14} {'python/durable':>15}"
    )
    for size in SIZES:
        made = program(size)
        fast, durable = PythonEngine().compile(made), DurableEngine().compile(made)
        if any(fast.match(ticket) != durable.match(ticket) for ticket in facts):
            raise SystemExit("the engines disagree")
        rates = {"python": rate(fast, facts), "durable": rate(durable, facts)}
        for name, matches in rates.items():
            ratio = f"{rates['python'] / matches:.1f}" if name == "durable" else ""
            print(f"{size:>6} {name:>8} {matches:>12,.0f} {matches * size:>14,.0f} {ratio:>15}")
        durable.close()


if __name__ == "__main__":
    main()
