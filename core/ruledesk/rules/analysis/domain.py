"""What is known of each field: its words, its range, whether it can be missing, and when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import evolve, frozen

from ruledesk.model.ticket import Status
from ruledesk.model.values import Value
from ruledesk.rules.expression.facts import domain
from ruledesk.rules.expression.types import FieldKind
from ruledesk.rules.ruleset import FormField, Ruleset

ORDERED: Final[frozenset[FieldKind]] = frozenset({"integer", "number", "money", "datetime"})
#: Facts that every ticket has.
_CERTAIN: Final = frozenset(
    {
        "number",
        "line",
        "channel",
        "status",
        "flags",
        "open",
        "reopens",
        "open_tasks",
        "overdue_tasks",
        "missing_fields",
        "lacks",
        "reviews",
        "has_plan",
        "created_at",
        "channel_open",
        "event.by",
    }
)
#: What a rule reads of a ticket that was just handed in, besides what the form holds.
JUST_SUBMITTED: Final[Mapping[str, Value]] = {
    "status": Status.NEW.value,
    "open": True,
    "reopens": 0,
    "open_tasks": 0,
    "overdue_tasks": 0,
    "reviews": 0,
    "has_plan": False,
}
#: What is missing of a ticket that was just handed in.
_LATER: Final = frozenset(
    {
        "solution",
        "steps",
        "cautions",
        "article",
        "rating",
        "closed_at",
        "plan.approval",
        "plan.eta",
        "event.target",
    }
)
_AT_LEAST: Final[Mapping[str, int]] = {
    "reopens": 0,
    "open_tasks": 0,
    "overdue_tasks": 0,
    "missing_fields": 0,
    "reviews": 0,
    "call.waiting_seconds": 0,
}
_RATING: Final = (1, 5)


@frozen
class Known:
    """What is known of a field.

    Attributes:
        kind: Its kind.
        words: The words it may hold; empty where any may stand.
        low: Least number; None for no bound.
        high: Greatest number.
        certain: It is never missing.
        given: It is never missing in a submission that is admitted in full.
        later: It is missing in a ticket that was just handed in.
        submitted: The one value of a ticket that was just handed in; None where there are more.
        form: It can be handed in.
    """

    kind: FieldKind
    words: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    certain: bool = False
    given: bool = False
    later: bool = False
    submitted: Value = None
    form: bool = False

    @property
    def ordered(self) -> bool:
        """Whether its values have an order."""
        return self.kind in ORDERED


def known_fields(ruleset: Ruleset) -> dict[str, Known]:
    """Collect what is known of every field that conditions may read.

    Args:
        ruleset: The ruleset.

    Returns:
        By field name.
    """
    found = {}
    for name, declared in ruleset.schema.fields.items():
        known = Known(declared.kind, tuple(sorted(domain(declared))))
        field = ruleset.form.get(name)
        found[name] = _of_form(known, field) if field is not None else _of_desk(known, name)
    return found


def _of_form(known: Known, field: FormField) -> Known:
    always_asked = field.when is None and not field.name.startswith("requester.")
    certain = field.default is not None and always_asked
    return evolve(
        known,
        low=field.minimum,
        high=field.maximum,
        certain=certain,
        given=certain or (field.required and field.when is None),
        form=True,
    )


def _of_desk(known: Known, name: str) -> Known:
    counted = name.startswith("counts.")
    low: int | None = 0 if counted else _AT_LEAST.get(name)
    high = None
    if name == "rating" or name.startswith("scores."):
        low, high = _RATING
    certain = counted or name in _CERTAIN
    later = name in _LATER or name.startswith(("targets.", "scores."))
    return evolve(
        known,
        low=low,
        high=high,
        certain=certain,
        given=certain,
        later=later,
        submitted=JUST_SUBMITTED.get(name),
    )
