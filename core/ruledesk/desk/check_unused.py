"""Teams of a desk that no ruleset names, so that nothing reaches them but by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ruledesk.desk.check_ruleset import named
from ruledesk.desk.config import DeskConfig
from ruledesk.desk.findings import Finding
from ruledesk.errors import Problem, RuleDeskError
from ruledesk.rules.ruleset import Ruleset


def unused_teams(
    config: DeskConfig, rulesets: Sequence[Ruleset | RuleDeskError]
) -> Iterator[Finding]:
    """Report teams that no route, reaction or action of any line names.

    Args:
        config: The desk.
        rulesets: The ruleset of each line, or what is wrong with it.

    Yields:
        A warning for each team, except those that say ``by_hand = true``; nothing where a ruleset
        could not be read, which may name them.
    """
    whole = [one for one in rulesets if isinstance(one, Ruleset)]
    if not whole or len(whole) < len(rulesets):
        return
    found = [one for ruleset in whole for one in named(ruleset)]
    used = {one.name for one in found if one.kind == "team"}
    people = {one.name for one in found if one.kind == "agent"}
    for team in config.directory.teams.values():
        by_person = people.intersection((team.head, *team.agents))
        if team.name not in used and not team.by_hand and not by_person:
            en = "no route or reaction names this team, so tickets reach it by hand only"
            zh = "没有派单规则或反应提到该团队，工单只能人工转入"
            where = f"{config.where}: teams.{team.name}"
            yield Finding("warning", Problem(en, zh, where, accepted=("by_hand = true",)))
