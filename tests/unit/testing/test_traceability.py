"""Traceability finds what names a line, and says what nothing shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from ruledesk.testing import traceability

REGISTER = """
pages = ["P1"]
tests = ["F1"]
[manuals]
A = "shop: the shop"
F = "every desk"
P = "pages"
[lines]
A1 = "One"
A2 = "Two"
A10 = "Ten"
P1 = "A page"
F1 = "Time"
"""
RULESET = """
[ruleset]
name = "shop"
version = "1.0.0"
[number]
manual = "A10"
[stages.route]
manual = "A1"
sets = ["team"]
[[stages.route.rules]]
name = "to-it"
when = "True"
set = { team = "it" }
[[stages.route.tables]]
name = "by-type"
fields = ["type"]
sets = ["team"]
rows = [{ is = ["x"], set = ["it"], manual = ["A2", "F1"] }]
[targets.response]
manual = "A2"
met_by = ["accepted"]
[[targets.response.limits]]
name = "soon"
within = "1h"
"""
SCENARIO = """
scenario: Good
requirements: [A1]
start: 2026-03-12T09:00:00+08:00
steps: [{at: 0m, do: submit}]
---
scenario: Refused
requirements: [A1, A2]
start: 2026-03-12T09:00:00+08:00
steps: [{at: 0m, do: submit, refused: true}]
"""
TEST = """
import pytest
pytestmark = [pytest.mark.requirement("F1"), pytest.mark.slow]
def helper(): pass
def test_plain(): pass
@pytest.mark.requirement("A2", "A10")
class TestAll:
    def test_inside(self): pass
@pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.requirement("A1"))])
def test_cases(x): pass
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in {
        "docs/requirements.toml": REGISTER,
        "rulesets/pack/shop/ruleset.toml": RULESET,
        "rulesets/pack/shop/desk.toml": "[desk]\nname = 'x'\n",
        "rulesets/pack/shop/scenarios/a.scenario.yaml": SCENARIO,
        "tests/test_it.py": TEST,
        "docs/reference/index.md": "",
    }.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return tmp_path


def names(mentions: object) -> dict[str, list[str]]:
    return {line: [one.name for one in found] for line, found in mentions.items()}  # type: ignore[attr-defined]


def test_rules_scenarios_and_tests_are_found(root: Path) -> None:
    trace = traceability.read_trace(root)
    assert names(trace.rules) == {
        "A10": ["number"], "A1": ["to-it"], "A2": ["by-type/1", "soon"], "F1": ["by-type/1"],
    }  # fmt: skip
    assert names(trace.scenarios) == {"A1": ["Good", "Refused"], "A2": ["Refused"]}
    assert [one.refuses for one in trace.scenarios["A1"]] == [False, True]
    assert names(trace.tests) == {
        "F1": ["test_plain", "test_inside", "test_cases"],
        "A2": ["test_inside"],
        "A10": ["test_inside"],
        "A1": ["test_cases"],
    }


def test_a_line_without_a_scenario_is_told(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert traceability.main([str(root)]) == 1
    # A test does not show a line of a manual, and a page needs no scenario.
    assert capsys.readouterr().err == "A10: shown by nothing\n"


def test_the_page_is_written_and_then_up_to_date(root: Path) -> None:
    register = root / "docs" / "requirements.toml"
    register.write_text(REGISTER.replace('"P1"]', '"P1", "A10"]'), "utf-8")
    assert traceability.main([str(root), "--check"]) == 1
    assert traceability.main([str(root)]) == 0
    assert traceability.main([str(root), "--check"]) == 0
    page = (root / traceability.PAGE).read_text("utf-8")
    assert "| [A1](#a1) | One | 1 | 2 | 1 | 1 |" in page
    assert page.index("### A2") < page.index("### A10")
    link = "(../../rulesets/pack/shop/scenarios/a.scenario.yaml): Good; Refused (refusal)"
    assert link in page
    assert "- about pages: no scenario is needed" in page
    (root / "tests" / "test_it.py").unlink()
    assert traceability.main([str(root), "--check"]) == 1


def test_a_line_about_pages_with_scenarios_says_what_they_show(root: Path) -> None:
    file = root / "rulesets/pack/shop/scenarios/a.scenario.yaml"
    file.write_text(SCENARIO.replace("[A1]", "[A1, P1]"), "utf-8")
    traceability.main([str(root)])
    page = (root / traceability.PAGE).read_text("utf-8")
    section = page.partition("### P1")[2]
    assert "- about pages: scenarios show what stands on them, not the pages" in section
    assert "no scenario" not in section
    assert "Good" in section


def test_a_line_that_no_manual_has_is_told(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = root / "rulesets/pack/shop/scenarios/a.scenario.yaml"
    file.write_text(SCENARIO.replace("[A1]", "[A1, A10, Z9]"), "utf-8")
    assert traceability.main([str(root)]) == 1
    told = "Z9: no such line, in rulesets/pack/shop/scenarios/a.scenario.yaml\n"
    assert capsys.readouterr().err == told


def test_what_cannot_be_read_is_told(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "docs" / "requirements.toml").write_text(REGISTER.replace("A2 =", "a2 ="), "utf-8")
    assert traceability.main([str(root)]) == 2
    assert "lines.a2" in capsys.readouterr().err
