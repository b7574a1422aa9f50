"""Reading what was handed in: values by the form's own names, each checked, every problem noted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve

from ruledesk.errors import Problem, Refused, suggestion
from ruledesk.model.ticket import Requester
from ruledesk.model.values import Value
from ruledesk.rules.form_values import checked_value, too_short
from ruledesk.rules.ruleset import FormField, Ruleset
from ruledesk.strict import legible, structured


def cut(field: FormField | None, value: Any) -> Any:
    """Cut a text to what the form takes; the whole of it is in the raw input, which is kept."""
    if field is None or not isinstance(value, str):
        return value
    return legible(value)[: field.max_length]


def read_requester(given: Any, problems: list[Problem]) -> Requester:
    """Read who reports.

    Args:
        given: A mapping; None for nobody.
        problems: What is wrong is added here.

    Returns:
        What can be read of it.
    """
    if given is None:
        return Requester()
    try:
        return structured(Requester, given)
    except Refused as error:
        problems += [_under("requester", problem) for problem in error.problems]
    return _readable(given)


def _readable(given: Any) -> Requester:
    """Keep what can be read of a requester; a lenient reading loses no more than it must."""
    kept: dict[str, Any] = {}
    for name, value in given.items() if isinstance(given, Mapping) else ():
        try:
            structured(Requester, {name: value})
        except Refused:
            continue
        kept[name] = value
    return structured(Requester, kept)


def _under(path: str, problem: Problem) -> Problem:
    return evolve(problem, field=path if not problem.field else f"{path}.{problem.field}")


def requester_values(requester: Requester) -> dict[str, Value]:
    """Name what is known of a requester as the form does (``requester.phone``)."""
    return {f"requester.{name}": value for name, value in requester.__dict__.items() if value}


def read_values(
    ruleset: Ruleset, given: Mapping[str, Any], textual: bool, problems: list[Problem]
) -> dict[str, Value]:
    """Read the fields of a submission; blank ones are as good as absent.

    Args:
        ruleset: Its form.
        given: Plain data by field name.
        textual: Read numbers, times and yes/no from text.
        problems: What is wrong is added here, under the names given.

    Returns:
        The values that are right (a text that is too short among them), by schema name.
    """
    values: dict[str, Value] = {}
    for key, value in _flat(given, problems).items():
        field = find_field(ruleset, key)
        if field is None or field.name == "contact":
            known = [one.removeprefix("custom.") for one in ruleset.form if one != "contact"]
            problems.append(
                Problem("unknown field", "未知字段", key, value, suggestion(key, known))
            )
        elif value is not None and not (isinstance(value, str) and not value.strip()):
            try:
                values[field.name] = checked_value(field, value, textual=textual)
            except Refused as error:
                problems += [_under(key, problem) for problem in error.problems]
            else:
                short = too_short(field, values[field.name])
                problems += [_under(key, short)] if short else []
    return values


def _flat(given: Mapping[str, Any], problems: list[Problem]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in given.items():
        if key == "custom":
            if isinstance(value, Mapping):
                flat |= {f"custom.{name}": item for name, item in value.items()}
            else:
                problems.append(Problem("wrong type", "类型错误", key, value, ("mapping",)))
        elif key not in ("requester", "call"):
            flat[str(key)] = value
    return flat


def find_field(ruleset: Ruleset, key: str) -> FormField | None:
    """Find a field by the name that a submission gives it: the ruleset's own may stand plainly."""
    return ruleset.form.get(key) or ruleset.form.get(f"custom.{key}")


def field_name(ruleset: Ruleset, key: str) -> str:
    """Return the schema name of a field; empty where the form has none of this name."""
    field = find_field(ruleset, key)
    return field.name if field else ""
