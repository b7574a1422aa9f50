"""Random small rulesets: what the analysis says, and what trying every ticket says."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ruledesk.model.values import Value
from ruledesk.rules.analysis import analyse
from ruledesk.rules.expression.evaluate import holds
from ruledesk.rules.expression.types import Constant
from ruledesk.rules.expression.walk import reads
from ruledesk.rules.load import ruleset_from_document
from ruledesk.rules.ruleset import Rule, Ruleset, Stage

ATOMS = (
    'urgency == "urgent"',
    'urgency in ("normal", "critical")',
    'urgency != "normal"',
    'impact == "wide"',
    "missing(impact)",
    "present(impact)",
    'type == "repair"',
    "missing(type)",
    'contains(type, "re")',
    "affected_users >= 10",
    "affected_users < 10",
    "affected_users == 100",
    "5 <= affected_users <= 10",
    "affected_users > 1000",
    'order == "ab"',
    'contains(order, "a")',
    'startswith(order, "b")',
    'matches(order, "^b+$")',
    "missing(order)",
    "loss > affected_users",
    "loss <= affected_users",
    '"vip" in custom.marks',
    "present(custom.marks)",
    "custom.known",
    "True",
)
WORDS = ("P0", "P1")
FIELDS: dict[str, Any] = {
    "urgency": {"default": "normal", "values": ["normal", "urgent", "critical"]},
    "impact": {"values": ["wide", "single"]},
    "type": {"required": True, "values": ["repair", "other"]},
    "affected_users": {"minimum": 0, "maximum": 1000},
    "loss": {"minimum": 0},
    "priority": {"values": list(WORDS)},
    "marks": {"kind": "set"},
    "known": {"kind": "boolean"},
}
#: At least one value of every cell that the atoms cut the fields into, together and apart.
VALUES: dict[str, tuple[Value, ...]] = {
    "urgency": ("normal", "urgent", "critical"),
    "impact": (None, "wide", "single"),
    "type": (None, "repair", "other"),
    "affected_users": (None, 0, 4, 5, 9, 10, 11, 99, 100, 101, 1000),
    "loss": (None, 0, 7.5, 5000),
    "order": (None, "ab", "x", "a", "b", "bb", "ba", "bxa", "bx"),
    "custom.marks": (None, (), ("vip",)),
    "custom.known": (None, False, True),
}


#: So many fields at once, since every ticket is tried: the product of their values.
MOST_FIELDS = 4


def conditions(names: frozenset[str]) -> st.SearchStrategy[str]:
    """Draw conditions of one to four atoms over some fields."""
    other = VALUES.keys() - names
    atom = st.sampled_from([one for one in ATOMS if not any(name in one for name in other)])
    return st.recursive(
        atom,
        lambda inner: st.one_of(
            inner.map("not ({})".format),
            st.tuples(inner, inner).map(lambda two: "({}) and ({})".format(*two)),
            st.tuples(inner, inner).map(lambda two: "({}) or ({})".format(*two)),
        ),
        max_leaves=4,
    )


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a ruleset whose one stage gives a priority."""
    return draw(documents_over(draw(few_fields())))


def few_fields() -> st.SearchStrategy[frozenset[str]]:
    """Draw the fields that a ruleset reads."""
    return st.frozensets(st.sampled_from(sorted(VALUES)), max_size=MOST_FIELDS)


@st.composite
def documents_over(draw: st.DrawFn, names: frozenset[str]) -> dict[str, Any]:
    """Draw such a ruleset over some fields."""
    texts = draw(st.lists(conditions(names), min_size=1, max_size=4))
    rules = [
        {"name": f"r{n}", "when": text, "set": {"priority": draw(st.sampled_from(WORDS))}}
        for n, text in enumerate(texts)
    ]
    hit = draw(st.sampled_from(["unique", "first"]))
    stage: dict[str, Any] = {"hit": hit, "sets": ["priority"], "rules": rules}
    if draw(st.booleans()):
        stage["default"] = {"priority": "P1"}
    return {
        "ruleset": {"name": "random", "version": "1.0.0"},
        "fields": FIELDS,
        "stages": {"priority": stage},
    }


class World:
    """Every ticket that differs to the rules of a stage."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        names = [name for name in VALUES if any(_reads(rule, name) for rule in stage.rules)]
        self.matched: list[tuple[bool, frozenset[str]]] = []
        for values in product(*(VALUES[name] for name in names)):
            facts = {n: v for n, v in zip(names, values, strict=True) if v is not None}
            admitted = "type" in facts or "type" not in names
            matching = (rule.name for rule in stage.rules if holds(rule.when, facts))
            self.matched.append((admitted, frozenset(matching)))

    def sets(self, *, admitted: bool) -> list[frozenset[str]]:
        """Which rules match, ticket by ticket."""
        return [rules for full, rules in self.matched if full or not admitted]

    def never(self) -> set[str]:
        return {r.name for r in self.stage.rules if not any(r.name in m for _, m in self.matched)}

    def always(self) -> set[str]:
        rules = self.stage.rules[:-1] if self.stage.hit == "first" else self.stage.rules
        return {
            rule.name
            for rule in rules
            if rule.when != Constant(value=True) and all(rule.name in m for _, m in self.matched)
        }

    def overlaps(self) -> set[frozenset[str]]:
        if self.stage.hit != "unique":
            return set()
        names = [rule.name for rule in self.stage.rules]
        met = self.sets(admitted=True)
        return {
            frozenset((a, b))
            for a in names
            for b in names
            if a < b and any({a, b} <= m for m in met)
        }

    def shadowed(self) -> set[str]:
        if self.stage.hit != "first":
            return set()
        found = set()
        names = [rule.name for rule in self.stage.rules]
        for place, name in enumerate(names):
            there = [m for m in self.sets(admitted=False) if name in m]
            before = set(names[:place])
            covered = bool(there) and all(m & before for m in there)
            fallback = place == len(names) - 1 and all(
                name in m for m in self.sets(admitted=False) if m & before
            )
            if covered and not fallback:
                found.add(name)
        return found

    def gap(self) -> bool:
        return not self.stage.default and any(not m for m in self.sets(admitted=True))


def _reads(rule: Rule, name: str) -> bool:
    return name in reads([rule.when])


def told(ruleset: Ruleset, code: str) -> set[str]:
    return {one.rules[0] if one.rules else one.key for one in analyse(ruleset) if one.code == code}


@pytest.mark.requirement("F4")
@settings(max_examples=80, deadline=None)
@given(document=documents())
def test_the_analysis_of_one_stage_agrees_with_trying_every_ticket(
    document: dict[str, Any],
) -> None:
    ruleset = ruleset_from_document(document)
    world = World(ruleset.stages[0])
    findings = analyse(ruleset)
    assert told(ruleset, "never") == world.never()
    assert told(ruleset, "always") == world.always()
    assert told(ruleset, "shadowed") == world.shadowed()
    pairs = {frozenset(one.rules) for one in findings if one.code == "overlap"}
    assert pairs == world.overlaps()
    assert bool(told(ruleset, "gap")) == world.gap()


@st.composite
def two_stages(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a ruleset with a stage that gives an impact, which the next one reads."""
    names = draw(few_fields()) | {"impact"}
    document = draw(documents_over(names))
    rules = [
        {"name": f"i{n}", "when": draw(conditions(names)), "set": {"impact": word}}
        for n, word in enumerate(draw(st.lists(st.sampled_from(["wide", "single"]), max_size=3)))
    ]
    impact: dict[str, Any] = {"hit": "first", "sets": ["impact"], "rules": rules}
    if draw(st.booleans()):
        impact["default"] = {"impact": draw(st.sampled_from(["wide", "single"]))}
    stages = {"impact": impact, "priority": document["stages"]["priority"]}
    return {**document, "stages": stages, "order": ["impact", "priority"]}


@pytest.mark.requirement("F4")
@settings(max_examples=80, deadline=None)
@given(document=two_stages())
def test_what_is_said_after_another_stage_is_true(document: dict[str, Any]) -> None:
    ruleset = ruleset_from_document(document)
    first, second = ruleset.stages
    names = [n for n in VALUES if any(_reads(r, n) for r in (*first.rules, *second.rules))]
    seen: list[tuple[bool, frozenset[str]]] = []
    for values in product(*(VALUES[name] for name in names)):
        facts = {n: v for n, v in zip(names, values, strict=True) if v is not None}
        admitted = "type" in facts or "type" not in names
        deciding = next(
            (rule.set for rule in first.rules if holds(rule.when, facts)), first.default
        )
        facts |= deciding
        seen.append((admitted, frozenset(r.name for r in second.rules if holds(r.when, facts))))
    for finding in analyse(ruleset):
        if finding.key.startswith("stages.priority"):
            assert _is_true(finding.code, finding.rules, seen, second), finding


def _is_true(
    code: str, rules: tuple[str, ...], seen: list[tuple[bool, frozenset[str]]], stage: Stage
) -> bool:
    match code:
        case "never":
            return not any(rules[0] in m for _, m in seen)
        case "always":
            return all(rules[0] in m for _, m in seen)
        case "overlap":
            return any(full and set(rules) <= m for full, m in seen)
        case "gap":
            return any(full and not m for full, m in seen)
        case "shadowed":
            names = [rule.name for rule in stage.rules]
            before = set(names[: names.index(rules[0])])
            return all(m & before for _, m in seen if rules[0] in m)
        case _:
            return True
