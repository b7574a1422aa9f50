"""Hypothesis strategies for what one field of a form admits, with a lean to what rules look for.

Literals, words and patterns of a ruleset's own conditions are drawn often, numbers at and beside
the thresholds: values that no rule asks for would show little of a ruleset.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from attrs import frozen
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ruledesk.model.values import Value
from ruledesk.rules.expression.facts import INTEGER_LIMIT, MONEY_LIMIT
from ruledesk.rules.expression.patterns import matches_whole
from ruledesk.rules.expression.types import Atom, Compare, Expression, OneOf, Test
from ruledesk.rules.expression.walk import atoms
from ruledesk.rules.ruleset import FormField, Ruleset
from ruledesk.rules.wording import word_of
from ruledesk.strict import legible

PROSE: Final = (
    "冰箱不制冷，冷藏室温度升到十五度，食物坏了，希望今天上门维修。",
    "推送代码被拒绝，提示无权限，今天无法发布，希望恢复权限。",
    "物流三天没有更新，客户很着急，请尽快联系仓库。",
    "师傅没有按约定时间上门，打电话也不接，我要投诉！",
    "系统不好用",
    "请问保修期多久？",
    "建议增加夜间模式。",
    "The washing machine leaks and stops; please send somebody tomorrow morning.",
    "Since 9 o'clock nobody can log in. Orders are lost; please restore the service.",
    "How long is the warranty?",
    "the system is bad",
    "张伟",
    "O'Brien <script>alert(1)</script> & Söhne",
    "😀 {number} {nope} %s",
    "x",
)
_FILLER: Final = "，详见说明 see above "
#: Control characters, surrogates and unassigned code points are what a form refuses, or may.
_LEGIBLE: Final = st.characters(exclude_categories=("Cc", "Cs", "Cn"))
_HOURS: Final = (-2000, -25, -1, 0, 1, 25, 2000)


@frozen
class Drawn:
    """A value as somebody gives it, and what the desk takes it for (a label means its word)."""

    given: Any
    meant: Value


def values(ruleset: Ruleset, field: FormField, at: datetime) -> SearchStrategy[Drawn]:
    """Draw a value that a field admits.

    Args:
        ruleset: Its conditions say what to look for.
        field: A field of its form, other than ``contact``.
        at: About when; times lie around it.

    Returns:
        Values that are there: never None, never blank.
    """
    asked = [atom for when in conditions(ruleset) for atom in atoms(when)]
    asked = [atom for atom in asked if getattr(atom, "field", "") == field.name]
    match field.type.kind:
        case "enum" | "tree" if field.type.values:
            return _words(field)
        case "set":
            several = st.lists(_words(field), max_size=3, unique_by=lambda one: one.meant)
            return several.filter(bool).map(_several)
        case "boolean":
            return st.booleans().map(_plain)
        case "datetime":
            return _times(asked, at)
        case "integer":
            return _numbers(field, asked, whole=True).map(_plain)
        case "number" | "money":
            return _numbers(field, asked, whole=False).map(_plain)
        case _:
            return _texts(field, asked).map(_plain)


def conditions(ruleset: Ruleset) -> Iterator[Expression]:
    """Yield the conditions of stages, limits, reactions, correlations and the form."""
    for stage in ruleset.stages:
        yield from (rule.when for rule in stage.rules)
    for target in ruleset.targets.values():
        yield from (rule.when for rule in target.limits)
    yield from (reaction.when for reaction in ruleset.reactions)
    yield from (correlation.when for correlation in ruleset.correlations.values())
    for field in ruleset.form.values():
        yield from (w for w in (field.when, field.required_when, field.wanted_when) if w)


def literals(asked: Iterable[Atom]) -> list[Any]:
    """List the literals that conditions compare with."""
    found: list[Any] = []
    for atom in asked:
        if isinstance(atom, Compare):
            found.append(atom.literal)
        elif isinstance(atom, OneOf):
            found += atom.literals
        elif isinstance(atom, Test) and atom.text and atom.function != "matches":
            found.append(atom.text)
    return list(dict.fromkeys(found))


def _plain(value: Any) -> Drawn:
    return Drawn(value, value)


def _several(drawn: list[Drawn]) -> Drawn:
    return Drawn([one.given for one in drawn], tuple(str(one.meant) for one in drawn))


# -- words ------------------------------------------------------------------------------------


def _words(field: FormField) -> SearchStrategy[Drawn]:
    """Draw words, and labels in either language that stand for one."""
    said = [
        Drawn(text, word)
        for word in field.type.values
        for text in dict.fromkeys((word, *_labels(field, word)))
        if text == word or (text not in field.type.values and word_of(field, text) == word)
    ]
    return st.sampled_from(said)


def _labels(field: FormField, word: str) -> tuple[str, ...]:
    label = field.words.get(word)
    return tuple(one for one in (label.en, label.zh) if one.strip()) if label else ()


# -- texts ------------------------------------------------------------------------------------


def _texts(field: FormField, asked: list[Atom]) -> SearchStrategy[str]:
    if field.pattern:
        drawn = st.from_regex(field.pattern, fullmatch=True)
        return drawn.filter(lambda text: _admitted(field, text))
    wanted = [str(one) for one in literals(asked) if isinstance(one, str)]
    patterns = [a.text for a in asked if isinstance(a, Test) and a.function == "matches"]
    choices: list[SearchStrategy[str]] = [st.sampled_from(PROSE), st.text(_LEGIBLE, max_size=40)]
    if wanted:
        choices += [st.sampled_from(wanted), _within(st.sampled_from(wanted))]
    if patterns:
        found = st.sampled_from(patterns).flatmap(lambda one: st.from_regex(re.compile(one)))
        choices += [_within(found.map(legible))] * 2
    return st.one_of(choices).map(lambda text: _fitted(field, text)).filter(str.strip)


def _within(parts: SearchStrategy[str]) -> SearchStrategy[str]:
    """Draw texts that say something besides."""
    return st.builds("{}{}".format, parts, st.sampled_from(("", *PROSE[:2], *PROSE[-4:])))


def _fitted(field: FormField, text: str) -> str:
    while 0 < len(text.strip()) < field.min_length:
        text = text.strip() + _FILLER
    return text[: field.max_length]


def _admitted(field: FormField, text: str) -> bool:
    right = legible(text) == text and matches_whole(text.strip(), field.pattern)
    return right and max(1, field.min_length) <= len(text.strip()) <= len(text) <= field.max_length


# -- numbers and times ------------------------------------------------------------------------


def _numbers(field: FormField, asked: list[Atom], *, whole: bool) -> SearchStrategy[Any]:
    limit = INTEGER_LIMIT if field.type.kind != "money" else MONEY_LIMIT
    low = -limit if field.minimum is None else field.minimum
    high = limit if field.maximum is None else field.maximum
    step = 1 if whole else 0.01
    thresholds = [one for one in literals(asked) if isinstance(one, int | float)]
    near = [t + d for t in thresholds for d in (-step, 0, step)] + [0, 1, low, high]
    near = [int(one) if whole else round(float(one), 2) for one in near]
    fitting = sorted({one for one in near if low <= one <= high})
    if whole:
        return st.sampled_from(fitting) | st.integers(int(low), int(high))
    return st.sampled_from(fitting) | st.floats(low, high).map(lambda one: round(one, 2)).filter(
        lambda one: low <= one <= high
    )


def _times(asked: list[Atom], at: datetime) -> SearchStrategy[Drawn]:
    named = [one for one in literals(asked) if isinstance(one, datetime)]
    around = [at + timedelta(hours=hours) for hours in _HOURS]
    times = st.sampled_from([*named, *around]) | st.datetimes(
        datetime(2000, 1, 1),  # noqa: DTZ001 - the zone is given beside it
        datetime(2100, 1, 1),  # noqa: DTZ001
        timezones=st.just(UTC),
    )
    written = st.sampled_from((datetime.isoformat, lambda time: time))
    return st.builds(lambda time, write: Drawn(write(time), time.astimezone(UTC)), times, written)
