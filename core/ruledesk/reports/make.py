"""Makes a report from a source."""

from __future__ import annotations

from collections.abc import Collection

from ruledesk.insight.repeats import COMPLAINTS
from ruledesk.insight.statistics import StatisticsAdder
from ruledesk.reports.report import Report, Source


def make_report(
    source: Source, locale: str, by: Collection[str] = (), complaints: Collection[str] = ()
) -> Report:
    """Add up the figures.

    Args:
        source: Where the tickets come from.
        locale: The language.
        by: The tables wanted; empty for all.
        complaints: The types that are complaints; empty for the usual ones.

    Raises:
        RuleDeskError: The source cannot be read to its end.
    """
    types = None if source.every_type and not complaints else tuple(complaints) or COMPLAINTS
    adder = StatisticsAdder(source.zone, types)
    for case in source.cases():
        adder.add(case)
    for case in source.earlier():
        adder.add_earlier(case)
    read = source.intake.latest if source.intake is not None else None
    statistics = adder.statistics(source.as_of or read, source.labels)
    return Report(statistics, source, locale, tuple(by))
