"""Strict reading of plain data at the edges: nothing is coerced, every problem is named (F4).

cattrs structures the mappings; its converter is told never to coerce, since ``"5"`` is no rating
and ``True`` is no number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeVar, get_origin

import attrs
from cattrs import BaseValidationError, Converter
from cattrs.errors import AttributeValidationNote, ForbiddenExtraKeysError, IterableValidationNote
from cattrs.gen import make_dict_structure_fn, override

from ruledesk.errors import ABSENT, Problem, Refused, suggestion
from ruledesk.model.action import BY_NAME
from ruledesk.model.ticket import Attachment, Call, Requester
from ruledesk.model.values import Value

T = TypeVar("T")

#: What the outside calls an attribute, where it has another name inside.
RENAMED: Final[Mapping[str, str]] = {"kind_of": "kind"}
#: Attributes that only the desk itself fills in.
INTERNAL: Final = frozenset({"source", "raw", "rule", "owner", "overrides", "fills"})
#: What plain data cannot give: those, and files, which come beside it.
_OMITTED: Final = INTERNAL | {"attachments"}
_LONGEST: Final = 100_000
_ILLEGIBLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_BREAKS: Final = re.compile("[\x0b\x0c\x85]")
#: Beyond these, local time or a limit could leave the calendar.
_EARLIEST_YEAR: Final = 2
_LATEST_YEAR: Final = 9000


def structured(kind: type[T], given: Mapping[str, Any]) -> T:
    """Structure plain data as an attrs class, strictly.

    Raises:
        Refused: Everything that is wrong, each with the path of the field.
    """
    if not isinstance(given, Mapping):
        raise Refused.of("wrong type", "类型错误", value=given, accepted=("mapping",))
    try:
        return _CONVERTER.structure(given, kind)
    except BaseValidationError as error:
        problems = [_with_value(problem, given) for problem in _problems(error, (), kind)]
        raise Refused(*problems) from None
    except Refused as error:
        raise Refused(*error.problems) from None


def instant(value: Any, field: str = "") -> datetime:
    """Read an instant: an aware datetime, or ISO 8601 text with an offset.

    Raises:
        Refused: It is neither.
    """
    moment = value
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
        if isinstance(moment, datetime) and moment.tzinfo is not None:
            moment = moment.astimezone(UTC)
            if _EARLIEST_YEAR <= moment.year <= _LATEST_YEAR:
                return moment
    except (ValueError, OverflowError):
        pass  # refused below, as what it is not
    raise Refused.of(
        "not a time with an offset",
        "不是带时区的时间",
        field=field,
        value=value,
        accepted=("2026-11-02T09:00:00+08:00",),
    )


def clean_text(value: Any, field: str = "", longest: int = _LONGEST) -> str:
    """Check a text: no control characters but tab and line ends, no lone surrogate, not too long.

    Stores refuse NUL; a terminal or a spreadsheet obeys others.

    Raises:
        Refused: It is no such text.
    """
    if not isinstance(value, str):
        raise Refused.of("wrong type", "类型错误", field=field, value=value, accepted=("text",))
    if _ILLEGIBLE.search(value):
        raise Refused.of(
            "text with NUL, control or broken characters",
            "文本含有空字符、控制字符或损坏字符",
            field=field,
            value=value,
            accepted=("printable text 可显示的文本",),
        )
    if len(value) > longest:
        raise Refused.of(
            f"text of {len(value)} characters is too long",
            f"文本过长（{len(value)} 字）",
            field=field,
            value=value,
            accepted=(f"≤ {longest}",),
        )
    return value


def legible(text: str) -> str:
    """Replace what `clean_text` refuses, where nobody can be told: control characters and such.

    Those that part lines and pages become line ends.
    """
    return _ILLEGIBLE.sub("\ufffd", _BREAKS.sub("\n", text))


# -- the converter ----------------------------------------------------------------------------


def _integer(value: Any, _: type) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refused.of("wrong type", "类型错误", value=value, accepted=("integer",))
    return value


def _flag(value: Any, _: type) -> bool:
    if not isinstance(value, bool):
        raise Refused.of("wrong type", "类型错误", value=value, accepted=("true", "false"))
    return value


def _texts(value: Any, _: type) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise Refused.of("wrong type", "类型错误", value=value, accepted=("list of text",))
    return tuple(clean_text(item) for item in value)


def _mapping(value: Any, _: type) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise Refused.of("wrong type", "类型错误", value=value, accepted=("mapping",))
    return {clean_text(key): item for key, item in value.items()}


def _scores(value: Any, kind: type) -> dict[str, int]:
    scores = _mapping(value, kind)
    wrong = [
        Problem("wrong type", "类型错误", key, item, ("integer",))
        for key, item in scores.items()
        if isinstance(item, bool) or not isinstance(item, int)
    ]
    if wrong:
        raise Refused(*wrong)
    return scores


def _converter() -> Converter:
    converter = Converter(forbid_extra_keys=True)
    converter.register_structure_hook(str, lambda value, _: clean_text(value))
    converter.register_structure_hook(int, _integer)
    converter.register_structure_hook(bool, _flag)
    converter.register_structure_hook(datetime, lambda value, _: instant(value))
    converter.register_structure_hook_func(lambda t: t == tuple[str, ...], _texts)
    converter.register_structure_hook_func(lambda t: t == Mapping[str, Value], _mapping)
    converter.register_structure_hook_func(lambda t: t == Mapping[str, int], _scores)
    for kind in (*BY_NAME.values(), Requester, Call):
        _register(converter, kind)
    return converter


def _register(converter: Converter, kind: type) -> None:
    overrides = {
        attribute.name: override(
            rename=RENAMED.get(attribute.name),
            omit=attribute.name in _OMITTED or _is_attachments(attribute.type),
        )
        for attribute in attrs.fields(kind)
    }
    converter.register_structure_hook(
        kind,
        make_dict_structure_fn(
            kind,
            converter,
            _cattrs_forbid_extra_keys=True,
            **overrides,  # type: ignore[arg-type]
        ),
    )


def _is_attachments(kind: Any) -> bool:
    return get_origin(kind) is tuple and Attachment in getattr(kind, "__args__", ())


def _problems(error: BaseException, path: tuple[str, ...], kind: type) -> list[Problem]:
    if isinstance(error, BaseValidationError):
        found: list[Problem] = []
        for inner in error.exceptions:
            found += _problems(inner, (*path, *_noted(inner)), kind)
        return found
    field = ".".join(path)
    if isinstance(error, Refused):
        return [
            attrs.evolve(p, field=".".join((*path, p.field)) if p.field else field)
            for p in error.problems
        ]
    if isinstance(error, ForbiddenExtraKeysError):
        known = [
            RENAMED.get(a.name, a.name) for a in attrs.fields(error.cl) if a.name not in _OMITTED
        ]
        return [
            Problem(
                "unknown field",
                "未知字段",
                ".".join((*path, str(key))),
                accepted=suggestion(str(key), known),
            )
            for key in sorted(error.extra_fields, key=str)
        ]
    if isinstance(error, KeyError):
        return [Problem("is required", "必填", ".".join((*path, str(error.args[0]))))]
    return [Problem("wrong type", "类型错误", field or kind.__name__)]


def _with_value(problem: Problem, given: Any) -> Problem:
    """Add the value that was given, where the converter does not say it."""
    if problem.value is not ABSENT:
        return problem
    value = given
    for part in problem.field.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return problem
        value = value[part]
    return attrs.evolve(problem, value=value)


def _noted(error: BaseException) -> tuple[str, ...]:
    for note in getattr(error, "__notes__", ()):
        if isinstance(note, AttributeValidationNote):
            return (RENAMED.get(note.name, note.name),)
        if isinstance(note, IterableValidationNote):
            return (str(note.index),)
    return ()


_CONVERTER: Final = _converter()
