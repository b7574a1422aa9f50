"""A comparison as JSON data."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo
from typing import Any

import attrs

from ruledesk.pilot.comparison.changes import Change
from ruledesk.pilot.comparison.values import (
    Cell,
    Comparison,
    Differing,
    Header,
    Load,
    Matrix,
    RefusedSteps,
    Week,
)
from ruledesk.pilot.plain import plain


def comparison_data(answer: Comparison, zone: tzinfo, *, tickets: bool = False) -> dict[str, Any]:
    """Turn a comparison into JSON data.

    Args:
        answer: The comparison.
        zone: The desk's time zone.
        tickets: Whether every ticket that differs is listed.
    """
    counts = answer.counts
    data = {
        **_header(answer.header, zone),
        "tickets": {
            **attrs.asdict(counts.tickets),
            "changed": counts.tickets.changed,
            "skipped": answer.header.skipped_tickets,
        },
        "fields": {"first": dict(counts.fields), "end": dict(counts.ends)},
        "matrices": [_matrix(one, zone) for one in counts.matrices],
        "workload": {"teams": _loads(counts.teams), "agents": _loads(counts.agents)},
        "rules": [attrs.asdict(one) for one in counts.rules],
        "targets": [attrs.asdict(one) for one in counts.targets],
        "messages": [attrs.asdict(one) for one in counts.messages],
        "incidents": [attrs.asdict(one) for one in counts.incidents],
        "weeks": [_week(one) for one in counts.weeks],
        "refused": {
            "new": [_refused(one) for one in answer.refusals.by_new],
            "old": [_refused(one) for one in answer.refusals.by_old],
            "both": answer.refusals.both,
            "lost": answer.refusals.lost,
            "stood_in": answer.refusals.stood_in,
        },
        "warnings": [
            {"code": one.code, "en": one.text.en, "zh": one.text.zh} for one in answer.warnings
        ],
    }
    if tickets:
        data["differing"] = [_differing(one, zone) for one in counts.differing]
    return data


def _header(header: Header, zone: tzinfo) -> dict[str, Any]:
    return {
        "line": header.line,
        "current": [attrs.asdict(one) for one in header.current],
        "candidate": attrs.asdict(header.candidate),
        "window": plain({"from": header.start, "until": header.until}, zone),
        "recordings": {"replayed": header.files, "skipped": header.skipped_files},
        "deterministic": header.deterministic,
        "unlike": list(header.unlike),
        "rules_differing": {
            "added": list(header.added),
            "removed": list(header.removed),
            "changed": list(header.changed),
        },
    }


def _matrix(matrix: Matrix, zone: tzinfo) -> dict[str, Any]:
    return {
        "field": matrix.field,
        "moment": matrix.moment,
        "cells": [_cell(cell, zone) for cell in matrix.cells],
    }


def _cell(cell: Cell, zone: tzinfo) -> dict[str, Any]:
    data: dict[str, Any] = {"old": cell.old, "new": cell.new, "tickets": cell.tickets}
    if cell.moved:
        data["due"] = cell.moved
    if cell.samples:
        data["samples"] = [
            {
                "ticket": one.name,
                "recording": one.place,
                "number": one.number,
                **_change(one.change, zone),
            }
            for one in cell.samples
        ]
    return data


def _change(change: Change, zone: tzinfo) -> dict[str, Any]:
    return {
        "old_rules": list(change.old.rules),
        "new_rules": list(change.new.rules),
        "old_facts": plain(change.old.facts, zone),
        "new_facts": plain(change.new.facts, zone),
    }


def _loads(loads: Iterable[Load]) -> list[dict[str, Any]]:
    return [{**attrs.asdict(one), "change": one.new - one.old} for one in loads]


def _week(week: Week) -> dict[str, Any]:
    return {
        "week": week.monday.isoformat(),
        "tickets": week.tickets,
        "decided": week.decided,
        "refused": week.refused,
        "percent": round(week.percent, 1),
    }


def _refused(one: RefusedSteps) -> dict[str, Any]:
    name, step = one.first
    return {
        "action": one.action,
        "field": one.problem.field,
        "en": one.problem.en,
        "zh": one.problem.zh,
        "steps": one.steps,
        "first": {"ticket": name, "step": step},
    }


def _differing(one: Differing, zone: tzinfo) -> dict[str, Any]:
    found = one.difference
    return {
        "ticket": one.name,
        "recording": one.place,
        "step": one.step,
        "at": plain(one.at, zone),
        "old_number": one.old_number,
        "new_number": one.new_number,
        "extent": one.extent,
        "changes": [
            {
                "field": change.field,
                "old": change.old.value,
                "new": change.new.value,
                **_change(change, zone),
            }
            for change in found.changes
        ],
        "ends": {name: {"old": old, "new": new} for name, (old, new) in found.ends.items()},
    }
