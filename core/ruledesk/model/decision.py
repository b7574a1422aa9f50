"""The record of an automatic decision (requirement F2)."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from ruledesk.model.values import Value


@frozen(slots=False)
class Decision:
    """Which rule of which ruleset version decided what, on which facts.

    Attributes:
        stage: What was decided: ``priority``, ``route``, ``targets.response``, ``dispatch``,
            ``on.<trigger>`` …
        ruleset: ``name@version``.
        hash: Content hash of the resolved ruleset, hex.
        hit: The hit policy: ``unique``, ``first`` or ``collect``; ``plugin`` for a dispatcher's or
            another plugin's choice.
        rule: The rule chosen; empty where the default applied; for ``collect`` all that matched,
            joined with ``+``.
        matched: Every rule that matched, in the ruleset's order.
        facts: The facts that the stage read, as projected for the rule engine.
        outcome: What was set, by field.
        events: For each correlation count read, the tickets counted.
        incident: What was wrong with the evaluation (a double match under ``unique``, a fault);
            empty where nothing was.
    """

    stage: str
    ruleset: str
    hash: str
    hit: str
    rule: str
    matched: tuple[str, ...]
    facts: Mapping[str, Value]
    outcome: Mapping[str, Value]
    events: Mapping[str, tuple[str, ...]] = field(factory=dict)
    incident: str = ""
