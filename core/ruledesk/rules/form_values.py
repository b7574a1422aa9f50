"""One value of a form against its field: type, words, range, length, pattern (F4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ruledesk.errors import Problem, Refused
from ruledesk.model.values import Value
from ruledesk.rules.expression.facts import INTEGER_LIMIT, MONEY_LIMIT
from ruledesk.rules.expression.patterns import matches_whole
from ruledesk.rules.ruleset import FormField
from ruledesk.rules.wording import accepted_words, word_of
from ruledesk.strict import clean_text, instant


def checked_value(field: FormField, value: Any, *, textual: bool = False) -> Value:
    """Check one value against its field.

    Args:
        field: What it may hold.
        value: Plain data.
        textual: Read it from text, as typed into a form.

    Returns:
        The value as it is recorded; the word where one of its labels was given.

    Raises:
        Refused: What is wrong; the problems name no field.
    """
    if textual and isinstance(value, str):
        value = _from_text(field, value.strip())
    checked = _BY_KIND.get(field.type.kind, _text)(field, value)
    if isinstance(checked, int | float) and not isinstance(checked, bool):
        _check_range(field, checked)
    return checked


def too_short(field: FormField, value: Value) -> Problem | None:
    """Say that a text is shorter than the field asks for; None where it is not.

    Apart from `checked_value`, since a lenient reading keeps a short text and asks for more.
    """
    if not isinstance(value, str) or len(value.strip()) >= field.min_length:
        return None
    count = len(value.strip())
    return Problem(
        f"text of {count} characters is too short",
        f"文本过短（{count} 字）",
        value=value,
        accepted=(f"≥ {field.min_length}",),
    )


def _wrong(value: Any, *accepted: str) -> Refused:
    return Refused.of("wrong type", "类型错误", value=value, accepted=accepted)


def _text(field: FormField, value: Any) -> Value:
    text = clean_text(value, longest=field.max_length)
    if field.pattern and not matches_whole(text.strip(), field.pattern):
        hint = " ".join(dict.fromkeys((field.pattern_hint.en, field.pattern_hint.zh))).strip()
        raise Refused.of(
            "not of the form that is asked for",
            "格式不符合要求",
            value=value,
            accepted=(hint or field.pattern,),
        )
    return text


def _word(field: FormField, value: Any) -> Value:
    text = clean_text(value, longest=field.max_length)
    word = word_of(field, text)
    if word is None:
        raise Refused.of(
            "unknown value", "未知的值", value=value, accepted=accepted_words(field, text)
        )
    return word


def _integer(_: FormField, value: Any) -> Value:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > INTEGER_LIMIT:
        raise _wrong(value, "integer")
    return value


def _number(_: FormField, value: Any) -> Value:
    return _within(value, INTEGER_LIMIT)


def _money(_: FormField, value: Any) -> Value:
    return _within(value, MONEY_LIMIT)


def _within(value: Any, limit: int) -> float:
    """Refuse what rule engines would: the rules are to read what the form took."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(value, "number")
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
