"""Fixtures that every kind of test shares."""

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ruledesk.desk.service import Desk
from ruledesk.testing.desks import make_desk

if TYPE_CHECKING:
    from ruledesk.testing.postgres import PostgresServer


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI a skipped test is a failure: what it needs is to be installed, not missed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


SAMPLES = Path(__file__).parent / "samples"
PEOPLE: dict[str, Any] = {
    "teams": {
        "after-sales": {"head": "A100", "agents": ["A101", "A102"]},
        "customer-service": {"head": "S100", "agents": ["S101"]},
        "emergency": {"head": "A100", "agents": ["E101"]},
    },
    "agents": {
        "A100": {"name": "Wang", "contacts": {"phone": "13900000100"}},
        "A101": {"name": "Li", "capacity": 2, "skills": ["refrigerator"]},
        "A102": {"name": "Zhao", "capacity": 2},
        "S100": {"name": "Chen", "roles": ["supervisor"]},
        "S101": {"name": "Liu", "capacity": 2},
        "E101": {"name": "Sun", "capacity": 50},
    },
}


@pytest.fixture
def start() -> datetime:
    """Monday morning, working time in China."""
    return datetime.fromisoformat("2026-03-09T10:00:00+08:00")


@pytest.fixture
def full_description() -> dict[str, Any]:
    """A desk of three teams, whose only line is run by the sample ruleset."""
    return {
        "desk": {"name": "Test desk", "timezone": "Asia/Shanghai", "locale": "en"},
        "lines": {"main": {"ruleset": str(SAMPLES / "rulesets" / "full.toml")}},
        **PEOPLE,
    }


@pytest.fixture
def open_desk(full_description: dict[str, Any], tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    """Opens desks of the sample description, changed by keywords, and closes them."""
    desks: list[Desk] = []

    def opened(description: dict[str, Any] | None = None, **options: Any) -> Desk:
        options.setdefault("folder", tmp_path)
        desks.append(make_desk({**full_description, **(description or {})}, **options))
        return desks[-1]

    yield opened
    for desk in desks:
        desk.close()


@pytest.fixture
def desk(open_desk: Callable[..., Desk]) -> Desk:
    """The sample desk, in memory."""
    return open_desk()


@pytest.fixture
def desk_with(open_desk: Callable[..., Desk], tmp_path: Path) -> Callable[..., Desk]:
    """Opens the sample desk with a ruleset that overrides parts of the sample ruleset."""

    def opened(overlay: str, description: dict[str, Any] | None = None, **options: Any) -> Desk:
        path = tmp_path / "overlay.toml"
        base = SAMPLES / "rulesets" / "full.toml"
        head = f'[ruleset]\nname = "overlay"\nversion = "1.0.0"\nextends = "{base}"\n'
        path.write_text(head + overlay, encoding="utf-8")
        lines = {"lines": {"main": {"ruleset": str(path)}}}
        return open_desk({**lines, **(description or {})}, **options)

    return opened


@pytest.fixture(scope="session")
def postgres() -> "Iterator[PostgresServer]":
    """A real PostgreSQL server, for the whole session; it is an error if there is none."""
    from ruledesk.testing.postgres import PostgresServer  # noqa: PLC0415 - most sessions need none

    with PostgresServer() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: "PostgresServer") -> Iterator[str]:
    """The URL of a new, empty database on it."""
    url = postgres.database()
    yield url
    postgres.drop(url)
