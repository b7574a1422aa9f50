"""The form: what a submission holds, checked against the ruleset; every problem at once (F4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import frozen

from ruledesk.errors import Problem, Refused, suggestion
from ruledesk.model.ticket import Requester
from ruledesk.model.values import Value
from ruledesk.rules.expression.evaluate import holds
from ruledesk.rules.expression.facts import INTEGER_LIMIT, MONEY_LIMIT
from ruledesk.rules.ruleset import FormField, Ruleset
from ruledesk.strict import clean_text, instant, legible, structured


@frozen
class Admitted:
    """A submission that passed the form.

    Attributes:
        requester: Who reports, as given.
        fields: Values by ticket field name, defaults filled in.
        missing: Fields that a lenient reading went without.
    """

    requester: Requester
    fields: Mapping[str, Value]
    missing: tuple[str, ...] = ()


def admit(
    ruleset: Ruleset, given: Mapping[str, Any], *, lenient: bool = False, textual: bool = False
) -> Admitted:
    """Check what was handed in.

    Args:
        ruleset: Its form.
        given: Plain data: ``requester`` (a mapping), ticket fields by name, the ruleset's own
            fields plainly, as ``custom.<name>`` or under ``custom``.
        lenient: Leave out what is wrong instead of refusing it.
        textual: Read numbers, times and yes/no from text.

    Returns:
        What may be recorded.

    Raises:
        Refused: Everything that is wrong; never when `lenient`.
    """
    problems: list[Problem] = []
    if lenient:
        given = {
            name: _cut(ruleset.form.get(_schema_name(ruleset, name)), value)
            for name, value in given.items()
        }
    requester = _requester(given.get("requester"), problems)
    given = {**_requester_values(requester), **given}
    values = _values(ruleset, given, textual, problems)
    for name, field in ruleset.form.items():
        if field.default is not None and name not in values and not name.startswith("requester."):
            values[name] = field.default
    wrong = {problem.field for problem in problems}
    absent = [p for p in (_absent(field, values) for field in ruleset.form.values()) if p]
    absent = [problem for problem in absent if problem.field not in wrong]
    if (problems or absent) and not lenient:
        raise Refused(*problems, *absent)
    missing = tuple(dict.fromkeys(p.field for p in (*absent, *problems)))
    known = {
        n.removeprefix("requester."): v for n, v in values.items() if n.startswith("requester.")
    }
    fields = {name: value for name, value in values.items() if not name.startswith("requester.")}
    return Admitted(Requester(**known), fields, missing)  # type: ignore[arg-type]


def _cut(field: FormField | None, value: Any) -> Any:
    """Cut a text to what the form takes; the whole of it is in the raw input, which is kept."""
    if field is None or not isinstance(value, str):
        return value
    return legible(value)[: field.max_length]


def check_fields(
    ruleset: Ruleset, given: Mapping[str, Any], *, textual: bool = False
) -> dict[str, Value]:
    """Check some fields of the form on their own (information that is provided later).

    Raises:
        Refused: Everything that is wrong.
    """
    problems: list[Problem] = []
    requester = _requester(given.get("requester"), problems)
    values = _values(ruleset, {**_requester_values(requester), **given}, textual, problems)
    if problems:
        raise Refused(*problems)
    return values


def _requester(given: Any, problems: list[Problem]) -> Requester:
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
    field = path if not problem.field else f"{path}.{problem.field}"
    return Problem(problem.en, problem.zh, field, problem.value, problem.accepted)


def _requester_values(requester: Requester) -> dict[str, Value]:
    return {f"requester.{name}": value for name, value in requester.__dict__.items() if value}


def _values(
    ruleset: Ruleset, given: Mapping[str, Any], textual: bool, problems: list[Problem]
) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for key, value in _flat(given, problems).items():
        name = _schema_name(ruleset, key)
        field = ruleset.form.get(name)
        if field is None or name == "contact":
            known = [one.removeprefix("custom.") for one in ruleset.form if one != "contact"]
            problems.append(
                Problem("unknown field", "未知字段", key, value, suggestion(key, known))
            )
        elif value is not None and not (isinstance(value, str) and not value.strip()):
            try:
                values[name] = checked_value(field, value, textual=textual)
            except Refused as error:
                problems += [_under(key, problem) for problem in error.problems]
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


def _schema_name(ruleset: Ruleset, key: str) -> str:
    return key if key in ruleset.form else f"custom.{key}"


def _absent(field: FormField, values: Mapping[str, Value]) -> Problem | None:
    """Say that a required field is missing; ``contact`` is a phone number or a mail address."""
    needed = field.required or (
        field.required_when is not None and holds(field.required_when, values)
    )
    if not needed or field.name in values:
        return None
    if field.name != "contact":
        name = field.name.removeprefix("custom.")
        return Problem("is required", "必填", name, accepted=field.type.values)
    if values.get("requester.phone") or values.get("requester.email"):
        return None
    accepted = ("requester.phone", "requester.email")
    return Problem(
        "a way to reach the requester is required", "必须留下联系方式", "contact", accepted=accepted
    )


# -- values -----------------------------------------------------------------------------------


def checked_value(field: FormField, value: Any, *, textual: bool = False) -> Value:
    """Check one value against its field.

    Args:
        field: What it may hold.
        value: Plain data.
        textual: Read it from text, as typed into a form.

    Returns:
        The value as it is recorded.

    Raises:
        Refused: What is wrong; the problems name no field.
    """
    if textual and isinstance(value, str):
        value = _from_text(field, value.strip())
    checked = _BY_KIND.get(field.type.kind, _text)(field, value)
    if isinstance(checked, int | float) and not isinstance(checked, bool):
        _check_range(field, checked)
    return checked


def _wrong(value: Any, *accepted: str) -> Refused:
    return Refused.of("wrong type", "类型错误", value=value, accepted=accepted)


def _text(field: FormField, value: Any) -> Value:
    return clean_text(value, longest=field.max_length)


def _word(field: FormField, value: Any) -> Value:
    word = clean_text(value)
    if field.type.values and word not in field.type.values:
        raise Refused.of(
            "unknown value", "未知的值", value=value, accepted=suggestion(word, field.type.values)
        )
    return word


def _integer(_: FormField, value: Any) -> Value:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > INTEGER_LIMIT:
        raise _wrong(value, "integer")
    return value


def _number(_: FormField, value: Any) -> Value:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(value, "number")
    return _within(value, INTEGER_LIMIT)


def _money(field: FormField, value: Any) -> Value:
    _number(field, value)
    return _within(value, MONEY_LIMIT)


def _within(value: float, limit: int) -> Value:
    """Refuse what rule engines would: the rules are to read what the form took."""
    if not abs(value) <= limit:  # NaN and the infinities, too
        raise _wrong(value, f"number within ±{limit}")
    return value


def _boolean(_: FormField, value: Any) -> Value:
    if not isinstance(value, bool):
        raise _wrong(value, "true", "false")
    return value


def _datetime(_: FormField, value: Any) -> Value:
    return instant(value)


def _set(field: FormField, value: Any) -> Value:
    if not isinstance(value, list | tuple):
        raise _wrong(value, "list of text")
    return tuple(str(_word(field, word)) for word in value)


_BY_KIND: Final[Mapping[str, Callable[[FormField, Any], Value]]] = {
    "text": _text,
    "enum": _word,
    "tree": _word,
    "integer": _integer,
    "number": _number,
    "money": _money,
    "boolean": _boolean,
    "datetime": _datetime,
    "set": _set,
}


def _check_range(field: FormField, value: float) -> None:
    low, high = field.minimum, field.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        bounds = [
            f">= {low:.15g}" if low is not None else "",
            f"<= {high:.15g}" if high is not None else "",
        ]
        raise Refused.of(
            "out of range", "超出范围", value=value, accepted=[one for one in bounds if one]
        )


def _from_text(field: FormField, text: str) -> Any:
    """Read a typed-in value; what cannot be read stays text and is refused by the type check."""
    try:
        match field.type.kind:
            case "integer":
                return int(text)
            case "number" | "money":
                return float(text)
            case "boolean":
                return {"true": True, "false": False, "1": True, "0": False}.get(text.lower(), text)
            case "set":
                return [word for word in text.replace("，", ",").split(",") if word]
            case _:
                return text
    except ValueError:
        return text
