"""Forms as ``application/json``, read strictly."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import accumulate
from typing import Any, Final, NoReturn

from ruledesk import Refused
from ruledesk_plugins.web.form import ContentType, Form, decoded, safe_name

#: Levels of nesting; a ticket needs two.
DEEPEST: Final = 20
#: Integers beyond this are not exact in JSON (RFC 8259, section 6).
LARGEST_INTEGER: Final = 2**53
_LONGEST_NUMBER: Final = 40
_STRING_OR_BRACKET: Final = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[{]|[\]}]', re.DOTALL)


def read_json(content: bytes, kind: ContentType) -> Form:
    """Read a JSON object.

    Args:
        content: The JSON text.
        kind: Its content type.

    Returns:
        The form; values have the types that JSON gives them.

    Raises:
        Refused: Not JSON, not an object, a name twice, nested too deeply, or a number that JSON
            does not carry exactly; the error names the field or the position.
    """
    text = decoded(content, kind.codec, "body").removeprefix("\ufeff")
    if _depth(text) > DEEPEST:
        raise Refused.of(
            f"nested more than {DEEPEST} levels deep",
            f"嵌套超过 {DEEPEST} 层",
            field="body",
        )
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_number,
            parse_constant=_constant,
        )
    except json.JSONDecodeError as error:
        raise Refused.of(
            f"not JSON: {error.msg} (line {error.lineno}, column {error.colno})",
            f"不是有效的 JSON（第 {error.lineno} 行，第 {error.colno} 列）",
            field="body",
            value=text[error.pos : error.pos + 20],
            accepted=("a JSON object",),
        ) from None
    if not isinstance(value, dict):
        raise Refused.of(
            "not a JSON object", "不是 JSON 对象", field="body", value=value, accepted=("{…}",)
        )
    return Form(value, typed=True)


def _depth(text: str) -> int:
    # Found before parsing: the parser itself would run out of stack. Brackets in strings are
    # matched as part of the string; in text that is not JSON the count does not matter.
    steps = (
        1 if found in "[{" else -1
        for found in _STRING_OR_BRACKET.findall(text)
        if not found.startswith('"')
    )
    return max(accumulate(steps), default=0)


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for name, item in pairs:
        if name in value:
            raise Refused.of("the name comes twice", "名称重复", field=safe_name(name), value=item)
        value[name] = item
    return value


def _integer(text: str) -> int:
    if len(text) > _LONGEST_NUMBER or abs(int(text)) > LARGEST_INTEGER:
        _refuse_number(text)
    return int(text)


def _number(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        _refuse_number(text)
    return number


def _constant(text: str) -> NoReturn:
    _refuse_number(text)


def _refuse_number(text: str) -> NoReturn:
    raise Refused.of(
        "the number is too large or no number",
        "数值过大或不是数值",
        field="body",
        value=text,
        accepted=(f"-{LARGEST_INTEGER} to {LARGEST_INTEGER}",),
    )
