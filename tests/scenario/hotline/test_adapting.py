"""The how-to page on adapting a ruleset says what works: its parts are loaded together."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ruledesk.model.ticket import Status
from ruledesk.rules.load import load_ruleset
from ruledesk.rules.ruleset import Ruleset
from ruledesk_rulesets import ruledesk_rulesets

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "adapt-a-ruleset.md"
HOTLINE = ruledesk_rulesets()["hotline"]


def blocks() -> list[str]:
    return re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def adapted(tmp_path: Path) -> Ruleset:
    """Every part of the page in one file, the line that stands above `[ruleset]` first."""
    parts = [block for block in blocks() if "file: desk.toml" not in block]
    order = next(line for part in parts for line in part.splitlines() if line.startswith("order"))
    file = tmp_path / "appliances.toml"
    file.write_text("\n".join([order, *(part.replace(order, "") for part in parts)]), "utf-8")
    return load_ruleset(file, find=lambda name: ruledesk_rulesets()[name])


@pytest.mark.requirement("D5")
def test_the_parts_of_the_page_load_together(adapted: Ruleset) -> None:
    shipped = load_ruleset(HOTLINE, find=lambda name: ruledesk_rulesets()[name])
    assert adapted.id == "appliances@1.0.0"
    assert str(adapted.targets["response"].durations["response-urgent"]) == "1h"
    assert str(adapted.targets["response"].durations["response-critical"]) == "2h"
    assert "spare-parts/order" in adapted.categories
    assert [stage.name for stage in adapted.stages][1] == "own-words"
    assert adapted.form["custom.model"].required_when is not None
    assert adapted.form["custom.model"].label == shipped.form["custom.model"].label
    assert adapted.policy.on_decline is Status.IN_PROGRESS
    names = {reaction.name for reaction in adapted.reactions}
    assert names == {r.name for r in shipped.reactions} - {"survey-by-sms"} | {"warn-head"}


@pytest.mark.requirement("F2")
def test_each_rule_remembers_its_file(adapted: Ruleset) -> None:
    route = next(stage for stage in adapted.stages if stage.name == "route")
    origins = {rule.name: Path(rule.origin).name for rule in route.rules}
    assert origins["route-after-sales"] == "ruleset.toml"
    assert origins["route-spare-parts"] == "appliances.toml"


def test_the_shipped_examples_load() -> None:
    found = sorted((HOTLINE / "examples").glob("*.toml"))
    loaded = [load_ruleset(file, find=lambda name: ruledesk_rulesets()[name]) for file in found]
    assert [ruleset.name for ruleset in loaded] == [file.stem for file in found]
    assert len(found) == 2
