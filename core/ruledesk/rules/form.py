"""The form: what a submission holds, checked against the ruleset; every problem at once (F4).

A field may belong to the form only under a condition, be required, or be *wanted*: asked for
where it is absent, but not refused (A2, A4).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from attrs import frozen

from ruledesk.errors import Problem, Refused
from ruledesk.model.ticket import Requester, Ticket
from ruledesk.model.values import Value
from ruledesk.rules.expression.evaluate import holds
from ruledesk.rules.expression.types import Constant, Expression
from ruledesk.rules.expression.walk import reads
from ruledesk.rules.facts import Projection, Surroundings
from ruledesk.rules.form_reading import (
    cut,
    field_name,
    find_field,
    read_requester,
    read_values,
    requester_values,
)
from ruledesk.rules.ruleset import FormField, Ruleset
from ruledesk.rules.wording import accepted_words, in_words

#: What the form calls “a way to reach the requester”, and the ways where the ruleset names none.
CONTACT: Final = "contact"
CONTACTS: Final = ("requester.phone", "requester.email")
_NOTHING: Final[Mapping[str, Value]] = {}


@frozen
class Admitted:
    """A submission that passed the form.

    Attributes:
        requester: Who reports, as given.
        fields: Values by ticket field name, defaults filled in.
        missing: Fields of the form that are wanted and not given, and those that a lenient
            reading went without; the ruleset's own as ``custom.<name>``.
    """

    requester: Requester
    fields: Mapping[str, Value]
    missing: tuple[str, ...] = ()


def admit(
    ruleset: Ruleset,
    given: Mapping[str, Any],
    *,
    lenient: bool = False,
    textual: bool = False,
    around: Mapping[str, Value] = _NOTHING,
    besides: Sequence[Problem] = (),
) -> Admitted:
    """Check what was handed in.

    Args:
        ruleset: Its form.
        given: Plain data: ``requester`` (a mapping), ticket fields by name, the ruleset's own
            fields plainly, as ``custom.<name>`` or under ``custom``.
        lenient: Leave out what is wrong instead of refusing it.
        textual: Read numbers, times and yes/no from text.
        around: What the form's conditions may read besides: ``channel``, ``line``.
        besides: What is wrong with the rest of the submission, to be told with it.

    Returns:
        What may be recorded.

    Raises:
        Refused: Everything that is wrong; never when `lenient`.
    """
    problems: list[Problem] = []
    if lenient:
        given = {name: cut(find_field(ruleset, name), value) for name, value in given.items()}
    requester = read_requester(given.get("requester"), problems)
    given = {**requester_values(requester), **given}
    values = read_values(ruleset, given, textual, problems)
    left_out = _settle(ruleset, values, around)
    facts = {**around, **values}
    unread = [name for problem in problems if (name := field_name(ruleset, problem.field))]
    absent = {name: field for name, field in ruleset.form.items() if _is_missed(field, facts)}
    if not lenient:
        # What is wrong is not missing as well, and what depends on it is told when it is right.
        unknown = {*unread, *absent, *(problem.field for problem in problems)}
        strange = [one for name, one in left_out.items() if not _depends(ruleset, name, unknown)]
        needed = [_required(one) for one in absent.values() if not _is_told(one, unread, problems)]
        if refusals := (*problems, *strange, *needed, *besides):
            raise Refused(*refusals)
    wanted = [name for name, field in ruleset.form.items() if _is_wanted(field, facts)]
    known = {
        n.removeprefix("requester."): v for n, v in values.items() if n.startswith("requester.")
    }
    fields = {name: value for name, value in values.items() if not name.startswith("requester.")}
    missing = tuple(dict.fromkeys((*absent, *wanted, *unread)))
    return Admitted(Requester(**known), fields, missing)  # type: ignore[arg-type]


def check_fields(
    ruleset: Ruleset,
    given: Mapping[str, Any],
    *,
    textual: bool = False,
    known: Mapping[str, Value] = _NOTHING,
) -> dict[str, Value]:
    """Check some fields of the form on their own (information that is provided later).

    Args:
        ruleset: Its form.
        given: As for `admit`.
        textual: As for `admit`.
        known: What the ticket holds already (`ticket_values`), for the form's conditions.

    Returns:
        The values.

    Raises:
        Refused: Everything that is wrong.
    """
    problems: list[Problem] = []
    requester = read_requester(given.get("requester"), problems)
    values = read_values(ruleset, {**requester_values(requester), **given}, textual, problems)
    facts = {**known, **values}
    problems += [
        _out_of_place(ruleset, ruleset.form[name], value)
        for name, value in values.items()
        if _is_out(ruleset, ruleset.form[name], facts)
    ]
    if problems:
        raise Refused(*problems)
    return values


def ticket_values(ruleset: Ruleset, ticket: Ticket) -> dict[str, Value]:
    """Read what a ticket holds of the form, and what else the form's conditions may read."""
    names = (*(name for name in ruleset.form if name != CONTACT), "channel", "line")
    return Projection(names)(ticket, Surroundings())


# -- what belongs to the form, and what it lacks ----------------------------------------------


def _settle(
    ruleset: Ruleset, values: dict[str, Value], around: Mapping[str, Value]
) -> dict[str, Problem]:
    """Fill in defaults, and take out what does not belong to this form.

    First come the fields that belong to every form, then the others in the ruleset's order, so
    that a condition may read what stands above it.

    Returns:
        What is said of each field that was taken out.
    """
    problems = {}
    facts = {**around, **values}
    for field in sorted(ruleset.form.values(), key=lambda one: one.when is not None):
        if field.name in values and _is_out(ruleset, field, facts):
            problems[field.name] = _out_of_place(ruleset, field, values.pop(field.name))
            del facts[field.name]
        elif field.name not in values and _applies(field, facts) and _has_default(field):
            facts[field.name] = values[field.name] = field.default
    return problems


def _has_default(field: FormField) -> bool:
    """Say whether a default is filled in; of a requester only what is said is recorded."""
    return field.default is not None and not field.name.startswith("requester.")


def _applies(field: FormField, facts: Mapping[str, Value]) -> bool:
    return field.when is None or holds(field.when, facts)


def _is_out(ruleset: Ruleset, field: FormField, facts: Mapping[str, Value]) -> bool:
    """Say whether a field surely does not belong to this form.

    Where its condition reads what is not given and a stage will decide (a type that is read from
    the words), it may still come to belong.
    """
    if field.when is None or holds(field.when, facts):
        return False
    decided = {name for stage in ruleset.stages for name in stage.sets}
    return all(facts.get(name) is not None for name in reads([field.when]) & decided)


def _depends(ruleset: Ruleset, name: str, unknown: Collection[str]) -> bool:
    """Say whether a field's condition reads what is wrong or missing."""
    when = ruleset.form[name].when
    return when is not None and any(one in unknown for one in reads([when]))


def _is_told(field: FormField, unread: Collection[str], problems: Sequence[Problem]) -> bool:
    """Say whether a missing field was given, and refused already."""
    if field.name != CONTACT:
        return field.name in unread
    wrong = {*unread, *(problem.field for problem in problems)}
    return "requester" in wrong or any(way in wrong for way in field.any_of or CONTACTS)


def _out_of_place(ruleset: Ruleset, field: FormField, value: Value) -> Problem:
    when = field.when if field.when is not None else Constant(value=True)
    return Problem(
        f"belongs to the form only where {in_words(when, ruleset.form, 'en')}",
        f"仅当{in_words(when, ruleset.form, 'zh')}时填写",
        field.name.removeprefix("custom."),
        value,
        ("nothing 不填",),
    )


def _is_given(field: FormField, facts: Mapping[str, Value]) -> bool:
    """Say whether a field is there; ``contact`` is any of the ways to reach the requester."""
    names = (field.any_of or CONTACTS) if field.name == CONTACT else (field.name,)
    return any(facts.get(name) is not None for name in names)


def _asked(always: bool, when: Expression | None, facts: Mapping[str, Value]) -> bool:
    return always or (when is not None and holds(when, facts))


def _is_wanted(field: FormField, facts: Mapping[str, Value]) -> bool:
    asked = _asked(field.wanted, field.wanted_when, facts)
    return asked and _applies(field, facts) and not _is_given(field, facts)


def _is_missed(field: FormField, facts: Mapping[str, Value]) -> bool:
    asked = _asked(field.required, field.required_when, facts)
    return asked and _applies(field, facts) and not _is_given(field, facts)


def _required(field: FormField) -> Problem:
    """Say that a required field is missing."""
    if field.name == CONTACT:
        ways = field.any_of or CONTACTS
        return Problem(
            "a way to reach the requester is required", "必须留下联系方式", CONTACT, accepted=ways
        )
    name = field.name.removeprefix("custom.")
    return Problem(
        "is required", "必填", name, accepted=accepted_words(field, "") or (field.type.kind,)
    )
