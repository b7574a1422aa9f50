"""Desks for every ruleset that ships, found as a desk finds them; how many examples to try."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import HealthCheck, Phase, settings

from ruledesk.cli.sample.people import staff_for
from ruledesk.desk.assembly import open_desk, plugins_of
from ruledesk.desk.config import DeskConfig
from ruledesk.desk.service import Desk
from ruledesk.model.people import Directory
from ruledesk.rules.load import load_ruleset
from ruledesk.rules.ruleset import Ruleset
from ruledesk_rulesets import ruledesk_rulesets

FOUND: Mapping[str, Path] = ruledesk_rulesets()
#: Each shipped ruleset by its name, and what ships beside it as an example of extending it.
FILES: Mapping[str, Path] = {
    **FOUND,
    **{
        f"{name}/{file.stem}": file
        for name, folder in FOUND.items()
        for file in sorted(folder.glob("examples/*.toml"))
    },
}
#: How many times as many examples as usual; see tests/README.md.
TIMES = int(os.environ.get("RULEDESK_EXAMPLES", "1"))


def register(profile: str, examples: int) -> None:
    """The same few examples each time; with ``RULEDESK_EXAMPLES`` many, and others each time."""
    settings.register_profile(
        profile,
        max_examples=examples * TIMES,
        deadline=None,
        derandomize=TIMES == 1,
        phases=(Phase.explicit, Phase.reuse, Phase.generate),  # a desk for every try to shrink one
        suppress_health_check=list(HealthCheck),
    )


register("any ticket", 20)
register("any history", 6)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for what is `shipped` once for each ruleset."""
    if "shipped" in metafunc.fixturenames:
        metafunc.parametrize("shipped", FILES, indirect=True)


@cache
def loaded(name: str) -> Ruleset:
    return load_ruleset(FILES[name], find=lambda other, _="": FOUND[other])


class Shipped:
    """A ruleset that ships, and desks whose only line, ``line``, is run by it.

    Written as its name: Hypothesis tells what a test was called with, where it fails.
    """

    def __init__(self, ruleset: Ruleset) -> None:
        self.ruleset = ruleset
        self.staff = staff_for(ruleset, "zh")

    def __repr__(self) -> str:
        return self.ruleset.id

    @contextmanager
    def open(
        self,
        change: Callable[[Directory], Directory] = lambda everybody: everybody,
        engine: str = "python",
    ) -> Iterator[Desk]:
        """Open a desk with people for all its teams, or what `change` makes of them."""
        lines = {"lines": {"line": {"ruleset": self.ruleset.name}}}
        config = DeskConfig.from_mapping(lines, folder=Path.cwd())
        config = evolve(config, directory=change(self.staff))
        desk = open_desk(
            config,
            storage="memory:",
            engine=engine,
            deliver=False,
            plugins=plugins_of(config, patience=600),  # no test waits on the wall clock
            rulesets={"line": self.ruleset},
        )
        try:
            yield desk
        finally:
            desk.close()


@pytest.fixture
def shipped(request: pytest.FixtureRequest) -> Shipped:
    return Shipped(loaded(request.param))
