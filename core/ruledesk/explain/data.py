"""Explanations as plain data, for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ruledesk.explain.values import (
    Evaluation,
    ExplainedDecision,
    ExplainedTarget,
    Explanation,
    NearMiss,
    RuleExplanation,
)
from ruledesk.rules.expression.evaluate import Trace


def explanation_data(explanation: Explanation) -> dict[str, Any]:
    """Write an explanation as plain data; times in ISO format."""
    ticket = explanation.ticket
    return {
        "ticket": ticket.number,
        "line": ticket.line,
        "ruleset": ticket.ruleset,
        "decisions": [_decision(decision) for decision in explanation.decisions],
        "targets": [_target(target) for target in explanation.targets],
    }


def rule_data(explained: RuleExplanation) -> dict[str, Any]:
    """Write the explanation of a rule as plain data."""
    waits = explained.waits_until
    return {
        "ticket": explained.ticket.number,
        "line": explained.ticket.line,
        "rule": explained.rule,
        "kind": explained.kind,
        "place": explained.place,
        "ruleset": explained.ruleset,
        "condition": explained.condition,
        "origin": explained.origin,
        "evaluations": [_evaluation(evaluation) for evaluation in explained.evaluations],
        "waits_until": waits.isoformat() if waits else None,
        "by_hand": list(explained.by_hand),
        "manual": list(explained.manual),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list | set | frozenset):
        return [_plain(item) for item in value]
    return value


def _decision(explained: ExplainedDecision) -> dict[str, Any]:
    decision = explained.decision
    return {
        "at": explained.at.isoformat(),
        "version": explained.version,
        "stage": decision.stage,
        "rule": decision.rule,
        "default": not decision.rule and bool(decision.outcome),
        "matched": list(decision.matched),
        "hit": decision.hit,
        "ruleset": decision.ruleset,
        "hash": decision.hash,
        "condition": explained.condition,
        "origin": explained.origin,
        "facts": _plain(decision.facts),
        "outcome": _plain(decision.outcome),
        "events": _plain(decision.events),
        "incident": decision.incident,
        "by_hand": list(explained.by_hand),
        "manual": list(explained.manual),
        "near_misses": [_miss(miss) for miss in explained.misses],
        "ruleset_kept": explained.known,
    }


def _miss(miss: NearMiss) -> dict[str, Any]:
    return {
        "rule": miss.rule,
        "distance": miss.distance,
        "failed": [_trace(trace) for trace in miss.failed],
    }


def _trace(trace: Trace) -> dict[str, Any]:
    return {
        "condition": trace.text,
        "actual": _plain(trace.actual),
        "en": trace.sentence("en"),
        "zh": trace.sentence("zh"),
    }


def _evaluation(evaluation: Evaluation) -> dict[str, Any]:
    decision = evaluation.decision
    data = {
        "at": evaluation.at.isoformat(),
        "version": evaluation.version,
        "place": evaluation.place,
        "verdict": evaluation.verdict,
        "winner": evaluation.winner,
        "failed": [_trace(trace) for trace in evaluation.failed],
        "by_hand": list(evaluation.by_hand),
        "unrecorded": list(evaluation.unrecorded),
        "sent": evaluation.sent,
        "decision": None,
    }
    if decision is not None:
        data["decision"] = {
            "stage": decision.stage,
            "rule": decision.rule,
            "hit": decision.hit,
            "facts": _plain(decision.facts),
            "outcome": _plain(decision.outcome),
            "ruleset": decision.ruleset,
            "hash": decision.hash,
            "incident": decision.incident,
        }
    return data


def _target(explained: ExplainedTarget) -> dict[str, Any]:
    target, ledger = explained.target, explained.ledger
    data: dict[str, Any] = {
        "name": target.name,
        "label": {"en": explained.label.en, "zh": explained.label.zh},
        "state": target.state,
        "rule": target.rule,
        "limit": target.limit,
        "calendar": target.calendar,
        "started_at": target.started_at.isoformat(),
        "asked_at": target.asked_at.isoformat() if target.asked_at else None,
        "opens": target.opens,
        "due": target.due.isoformat(),
        "met_at": target.met_at.isoformat() if target.met_at else None,
        "breached_at": target.breached_at.isoformat() if target.breached_at else None,
        "paused_seconds": target.paused_seconds,
        "ledger": None,
    }
    if ledger is not None:
        data["ledger"] = {
            "budget_seconds": ledger.budget_seconds,
            "used_seconds": ledger.used_seconds,
            "left_seconds": ledger.left_seconds,
            "due": ledger.due.isoformat(),
            "segments": [
                {
                    "start": segment.start.isoformat(),
                    "end": segment.end.isoformat(),
                    "kind": segment.kind,
                    "seconds": segment.seconds,
                }
                for segment in ledger.segments
            ],
        }
    return data
