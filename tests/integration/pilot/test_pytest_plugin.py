"""The pytest plugin: scenarios are collected, told and counted, in anybody's repository."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points

import pytest

pytest_plugins = ["pytester"]
MODULE = "ruledesk.testing.pytest_scenarios"
# Where the installed distribution names the plugin, pytest has loaded it already.
LOADED = () if any(e.value == MODULE for e in entry_points(group="pytest11")) else ("-p", MODULE)
RULESET = """
[ruleset]
name = "shop"
version = "1.0.0"
[fields.description]
required = true
[stages.route]
sets = ["team"]
[[stages.route.rules]]
name = "to-it"
manual = "A9"
when = 'contains(description, "laptop")'
set = { team = "it" }
[[stages.route.rules]]
name = "to-sales"
when = "True"
set = { team = "sales" }
"""
GOOD = """
scenario: 电脑故障 a broken laptop
requirements: [A9, F4]
line: shop
start: 2026-03-12T09:00:00+08:00
steps:
- {at: 0m, do: submit, with: {requester: {name: Z, phone: "1"}, description: laptop},
   expect: {team: it}}
"""
BAD = GOOD.replace("team: it", "team: sales").replace("a broken laptop", "wrong")


@pytest.fixture
def project(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, shop_desk: str
) -> pytest.Pytester:
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    pytester.makefile(".toml", shop=RULESET, desk=shop_desk)
    return pytester


def run(project: pytest.Pytester, *args: str) -> pytest.RunResult:
    return project.runpytest_inprocess(*LOADED, "-p", "no:cacheprovider", *args)


def write(project: pytest.Pytester, name: str, text: str) -> None:
    (project.path / f"{name}.scenario.yaml").write_text(text, "utf-8")


def test_without_configuration_each_document_is_a_test(project: pytest.Pytester) -> None:
    write(project, "two", f"{GOOD}---{BAD}---{GOOD}")
    result = run(project, "-v", "--strict-markers", "-W", "error")
    result.assert_outcomes(passed=2, failed=1)
    text = result.stdout.str()
    assert "two.scenario.yaml::电脑故障 a broken laptop PASSED" in text
    assert "two.scenario.yaml::电脑故障 a broken laptop #2 PASSED" in text


def test_a_failure_is_told_as_the_pilot_tells_it(project: pytest.Pytester) -> None:
    write(project, "bad", BAD)
    text = run(project).stdout.str()
    for part in ("✗ step 1 (0m", "line 7", "ticket: team", "expected  sales", "actual    it"):
        assert part in text
    assert "to-it" in text  # the time line says which rule decided
    assert "Traceback" not in text
    assert "def runtest" not in text


def test_a_file_that_cannot_be_used_is_an_error_with_its_line(project: pytest.Pytester) -> None:
    write(project, "broken", GOOD.replace("line: shop", "lime: shop"))
    result = run(project)
    result.assert_outcomes(errors=1)
    assert "broken.scenario.yaml:4: lime: unknown key" in result.stdout.str()


def test_a_desk_that_cannot_be_used_fails_with_its_key(project: pytest.Pytester) -> None:
    write(project, "good", GOOD.replace("line: shop", "line: shop\ndesk: ./nowhere"))
    result = run(project)
    result.assert_outcomes(failed=1)
    assert "good.scenario.yaml:5: desk: no desk here" in result.stdout.str()
    assert "Traceback" not in result.stdout.str()


@pytest.mark.parametrize("way", ["option", "ini"])
def test_both_engines(project: pytest.Pytester, way: str) -> None:
    write(project, "good", GOOD)
    args: list[str] = []
    if way == "ini":
        project.makeini("[pytest]\nruledesk_engines = durable python")
    else:
        args = ["--ruledesk-engine", "durable", "--ruledesk-engine", "python"]
    result = run(project, "-v", *args)
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["*[[]durable] PASSED*", "*[[]python] PASSED*"])


def test_the_option_goes_before_the_ini_file(project: pytest.Pytester) -> None:
    write(project, "good", GOOD)
    project.makeini("[pytest]\nruledesk_engines = durable python")
    run(project, "--ruledesk-engine", "python").assert_outcomes(passed=1)


def test_an_unknown_engine_says_which_there_are(project: pytest.Pytester) -> None:
    write(project, "good", GOOD)
    result = run(project, "--ruledesk-engine", "pyton")
    result.assert_outcomes(failed=1)
    assert "python" in result.stdout.str()


def test_another_desk(project: pytest.Pytester, shop_desk: str) -> None:
    other = project.mkdir("other")
    (other / "desk.toml").write_text(shop_desk.replace('"./shop.toml"', '"./other.toml"'), "utf-8")
    (other / "other.toml").write_text(RULESET.replace('team = "it"', 'team = "sales"'), "utf-8")
    write(project, "bad", BAD)
    run(project, "--ruledesk-desk", "other").assert_outcomes(passed=1)


def test_requirements_are_markers_and_keywords(project: pytest.Pytester) -> None:
    write(project, "good", GOOD)
    write(project, "other", GOOD.replace("requirements: [A9, F4]\n", ""))
    run(project, "-m", "requirement").assert_outcomes(passed=1, deselected=1)
    run(project, "-k", "A9").assert_outcomes(passed=1, deselected=1)
    run(project, "-m", "not ruledesk_scenario").assert_outcomes(deselected=2)


def test_coverage_names_what_nothing_shows(project: pytest.Pytester) -> None:
    write(project, "good", GOOD)
    text = run(project, "--ruledesk-coverage").stdout.str()
    assert "shop@1.0.0 · shown by scenarios: 1/3 (33.3 %)" in text
    assert "rule to-sales (route): never fired" in text
    assert "form field description: never refused as missing" in text
    assert "to-it" not in text


@pytest.mark.parametrize(("least", "status"), [("33", 0), ("34", 1)])
def test_too_little_coverage_fails_the_run(
    project: pytest.Pytester, least: str, status: int
) -> None:
    write(project, "good", GOOD)
    result = run(project, "--ruledesk-coverage-min", least)
    result.assert_outcomes(passed=1)
    assert result.ret == status
    assert ("is less than 34 %" in result.stdout.str()) == bool(status)


def test_workers_of_xdist_are_added_up(project: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    write(project, "good", GOOD)
    write(project, "sales", BAD.replace("description: laptop", "description: chair"))
    result = run(project, "-n", "2", "--ruledesk-coverage-min", "67", "-p", "xdist")
    result.assert_outcomes(passed=2)
    assert result.ret == 1
    assert "shown by scenarios: 2/3 (66.7 %)" in result.stdout.str()


def test_without_scenarios_the_desk_is_not_imported() -> None:
    code = f"import sys, {MODULE}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert MODULE in loaded
    heavy = ("ruledesk.desk", "ruledesk.pilot", "ruledesk.rules.load", "yaml", "rich")
    assert not loaded.intersection(heavy)


def test_a_project_without_scenarios_is_left_alone(project: pytest.Pytester) -> None:
    project.makepyfile("def test_it(): pass")
    result = run(project, "--ruledesk-coverage")
    result.assert_outcomes(passed=1)
    assert "RuleDesk coverage" not in result.stdout.str()
