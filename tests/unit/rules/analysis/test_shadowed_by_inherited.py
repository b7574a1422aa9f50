"""A rule behind inherited ones that take everything: the finding says how to put it in front."""

from pathlib import Path

import pytest

from ruledesk.rules.analysis import analyse
from ruledesk.rules.load import load_ruleset
from ruledesk_rulesets import ruledesk_rulesets

ADDED = """
[ruleset]
name = "mine"
version = "1.0.0"
extends = "support-center"
[[stages.route.rules]]
name = "route-printers"
{before}
when = 'type == "it-support" and module == "printer"'
set = {{ team = "field-service" }}
"""


@pytest.mark.requirement("F4")
def test_the_cure_is_named_and_helps(tmp_path: Path) -> None:
    def findings(before: str) -> list[tuple[str, str]]:
        file = tmp_path / "mine.toml"
        file.write_text(ADDED.format(before=before), encoding="utf-8")
        ruleset = load_ruleset(file, find=lambda name: ruledesk_rulesets()[name])
        return [(one.code, one.en) for one in analyse(ruleset)]

    ((code, en),) = findings("")
    assert code == "shadowed"
    cure = 'before = "route-it"'
    assert f"{cure} puts it in front" in en
    assert findings(cure) == []
