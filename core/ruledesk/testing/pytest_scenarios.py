"""A pytest plugin: every ``*.scenario.yaml`` is collected, one test a scenario and engine.

It is installed with RuleDesk and needs no configuration. As pytest loads it in every project, it
imports the desk only once there is a scenario to run.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from ruledesk.pilot.suite import Options
    from ruledesk.pilot.values import Scenario
    from ruledesk.testing.scenario_session import ScenarioSession

_SUFFIXES: Final = (".scenario.yaml", ".scenario.yml")
_ENGINES: Final = "ruledesk_engines"
_SESSION: Final = pytest.StashKey["ScenarioSession"]()
_SHIPPED: Final = "ruledesk_coverage"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options; they are those of ``ruledesk pilot run``."""
    group = parser.getgroup("ruledesk", "RuleDesk scenarios (*.scenario.yaml)")
    group.addoption(
        "--ruledesk-desk",
        metavar="DIR",
        help="The desk to run on (default: what a file names, else the nearest folder with one).",
    )
    group.addoption(
        "--ruledesk-engine",
        metavar="NAME",
        action="append",
        help="Rule engine, may be repeated (default: ruledesk_engines, else the desk's).",
    )
    group.addoption(
        "--ruledesk-coverage",
        action="store_true",
        help="Say which rules, targets and refusals no scenario shows.",
    )
    group.addoption(
        "--ruledesk-coverage-min",
        metavar="PERCENT",
        type=float,
        help="With coverage; fail where less of a ruleset is shown.",
    )
    parser.addini(_ENGINES, "Rule engines that every scenario is run with.", "args", [])


def pytest_configure(config: pytest.Config) -> None:
    """Make the markers known that scenarios carry."""
    config.addinivalue_line(
        "markers", "requirement(*ids): the lines of the manual that the test shows"
    )
    config.addinivalue_line("markers", "ruledesk_scenario: a RuleDesk scenario")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ScenarioFile | None:
    """Collect scenario files."""
    if file_path.name.endswith(_SUFFIXES):
        return ScenarioFile.from_parent(parent, path=file_path)
    return None


class ScenarioFile(pytest.File):
    """A file of scenarios."""

    def collect(self) -> Iterator[ScenarioItem]:
        """Read the file; a test for each of its scenarios and each engine."""
        from ruledesk.errors import InvalidInput  # noqa: PLC0415 - loads much
        from ruledesk.pilot.scenario import load_scenarios  # noqa: PLC0415

        try:
            scenarios = load_scenarios(self.path)
        except InvalidInput as error:
            raise self.CollectError(error.text("en")) from error
        taken: set[str] = set()
        for scenario in scenarios:
            title = " ".join(scenario.head.name.split())
            name, number = title, 1
            while name in taken:
                number += 1
                name = f"{title} #{number}"
            taken.add(name)
            for engine in _engines(self.config):
                yield ScenarioItem.from_parent(
                    self,
                    name=f"{name}[{engine}]" if engine else name,
                    scenario=scenario,
                    engine=engine,
                )


class ScenarioItem(pytest.Item):
    """A scenario, run with one engine."""

    def __init__(self, *, scenario: Scenario, engine: str, **more: Any) -> None:
        super().__init__(**more)
        self.scenario = scenario
        self.engine = engine
        requirements = scenario.head.requirements
        self.add_marker(pytest.mark.ruledesk_scenario)
        if requirements:
            self.add_marker(pytest.mark.requirement(*requirements))
        self.extra_keyword_matches.update(requirements)

    def runtest(self) -> None:
        """Play the scenario on a fresh desk in memory."""
        session = scenario_session(self.config)
        session.run(self.scenario, self._options())

    def _options(self) -> Options:
        from ruledesk.pilot.suite import Options, memory_desk  # noqa: PLC0415 - loads much

        desk = self.config.getoption("--ruledesk-desk")
        folder = None if desk is None else self.config.invocation_params.dir / desk
        return Options(memory_desk(self.engine), desk=folder)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Tell what failed as ``ruledesk pilot run`` does."""
        from ruledesk.errors import RuleDeskError  # noqa: PLC0415 - loads much
        from ruledesk.testing.scenario_session import ScenarioFailed  # noqa: PLC0415

        if isinstance(excinfo.value, ScenarioFailed):
            return str(excinfo.value)
        if isinstance(excinfo.value, RuleDeskError):
            return f"{self.path}: {self.scenario.head.name}:\n{excinfo.value.text('en')}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Say where the scenario stands."""
        return self.path, max(self.scenario.head.source_line - 1, 0), self.name


def _engines(config: pytest.Config) -> list[str]:
    asked: list[str] = config.getoption("--ruledesk-engine") or config.getini(_ENGINES) or [""]
    return list(dict.fromkeys(asked))


def scenario_session(config: pytest.Config) -> ScenarioSession:
    """Return what the scenarios of a test run share; made when the first one is run."""
    from ruledesk.testing.scenario_session import ScenarioSession  # noqa: PLC0415 - loads much

    if _SESSION not in config.stash:
        config.stash[_SESSION] = ScenarioSession(measures=_measures(config))
    return config.stash[_SESSION]


def _measures(config: pytest.Config) -> bool:
    least = config.getoption("--ruledesk-coverage-min")
    return bool(config.getoption("--ruledesk-coverage")) or least is not None


# -- coverage ---------------------------------------------------------------------------------


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:  # noqa: ARG001 - the hook's
    """Add what a worker of pytest-xdist has counted."""
    counted = getattr(node, "workeroutput", {}).get(_SHIPPED)
    if counted:
        scenario_session(node.config).merge(counted)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the count to the controller of pytest-xdist, or fail where too little is shown."""
    config = session.config
    if not _measures(config) or _SESSION not in config.stash:
        return
    shared = config.stash[_SESSION]
    output = getattr(config, "workeroutput", None)
    if output is not None:
        output[_SHIPPED] = shared.counted()
    elif session.exitstatus == pytest.ExitCode.OK and shared.too_little(_least(config)):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Tell which parts of the rulesets no scenario has shown."""
    if not _measures(config) or _SESSION not in config.stash:
        return
    shared = config.stash[_SESSION]
    terminalreporter.section("RuleDesk coverage")
    for line in shared.lines():
        terminalreporter.write_line(line)
    for one in shared.too_little(_least(config)):
        terminalreporter.write_line(
            f"{one.ruleset}: {one.percent:.1f} % is less than {_least(config):g} %", red=True
        )


def _least(config: pytest.Config) -> float:
    return float(config.getoption("--ruledesk-coverage-min") or 0)
