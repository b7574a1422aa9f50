"""The statistics as tables, which every kind of output writes in its own way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

from attrs import field, frozen

from ruledesk.insight.figures import Figures, share
from ruledesk.insight.percentile import Durations
from ruledesk.insight.period import PERIODS
from ruledesk.insight.statistics import DIMENSIONS, Statistics
from ruledesk.model.values import Text
from ruledesk.reports.labels import Labels
from ruledesk.reports.words import WEEKDAYS, WORDS

#: What a cell holds: a text, a whole number, a share (0.25), seconds, a mean rating, an instant,
#: ticket numbers. Cells of the kind `any` say their own, as a pair of kind and value.
Kind: TypeAlias = Literal[
    "text", "count", "share", "seconds", "rating", "instant", "numbers", "any"
]
_HOURS: Final = 24


@frozen
class Column:
    """A column of a table; `key` is its name for programs."""

    key: str
    title: Text
    kind: Kind = "text"


@frozen
class ReportTable:
    """One group of figures.

    Attributes:
        key: Its name for programs: ``summary``, a dimension, ``targets`` …
        rows: Cells by column; None where there is nothing to say. Texts may be in both languages.
    """

    key: str
    title: Text
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...] = field(factory=tuple)


def tables_of(statistics: Statistics, labels: Labels) -> tuple[ReportTable, ...]:
    """Lay out all groups of figures; those that would say nothing are left out.

    Args:
        statistics: What is laid out.
        labels: What values are called.
    """
    found = [_summary(statistics)]
    found += [
        _dimension(name, statistics, labels) for name in DIMENSIONS if _says(name, statistics)
    ]
    found += [
        _targets(statistics, labels),
        _hand_overs(statistics, labels),
        _tasks(statistics, labels),
        _scores(statistics, labels),
        _load(statistics),
        _hints(statistics),
    ]
    return tuple(table for table in found if table.rows)


def _says(dimension: str, statistics: Statistics) -> bool:
    """Say whether any ticket has a value for this at all."""
    return any(group.value for group in statistics.groups[dimension])


def _columns(*pairs: tuple[str, Kind]) -> tuple[Column, ...]:
    return tuple(Column(key.removeprefix("value."), WORDS[key], kind) for key, kind in pairs)


# -- groups of tickets --------------------------------------------------------------------------

_FIGURES: Final[Mapping[str, tuple[Kind, Callable[[Figures], Any]]]] = {
    "tickets": ("count", lambda f: f.tickets),
    "open": ("count", lambda f: f.open),
    "done": ("count", lambda f: f.done),
    "overdue": ("count", lambda f: f.overdue),
    "overdue_rate": ("share", lambda f: f.overdue_rate),
    "handling_p50": ("seconds", lambda f: _measured(f.handling, f.handling.p50)),
    "handling_p90": ("seconds", lambda f: _measured(f.handling, f.handling.p90)),
    "handling_p95": ("seconds", lambda f: _measured(f.handling, f.handling.p95)),
    "response_p50": ("seconds", lambda f: _measured(f.response, f.response.p50)),
    "response_p90": ("seconds", lambda f: _measured(f.response, f.response.p90)),
    "reopened": ("count", lambda f: f.reopened),
    "reopen_rate": ("share", lambda f: f.reopen_rate),
    "rated": ("count", lambda f: f.ratings.count),
    "rating_mean": ("rating", lambda f: f.ratings.mean),
}


def _measured(durations: Durations, value: float) -> float | None:
    return value if durations.count else None


def _dimension(name: str, statistics: Statistics, labels: Labels) -> ReportTable:
    """Lay out the groups of a dimension; a period also counts what was closed in it."""
    closed = statistics.closed_in.get(name)
    head: list[tuple[str, Kind]] = [(f"value.{name}", "text"), ("tickets", "count")]
    head.append(("share", "share") if closed is None else ("closed_in", "count"))
    rest = [key for key in _FIGURES if key != "tickets"]
    rows = []
    for group in statistics.groups[name]:
        figures = group.figures
        second = (
            share(figures.tickets, statistics.total.tickets)
            if closed is None
            else closed.get(group.value, 0)
        )
        values = (_FIGURES[key][1](figures) for key in rest)
        label = Text(group.value, group.value) if name in PERIODS else labels(name, group.value)
        rows.append((label, figures.tickets, second, *values))
    columns = _columns(*head, *((key, _FIGURES[key][0]) for key in rest))
    return ReportTable(name, WORDS[name], columns, tuple(rows))


# -- the summary --------------------------------------------------------------------------------


def _summary(statistics: Statistics) -> ReportTable:
    total = statistics.total
    rows: list[tuple[Any, ...]] = [
        _row("tickets", "count", total.tickets),
        _row("open", "count", total.open),
        _row("done", "count", total.done),
        _row("withdrawn", "count", total.withdrawn),
        _row("overdue", "count", total.overdue, _of("promised", total.promised)),
        _row("overdue_rate", "share", total.overdue_rate, _of("promised", total.promised)),
        *_repeats("complaint", statistics),
        *_repeats("contact", statistics),
        *_lost(statistics),
        *_times("handling", total.handling),
        *_times("response", total.response),
        _row("reopened", "count", total.reopened, _of("solved", total.solved)),
        _row("reopen_rate", "share", total.reopen_rate, _of("solved", total.solved)),
        _row("rated", "count", total.ratings.count),
        _row("rating_mean", "rating", total.ratings.mean),
        _row("to_improve", "count", statistics.to_improve, _of("reviewed", statistics.reviewed)),
    ]
    columns = _columns(("figure", "text"), ("amount", "any"), ("note", "text"))
    return ReportTable("summary", WORDS["summary"], columns, tuple(rows))


def _row(key: str, kind: Kind, value: Any, note: Text | None = None) -> tuple[Any, ...]:
    return (WORDS[f"sum.{key}"], (kind, value), note)


def _of(key: str, number: int) -> Text:
    text = WORDS[f"of.{key}"]
    return Text(text.en.format(n=number), text.zh.format(n=number))


def _repeats(key: str, statistics: Statistics) -> Iterable[tuple[Any, ...]]:
    repeats = statistics.complaints if key == "complaint" else statistics.contacts
    note = _of(f"{key}s", repeats.tickets)
    if repeats.unknown:
        more = _of("unknown", repeats.unknown)
        note = Text(f"{note.en}; {more.en}", f"{note.zh}；{more.zh}")
    yield _row(f"{key}s", "count", len(repeats.numbers), note)
    yield _row(f"{key}_rate", "share", repeats.rate, note)


def _lost(statistics: Statistics) -> Iterable[tuple[Any, ...]]:
    lost = statistics.hand_over
    yield _row("hand_overs", "count", lost.count)
    yield _row("hand_over_p50", "seconds", _measured(lost, lost.p50))
    yield _row("hand_over_p90", "seconds", _measured(lost, lost.p90))
    yield _row("hand_over_total", "seconds", _measured(lost, lost.total))
    yield _row("misroutes", "count", statistics.misroutes)


def _times(key: str, found: Durations) -> Iterable[tuple[Any, ...]]:
    note = _of("measured", found.count)
    if key == "handling":
        yield _row("handling_mean", "seconds", _measured(found, found.mean), note)
    yield _row(f"{key}_p50", "seconds", _measured(found, found.p50), note)
    yield _row(f"{key}_p90", "seconds", _measured(found, found.p90), note)
    yield _row(f"{key}_p95", "seconds", _measured(found, found.p95), note)


# -- the other tables ---------------------------------------------------------------------------


def _targets(statistics: Statistics, labels: Labels) -> ReportTable:
    rows = tuple(
        (labels("target", one.name), one.tickets, one.met, one.breached, one.open, one.rate)
        for one in statistics.targets
    )
    columns = _columns(
        ("target", "text"), ("tickets", "count"), ("met", "count"), ("breached", "count"),
        ("running", "count"), ("overdue_rate", "share"),
    )  # fmt: skip
    return ReportTable("targets", WORDS["targets"], columns, rows)


_LOST: Final[tuple[tuple[str, Kind], ...]] = (
    ("count", "count"), ("waiting", "count"), ("lost_p50", "seconds"), ("lost_p90", "seconds"),
    ("lost_mean", "seconds"), ("longest", "seconds"), ("lost_total", "seconds"),
)  # fmt: skip


def _waits(waiting: int, lost: Durations) -> Sequence[Any]:
    values = (lost.p50, lost.p90, lost.mean, lost.longest, lost.total)
    return (lost.count, waiting, *(_measured(lost, value) for value in values))


def _hand_overs(statistics: Statistics, labels: Labels) -> ReportTable:
    rows = tuple(
        (labels("team", one.from_team), labels("team", one.to_team), *_waits(one.waiting, one.lost))
        for one in statistics.hand_overs
    )
    columns = _columns(("from_team", "text"), ("to_team", "text"), *_LOST)
    return ReportTable("hand_overs", WORDS["hand_overs"], columns, rows)


def _tasks(statistics: Statistics, labels: Labels) -> ReportTable:
    rows = tuple(
        (labels("team", one.team), *_waits(one.waiting, one.answered)) for one in statistics.tasks
    )
    return ReportTable("tasks", WORDS["tasks"], _columns(("value.team", "text"), *_LOST), rows)


def _scores(statistics: Statistics, labels: Labels) -> ReportTable:
    rows = tuple(
        (labels("score", name), ratings.count, ratings.mean, *ratings.counts)
        for name, ratings in statistics.scores
    )
    points = (Column(str(n), Text(str(n), str(n)), "count") for n in range(1, 6))
    columns = _columns(("score", "text"), ("count", "count"), ("mean", "rating"))
    return ReportTable("scores", WORDS["scores"], (*columns, *points), rows)


def _load(statistics: Statistics) -> ReportTable:
    """Tickets made, a row a weekday and a column an hour."""
    if not statistics.load:
        return ReportTable("load", WORDS["load"], ())
    hours = (Column(f"{hour:02}", Text(f"{hour:02}", f"{hour:02}"), "count")
             for hour in range(_HOURS))  # fmt: skip
    rows = tuple(
        (name, *(statistics.load.get((day, hour), 0) for hour in range(_HOURS)))
        for day, name in enumerate(WEEKDAYS)
    )
    return ReportTable("load", WORDS["load"], (*_columns(("weekday", "text")), *hours), rows)


def _hints(statistics: Statistics) -> ReportTable:
    rows = tuple((hint.text, len(hint.tickets), hint.tickets) for hint in statistics.hints)
    columns = _columns(("hint", "text"), ("tickets", "count"), ("numbers", "numbers"))
    return ReportTable("hints", WORDS["hints"], columns, rows)
