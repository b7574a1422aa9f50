"""The page as a whole: tiles, charts with their tables, hints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ruledesk.insight.figures import Figures
from ruledesk.insight.statistics import Group
from ruledesk.markup import Markup, joined, tag
from ruledesk.reports.page.bars import Bar, bars, legend
from ruledesk.reports.page.columns import Period, columns
from ruledesk.reports.page.heat import heat
from ruledesk.reports.page.style import STYLE
from ruledesk.reports.page.tables import folded, table_of
from ruledesk.reports.report import Report
from ruledesk.reports.shown import duration, shown, some_of
from ruledesk.reports.tables import ReportTable
from ruledesk.reports.words import say

_BARS_SHOWN: Final = 12
_NUMBERS_SHOWN: Final = 500
#: Figures of the summary that stand on top; those that are bad where they are many.
_TILES: Final = (
    "sum.tickets", "sum.overdue_rate", "sum.complaint_rate", "sum.hand_over_p50",
    "sum.handling_p50", "sum.response_p50", "sum.reopen_rate", "sum.rating_mean",
)  # fmt: skip
_LATE: Final = ("sum.overdue_rate", "sum.complaint_rate")
#: The trend is drawn by day up to so many days, then by week, then by month.
_DAYS: Final = 31
_WEEKS: Final = 27
_WIDE: Final = ("problem", "hand_overs", "agent")


def report_page(report: Report) -> str:
    """Write a report as a page that loads nothing from elsewhere.

    Args:
        report: What is written, in its language.

    Returns:
        The document.
    """
    locale = report.locale
    title = f"{say('title', locale)} – {report.source.name}"
    body = tag(
        "main",
        _header(report),
        *_tiles(report),
        tag("div", *_sections(report), class_="cards"),
    )
    head = joined(
        Markup('<meta charset="utf-8">'),
        Markup('<meta name="viewport" content="width=device-width,initial-scale=1">'),
        tag("title", title),
        tag("style", Markup(STYLE)),
    )
    lang = "zh-CN" if locale == "zh" else "en"
    document = tag("html", tag("head", head), tag("body", body), lang=lang)
    return f"<!doctype html>\n{document}\n"


def _header(report: Report) -> Markup:
    statistics, locale = report.statistics, report.locale
    lines = []
    if statistics.first is not None and statistics.last is not None:
        span = {"a": report.time(statistics.first), "b": report.time(statistics.last)}
        as_of = {"t": report.time(statistics.as_of), "zone": statistics.timezone}
        text = f"{say('from_to', locale, **span)}, {say('as_of', locale, **as_of)}"
        lines.append(tag("p", text if locale == "en" else text.replace(", ", "，")))
    intake = report.source.intake
    if intake is not None:
        counts = {"rows": intake.rows, "used": intake.used, "skipped": intake.skipped,
                  "blank": intake.blank}  # fmt: skip
        lines.append(tag("p", say("rows", locale, **counts)))
    if not statistics.total.tickets:
        lines.append(tag("p", say("no_tickets", locale), class_="empty"))
    title = f"{say('title', locale)} · {report.source.name}"
    return tag("header", tag("h1", title), *lines)


def _tiles(report: Report) -> Iterator[Markup]:
    locale = report.locale
    summary = next((table for table in report.tables if table.key == "summary"), None)
    if summary is None or not report.statistics.total.tickets:
        return
    titles = {say(key, locale): key for key in _TILES}
    found = {}
    for figure, amount, note in summary.rows:
        key = titles.get(figure.in_(locale))
        if key is not None:
            value = shown(summary.columns[1], amount, locale)
            found[key] = tag(
                "div",
                tag("dt", figure.in_(locale)),
                tag("dd", value, class_="big"),
                tag("dd", note.in_(locale) if note else "", class_="note"),
                class_="tile late" if key in _LATE and (amount[1] or 0) > 0 else "tile",
            )
    yield tag("dl", *(found[key] for key in _TILES if key in found), class_="tiles")


def _sections(report: Report) -> Iterator[Markup]:
    locale = report.locale
    tables = {table.key: table for table in report.tables}
    if "month" in tables or "week" in tables or "day" in tables:
        yield _trend(report, tables)
    if "hints" in tables:
        yield _hints(report)
    for key, table in tables.items():
        if key in ("month", "week", "day", "hints", "summary"):
            continue
        yield _section(table, _chart(key, report), locale)
    if "summary" in tables:
        table = tables["summary"]
        yield tag("section", tag("h2", say("figures_table", locale)), table_of(table, locale),
                  class_="wide")  # fmt: skip


def _section(table: ReportTable, chart: Markup, locale: str) -> Markup:
    wide = "wide" if table.key in (*_WIDE, "load") else None
    return tag(
        "section",
        tag("h2", table.title.in_(locale)),
        chart,
        folded(table, locale) if chart else table_of(table, locale),
        class_=wide,
    )


def _chart(key: str, report: Report) -> Markup:
    if key == "load":
        return heat(report.statistics.load, say("load", report.locale), report.locale)
    if key == "targets":
        return _targets(report)
    if key == "hand_overs":
        return _hand_overs(report)
    if key == "scores":
        return _scores(report)
    groups = report.statistics.groups.get(key)
    return _groups(key, groups, report) if groups else Markup("")


# -- charts -------------------------------------------------------------------------------------


def _trend(report: Report, tables: dict[str, ReportTable]) -> Markup:
    locale, statistics = report.locale, report.statistics
    span = len(statistics.groups["day"]), len(statistics.groups["week"])
    fitting = "day" if span[0] <= _DAYS else "week" if span[1] <= _WEEKS else "month"
    kind = (
        fitting if fitting in tables else next(k for k in ("month", "week", "day") if k in tables)
    )
    words = (say("in", locale), say("done", locale), say("overdue", locale))
    # The months are drawn besides, where there are several: they are what trends are asked by.
    months = len(statistics.groups["month"]) > 1 and kind != "month" and "month" in tables
    charts = []
    for one in (kind, "month") if months else (kind,):
        title = f"{say('trend', locale)} · {say(one, locale)}"
        periods = _periods(statistics.groups[one], dict(statistics.closed_in[one]))
        charts += [tag("h2", title), columns(periods, title, words)]
    charts.insert(1, legend((("bar", words[0]), ("late", words[2]), ("wait", words[1]))))
    return tag(
        "section",
        *charts,
        *(
            tag("details", tag("summary", f"{say('as_table', locale)} · {say(k, locale)}"),
                table_of(tables[k], locale))
            for k in ("month", "week", "day") if k in tables
        ),
        class_="wide",
    )  # fmt: skip


def _periods(groups: tuple[Group, ...], closed: dict[str, int]) -> list[Period]:
    made = {group.value: group.figures for group in groups}
    found = []
    for name in sorted({*made, *closed}):
        figures = made.get(name, Figures())
        found.append(Period(name, figures.tickets, closed.get(name, 0), figures.overdue))
    return found


def _groups(key: str, groups: tuple[Group, ...], report: Report) -> Markup:
    locale, labels = report.locale, report.source.labels
    drawn = [
        Bar(
            name=labels(key, group.value).in_(locale),
            parts=(
                ("late-part", group.figures.overdue),
                ("bar", group.figures.tickets - group.figures.overdue),
            ),
            amount=_amount(group.figures, locale),
        )
        for group in groups[:_BARS_SHOWN]
    ]
    hidden = len(groups) - _BARS_SHOWN
    more = tag("p", say("more", locale, n=hidden), class_="empty") if hidden > 0 else Markup("")
    key_ = legend((("bar", say("tickets", locale)), ("late", say("overdue", locale))))
    return joined(key_, bars(drawn), more)


def _amount(figures: Figures, locale: str) -> str:
    if not figures.handling.count:
        return str(figures.tickets)
    return f"{figures.tickets} · p50 {duration(figures.handling.p50, locale)}"


def _targets(report: Report) -> Markup:
    locale, labels = report.locale, report.source.labels
    drawn = [
        Bar(
            name=labels("target", one.name).in_(locale),
            parts=tuple(
                (name, count / one.tickets)
                for name, count in (
                    ("good-part", one.met), ("late-part", one.breached), ("wait-part", one.open),
                )
            ),
            amount=f"{one.met} / {one.breached} / {one.open}",
        )
        for one in report.statistics.targets
    ]  # fmt: skip
    words = (("good", say("met", locale)), ("late", say("breached", locale)),
             ("wait", say("running", locale)))  # fmt: skip
    return joined(legend(words), bars(drawn, 1.0))


def _hand_overs(report: Report) -> Markup:
    locale, labels = report.locale, report.source.labels
    drawn = [
        Bar(
            name=" → ".join(
                labels("team", team).in_(locale) for team in (one.from_team, one.to_team)
            ),
            parts=(("late-part", one.lost.total),),
            amount=f"{one.lost.count} · {duration(one.lost.total, locale)} · "
            f"p50 {duration(one.lost.p50, locale)}",
        )
        for one in report.statistics.hand_overs[:_BARS_SHOWN]
    ]
    return joined(legend((("late", say("lost_total", locale)),)), bars(drawn))


def _scores(report: Report) -> Markup:
    locale, labels = report.locale, report.source.labels
    drawn = [
        Bar(
            name=labels("score", name).in_(locale),
            parts=(("bar", ratings.mean or 0.0),),
            amount=f"{ratings.mean or 0:.2f} ({ratings.count})",
        )
        for name, ratings in report.statistics.scores
    ]
    return bars(drawn, 5.0)


def _hints(report: Report) -> Markup:
    locale = report.locale
    entries = (
        tag(
            "li",
            hint.text.in_(locale),
            tag(
                "details",
                tag("summary", f"{say('numbers', locale)} ({len(hint.tickets)})"),
                tag("code", some_of(hint.tickets, _NUMBERS_SHOWN, locale)),
            ),
        )
        for hint in report.statistics.hints
    )  # fmt: skip
    return tag("section", tag("h2", say("hints", locale)), tag("ol", *entries, class_="hints"),
               class_="wide")  # fmt: skip
