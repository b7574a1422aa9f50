"""Time the static analysis of rulesets of 50, 200 and 1000 rules.

Run ``python benchmarks/analysis.py``. The figures move with the machine; 200 rules are to take less
than a second.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any, Final

from ruledesk.rules.analysis import analyse
from ruledesk.rules.load import ruleset_from_document
from ruledesk.rules.ruleset import Ruleset

SIZES: Final = (50, 200, 1000)
PRIORITIES: Final = ("P0", "P1", "P2", "P3")
TYPES: Final = ("repair", "return", "consult", "complaint", "other")
TEMPLATES: Final = (
    'type == "{type}" and {n} <= affected_users < {m}',
    'type == "{type}" and contains(description, "fault {n}")',
    'urgency == "urgent" and loss > {n}00 and type == "{type}"',
    'matches(description, "(?i)error {n}|broken {n}") and not present(order)',
    'product == "model {n}" and (urgency == "urgent" or affected_users >= {m})',
)


def document(size: int) -> dict[str, Any]:
    """Make a ruleset: a matrix of priorities, routing by first match, targets, reactions."""
    route = [
        {
            "name": f"route-{n}",
            "when": TEMPLATES[n % len(TEMPLATES)].format(
                n=n * 3, m=n * 3 + 3, type=TYPES[n // len(TEMPLATES) % len(TYPES)]
            ),
            "set": {"team": f"team-{n % 9}"},
        }
        for n in range(size // 2)
    ]
    bands = [
        {
            "name": f"band-{n}",
            "when": f"{n * 10} <= affected_users < {n * 10 + 10}",
            "set": {"priority": PRIORITIES[n % len(PRIORITIES)]},
        }
        for n in range(size // 4)
    ]
    reactions = [
        {
            "name": f"tell-{n}",
            "on": ["submitted"],
            "when": f'priority == "P{n % 4}" and affected_users > {n}',
            "raise_flags": [f"flag-{n}"],
        }
        for n in range(size - size // 2 - size // 4 - len(PRIORITIES))
    ]
    return {
        "ruleset": {"name": "benchmark", "version": "1.0.0"},
        "fields": {
            "type": {"required": True, "values": list(TYPES)},
            "urgency": {"default": "normal", "values": ["normal", "urgent"]},
            "priority": {"values": list(PRIORITIES)},
            "affected_users": {"minimum": 0},
        },
        "stages": {
            "priority": {
                "hit": "unique",
                "sets": ["priority"],
                "default": {"priority": "P3"},
                "rules": bands,
            },
            "route": {"hit": "first", "sets": ["team"], "rules": route},
        },
        "targets": {
            "resolution": {
                "met_by": ["resolved"],
                "limits": [
                    {"name": f"limit-{word}", "when": f'priority == "{word}"', "within": f"{n}h"}
                    for n, word in enumerate(PRIORITIES, start=4)
                ],
            }
        },
        "reactions": reactions,
    }


def timed(ruleset: Ruleset) -> tuple[float, int]:
    """Return the seconds of the best of three analyses, and what was found."""
    best = float("inf")
    findings = 0
    for _ in range(3):
        begin = perf_counter()
        findings = len(analyse(ruleset))
        best = min(best, perf_counter() - begin)
    return best, findings


def main() -> None:
    """Print a line for each size."""
    print(f"{'rules':>6} {'seconds':>8} {'findings':>9}")
    for size in SIZES:
        ruleset = ruleset_from_document(document(size))
        seconds, findings = timed(ruleset)
        print(f"{len(ruleset.rule_names()):>6} {seconds:>8.3f} {findings:>9}")


if __name__ == "__main__":
    main()
