"""Every line of the manuals is shown, and the page that says by what is up to date."""

from pathlib import Path

import pytest

from ruledesk.testing import traceability

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def register():
    return traceability.read_register(ROOT)


@pytest.fixture(scope="module")
def trace():
    return traceability.read_trace(ROOT)


def test_every_line_is_shown(register, trace):
    missing = traceability.untraced(register, trace)
    assert not missing, f"no scenario (F: no test) names {', '.join(missing)}"


def test_only_lines_that_a_manual_has_are_named(register, trace):
    wrong = traceability.unknown(register, trace)
    assert not wrong, "\n".join(f"{line}: {one.file}: {one.name}" for line, one in wrong)


def test_only_pages_go_without_a_scenario(register):
    assert register.pages == {"D2", "E4"}
    assert register.tests == {"F1", "F2", "F3", "F4", "F5"}
    counts = {"A": 13, "B": 10, "C": 14, "D": 13, "E": 9, "F": 5}
    assert list(register.lines) == [f"{m}{n}" for m in counts for n in range(1, counts[m] + 1)]


def test_the_page_is_what_the_generator_writes(register, trace):
    page = (ROOT / traceability.PAGE).read_text("utf-8")
    assert page == traceability.page(register, trace), (
        "run: python -m ruledesk.testing.traceability"
    )
