"""Cases and events with which figures are calculated by hand."""

from datetime import UTC, datetime, timedelta

import pytest

from ruledesk.insight.case import Case
from ruledesk.model.event import Event

#: A Monday, 08:00 in Shanghai.
START = datetime(2026, 11, 2, tzinfo=UTC)


@pytest.fixture
def at():
    """Instants by hours (and days) after the start."""
    return lambda hours=0.0, days=0.0: START + timedelta(hours=hours, days=days)


@pytest.fixture
def case(at):
    def made(number, hours=0.0, **values):
        return Case(number, at(hours), **values)

    return made


@pytest.fixture
def history(at):
    """Events of one ticket: ``history((hours, actor, body), …)``."""

    def made(*happened, ticket="T1"):
        return [
            Event(ticket, version, at(hours), actor, body)
            for version, (hours, actor, body) in enumerate(happened, 1)
        ]

    return made
