"""The analysis as a whole."""

from __future__ import annotations

from typing import Final

from ruledesk.rules.analysis.conditions import condition_findings
from ruledesk.rules.analysis.cover import TooLargeError
from ruledesk.rules.analysis.finding import Finding
from ruledesk.rules.analysis.limits import limit_findings
from ruledesk.rules.analysis.omissions import omission_findings
from ruledesk.rules.analysis.order import order_findings
from ruledesk.rules.analysis.overlaps import overlap_findings
from ruledesk.rules.analysis.reactions import reaction_findings
from ruledesk.rules.analysis.slips import slip_findings
from ruledesk.rules.analysis.stages import stage_findings
from ruledesk.rules.analysis.subject import Subject
from ruledesk.rules.analysis.unused import unused_findings
from ruledesk.rules.ruleset import Ruleset

#: In this order: what never holds is no subject of what follows.
_PARTS: Final = (
    condition_findings,
    overlap_findings,
    stage_findings,
    order_findings,
    limit_findings,
    reaction_findings,
    omission_findings,
    slip_findings,
    unused_findings,
)


def _too_large(subject: Subject) -> Finding:
    return subject.of_key(
        "",
        "warning",
        "too-large",
        en="not everything could be analysed: the conditions are too many, or too long",
        zh="规则集的条件过多或过长，未能全部分析",
    )


def analyse(ruleset: Ruleset) -> tuple[Finding, ...]:
    """Find what is wrong with a ruleset though every part of it is well-formed (F4).

    Pure and bounded: what would take too many steps is left out and said so.

    Args:
        ruleset: A ruleset as `ruledesk.rules.load` returns it.

    Returns:
        The findings, errors first, otherwise in the order of the ruleset's parts.
    """
    subject = Subject.of(ruleset)
    found: list[Finding] = []
    for part in _PARTS:
        try:
            found += part(subject)
        except TooLargeError:
            subject.cover.given_up = True
    if subject.cover.given_up and not any(one.code == "too-large" for one in found):
        found.append(_too_large(subject))
    unique = dict.fromkeys(found)
    return tuple(sorted(unique, key=lambda finding: finding.level != "error"))
