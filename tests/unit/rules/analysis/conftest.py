"""Small rulesets to be analysed, and a desk that explains what the findings say."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import ruledesk_rulesets
from ruledesk.desk.service import Desk
from ruledesk.explain import RuleExplanation, explain_rule
from ruledesk.rules.analysis import Finding, Witness, analyse
from ruledesk.rules.load import load_ruleset, ruleset_from_document
from ruledesk.rules.load.names import stripped
from ruledesk.rules.ruleset import Ruleset
from ruledesk.testing.desks import make_desk

SHIPPED = Path(next(iter(ruledesk_rulesets.__path__)))
WHEN = datetime(2026, 11, 2, 2, tzinfo=UTC)
PEOPLE: dict[str, Any] = {
    "teams": {"it": {"head": "A1", "agents": ["A1", "A2"]}},
    "agents": {"A1": {"roles": ["supervisor"]}, "A2": {}},
}


def small(**parts: Any) -> dict[str, Any]:
    """A ruleset of three enums, a number, open text, and what the test adds."""
    return {
        "ruleset": {"name": "small", "version": "1.0.0"},
        "fields": {
            "urgency": {"default": "normal", "values": ["normal", "urgent", "critical"]},
            "impact": {"values": ["wide", "single"]},
            "type": {"required": True, "values": ["repair", "complaint", "consult"]},
            "priority": {"values": ["P0", "P1", "P2"]},
            "affected_users": {"minimum": 0, "maximum": 1000},
            **parts.pop("fields", {}),
        },
        **parts,
    }


def stage(hit: str, *rules: tuple[str, dict[str, Any]], **more: Any) -> dict[str, Any]:
    """A stage of rules ``(condition, outcome)``, named r1, r2 …"""
    sets = list(dict.fromkeys(name for _, outcome in rules for name in outcome))
    listed = [
        {"name": f"r{number}", "when": when, "set": outcome}
        for number, (when, outcome) in enumerate(rules, start=1)
    ]
    return {"hit": hit, "sets": sets, "rules": listed, **more}


def found(document: Mapping[str, Any], code: str = "") -> list[Finding]:
    """Analyse a document; only the findings of one code where one is given."""
    findings = analyse(ruleset_from_document(document))
    return [one for one in findings if not code or one.code == code]


@pytest.fixture
def shipped() -> Path:
    return SHIPPED


@pytest.fixture
def broken(tmp_path: Path) -> Callable[..., Ruleset]:
    """Load a shipped ruleset with some texts replaced and some text appended."""

    def load(name: str, *edits: tuple[str, str], more: str = "") -> Ruleset:
        text = (SHIPPED / name / "ruleset.toml").read_text(encoding="utf-8")
        for old, new in edits:
            assert old in text, old
            text = text.replace(old, new, 1)
        path = tmp_path / "ruleset.toml"
        path.write_text(text + more, encoding="utf-8")
        return load_ruleset(path, find=lambda other: SHIPPED / other / "ruleset.toml")

    return load


@contextmanager
def desk_with(ruleset: Ruleset, folder: Path) -> Iterator[Desk]:
    """A desk in memory whose one line is run by a ruleset, as it was analysed."""
    (folder / "analysed.toml").write_text(
        "\n".join(
            f"{json.dumps(key)} = {toml(value)}"
            for key, value in stripped(ruleset.document).items()
        ),
        encoding="utf-8",
    )
    desk = make_desk({"lines": {"main": {"ruleset": "./analysed.toml"}}, **PEOPLE}, folder=folder)
    try:
        yield desk
    finally:
        desk.close()


def toml(value: Any) -> str:
    """Write a value as inline TOML."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(k)} = {toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def explained(desk: Desk, witness: Witness, rule: str) -> RuleExplanation:
    """Hand the witness in, as a tester would, and ask what became of a rule."""
    ticket = desk.submit(
        by="requester",
        line="main",
        channel=witness.channel or "web",
        fields=witness.fields,
        at=WHEN,
    )
    events = desk.store.events(ticket.number)
    rulesets = {one.hash: one for one in desk.rulesets.values()}
    return explain_rule(rule, ticket, events, rulesets.get)


@pytest.fixture
def explain_witness(tmp_path: Path) -> Callable[[Ruleset, Witness, str], RuleExplanation]:
    """Ask `explain_rule` of the witness's ticket what became of a rule."""

    def ask(ruleset: Ruleset, witness: Witness, rule: str) -> RuleExplanation:
        with desk_with(ruleset, tmp_path) as desk:
            return explained(desk, witness, rule)

    return ask


@pytest.fixture
def documents() -> Any:
    """The helpers of this file: tests import no other test module."""

    class Helpers:
        small = staticmethod(small)
        stage = staticmethod(stage)
        found = staticmethod(found)

    return Helpers


@pytest.fixture
def keys() -> Callable[[Iterable[Finding]], list[tuple[str, str]]]:
    """The code of each finding with the first rule it names, or its key."""

    def named(findings: Iterable[Finding]) -> list[tuple[str, str]]:
        return [(one.code, one.rules[0] if one.rules else one.key) for one in findings]

    return named
