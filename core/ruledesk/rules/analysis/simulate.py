"""What the stages make of a submission, in memory and without a desk."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from attrs import field, frozen

from ruledesk.errors import Problem, Refused
from ruledesk.model.values import Value
from ruledesk.rules.analysis.domain import JUST_SUBMITTED
from ruledesk.rules.analysis.sample import samples
from ruledesk.rules.expression.evaluate import holds
from ruledesk.rules.form import Admitted, admit
from ruledesk.rules.ruleset import FormField, Rule, Ruleset, Stage
from ruledesk.rules.stage import hit, stale_words

#: A Monday, 10:00 in Shanghai.
WHEN: Final = datetime(2026, 11, 2, 2, tzinfo=UTC)
#: How often what the form misses is filled in.
_MOST_ROUNDS: Final = 5
_PHONE: Final = "13800000000"
#: As `ruledesk.lifecycle.completeness` raises it, which is built upon the rules.
_INCOMPLETE: Final = "incomplete"
_WORD_LISTS: Final = ("flags", "lacks")
_NOT_FACTS: Final = ("agent", "skills", "strategy", "spill", "automatic", "fallback")


@frozen
class Played:
    """A submission as the stages saw it.

    Attributes:
        given: The plain data that was handed in, with what the form requires filled in.
        before: The facts before each stage, and at the end those that the limits read.
    """

    given: Mapping[str, Any]
    before: tuple[Mapping[str, Value], ...] = field(factory=tuple)


def play(ruleset: Ruleset, given: Mapping[str, Any], ambient: Mapping[str, Value]) -> Played | None:
    """Hand in a ticket and let the stages decide.

    Args:
        ruleset: Form and stages.
        given: Plain data by schema name; ``requester.…`` and ``custom.…`` with their dots.
        ambient: Facts that are not handed in.

    Returns:
        What became of it; None where the form refuses it.
    """
    admitted = _admitted(ruleset, dict(given))
    if admitted is None:
        return None
    filled, taken = admitted
    facts: dict[str, Value] = {
        "flags": (_INCOMPLETE,) if taken.missing else (),
        "lacks": (),
        "channel_open": True,
        "event.by": "requester",
        "created_at": WHEN,
        "channel": "web",
        "missing_fields": len(taken.missing),
        **JUST_SUBMITTED,
        **ambient,
        **taken.fields,
    }
    facts |= {f"requester.{n}": v for n, v in taken.requester.__dict__.items() if v}
    before = [dict(facts)]
    for stage in ruleset.stages:
        _apply(facts, stage, decided(stage, facts), taken.missing)
        before.append(dict(facts))
    return Played(nested(filled), tuple(before))


def matching(rules: tuple[Rule, ...], facts: Mapping[str, Value]) -> list[Rule]:
    """List the rules that hold."""
    return [rule for rule in rules if holds(rule.when, facts)]


def decided(stage: Stage, facts: Mapping[str, Value]) -> dict[str, Value]:
    """Say what a stage would set."""
    return dict(hit(stage, matching(stage.rules, facts))[1])


def _apply(
    facts: dict[str, Value], stage: Stage, outcome: Mapping[str, Value], unfilled: tuple[str, ...]
) -> None:
    other = (*_WORD_LISTS, *_NOT_FACTS)
    facts |= {name: value for name, value in outcome.items() if name not in other}
    for name in _WORD_LISTS:
        there, said = _words(facts.get(name)), _words(outcome.get(name))
        stale = stale_words(stage, name, there, outcome)
        facts[name] = tuple(sorted({*there, *said} - stale))
    missing = {*unfilled, *_words(facts["lacks"])}
    if missing:  # whatever a stage takes back
        facts["flags"] = tuple(sorted({*_words(facts["flags"]), _INCOMPLETE}))
    elif facts["missing_fields"]:
        facts["flags"] = tuple(one for one in _words(facts["flags"]) if one != _INCOMPLETE)
    facts["missing_fields"] = len(missing)


def _words(value: Value) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


def _admitted(ruleset: Ruleset, given: dict[str, Any]) -> tuple[dict[str, Any], Admitted] | None:
    """Admit a submission, filling in what the form requires and was not given."""
    for _ in range(_MOST_ROUNDS):
        try:
            return given, admit(ruleset, nested(given))
        except Refused as refused:
            more = [_filled(ruleset, given, problem) for problem in refused.problems]
            if None in more:
                return None
            given = {**given, **{name: value for one in more if one for name, value in one.items()}}
    return None


def _filled(ruleset: Ruleset, given: Mapping[str, Any], problem: Problem) -> dict[str, Any] | None:
    """Return what would mend a problem of the form; None where nothing would."""
    name = problem.field
    if name == "contact":
        contact = ruleset.form["contact"].any_of or ("requester.phone",)
        name = "requester.phone" if "requester.phone" in contact else contact[0]
    known = next((one for one in (name, f"custom.{name}") if one in ruleset.form), None)
    if known is None or known in given:
        return None
    return {known: _any_value(known, ruleset.form[known])}


def _any_value(name: str, form: FormField) -> Any:
    if name == "requester.phone":
        return _PHONE
    if form.type.values:
        word = form.type.values[0]
        return [word] if form.type.kind == "set" else word
    match form.type.kind:
        case "integer" | "number" | "money":
            bounds = [bound for bound in (form.minimum, form.maximum) if bound is not None]
            return int(bounds[0]) if bounds else 1
        case "boolean":
            return False
        case "datetime":
            return WHEN.isoformat()
        case "set":
            return []
        case _:
            return next(iter(samples(form.pattern)), "x") if form.pattern else _text(form)


def _text(form: FormField) -> str:
    return "x" * max(form.min_length, 1)


def nested(given: Mapping[str, Any]) -> dict[str, Any]:
    """Write values by schema name as what people hand in: requester and own fields below."""
    plain: dict[str, Any] = {}
    for name, value in given.items():
        group, _, rest = name.partition(".")
        if rest and group in ("requester", "custom"):
            plain.setdefault(group, {})[rest] = value
        else:
            plain[name] = value
    return plain
