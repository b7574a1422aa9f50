"""Whatever conditions a ruleset has, the analysis ends, and what it shows is so."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ruledesk.rules.analysis import analyse
from ruledesk.rules.expression.format import format_expression
from ruledesk.rules.form import admit
from ruledesk.rules.load import ruleset_from_document
from ruledesk.testing.expressions import expressions
from ruledesk.toml import read_toml

SAMPLE = Path(__file__).parents[2] / "samples" / "rulesets" / "full.toml"
DOCUMENT = read_toml(SAMPLE)
#: Conditions over every field that the sample's rules may read, of every kind.
conditions = expressions(ruleset_from_document(DOCUMENT).schema).map(format_expression)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """The sample with other conditions on all its rules, limits and reactions."""
    document: dict[str, Any] = deepcopy(DOCUMENT)
    hits = st.sampled_from(["unique", "first", "collect"])
    for name, stage in document["stages"].items():
        stage["hit"] = "collect" if name == "flags" else draw(hits)
        for rule in stage.get("rules", []):
            rule["when"] = draw(conditions)
    for target in document["targets"].values():
        for limit in target["limits"]:
            limit["when"] = draw(conditions)
    for reaction in document["reactions"]:
        reaction["when"] = draw(conditions)
    return document


@pytest.mark.requirement("F4")
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(document=documents())
def test_the_analysis_of_any_ruleset_ends_with_findings_that_can_be_handed_in(
    document: dict[str, Any],
) -> None:
    ruleset = ruleset_from_document(document)
    findings = analyse(ruleset)
    assert analyse(ruleset) == findings
    for finding in findings:
        assert finding.key or finding.code == "too-large"
        assert finding.en
        assert finding.zh
        if finding.witness is not None and finding.witness.fields:
            admit(ruleset, finding.witness.fields)
        if finding.code in ("overlap", "gap", "unstable", "target-order", "priority-order"):
            assert finding.witness is not None
