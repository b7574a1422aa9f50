"""One event of a telephone system, as it was posted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeAlias, cast
from urllib.parse import parse_qsl

from attrs import frozen

from ruledesk import RawInput, Refused

Kind: TypeAlias = Literal["newCall", "answer", "hangup"]

LARGEST: Final = 64 * 1024
_KINDS: Final[Mapping[str, Kind]] = {"newcall": "newCall", "answer": "answer", "hangup": "hangup"}
_MOST_FIELDS: Final = 100
_LONGEST: Final = 200
#: Deep enough for any telephone system, and shallow enough for the JSON parser's stack.
_MOST_BRACKETS: Final = 200
_CALL: Final = ("callid",)
_AGENT: Final = ("agent", "user", "answeringnumber")
_TIME: Final = ("at", "timestamp")
#: What telephone systems say for a number that was withheld.
_WITHHELD: Final = frozenset(
    {"anonymous", "unknown", "private", "restricted", "unavailable", "withheld", "null", "none"}
)
#: Seconds since 1970 above this are milliseconds.
_MILLISECONDS: Final = 1e11


@frozen
class CallEvent:
    """What happened to a call.

    Attributes:
        kind: The event.
        call: The telephone system's name for the call.
        caller: The caller's number as given; empty where withheld.
        outgoing: Whether somebody of the desk calls.
        agent: Who answered, on an answer.
        cause: Why it ended, in lower case, on a hangup.
        at: When it happened; None where the input does not say.
        unreadable_time: A time that was given and could not be read.
    """

    kind: Kind
    call: str
    caller: str = ""
    outgoing: bool = False
    agent: str = ""
    cause: str = ""
    at: datetime | None = None
    unreadable_time: str = ""


def read_event(raw: RawInput) -> CallEvent:
    """Read an event.

    Args:
        raw: A form post or a JSON object. Names are compared without case, ``_`` and ``-``.

    Returns:
        The event.

    Raises:
        Refused: It cannot be read, names no known event, or no call.
    """
    values = _values(raw)
    kind = _KINDS.get(_folded(_text(values, ("event",))))
    if kind is None:
        raise Refused.of(
            "unknown event",
            "未知的事件",
            field="event",
            value=_text(values, ("event",)),
            accepted=_KINDS.values(),
        )
    call = _text(values, _CALL)
    if not call:
        raise Refused.of("the call has no id", "缺少通话编号", field="callId", accepted=("text",))
    caller = _text(values, ("from",))
    at, unreadable = _time(values)
    return CallEvent(
        kind=kind,
        call=call,
        caller="" if caller.casefold() in _WITHHELD else caller,
        outgoing=_text(values, ("direction",)).casefold().startswith("out"),
        agent=_text(values, _AGENT) if kind == "answer" else "",
        cause=_folded(_text(values, ("cause",))),
        at=at,
        unreadable_time=unreadable,
    )


def _values(raw: RawInput) -> Mapping[str, Any]:
    if len(raw.content) > LARGEST:
        raise Refused.of(
            f"the event is larger than {LARGEST} bytes",
            f"事件超过 {LARGEST} 字节",
            value=len(raw.content),
        )
    try:
        text = raw.content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused.of(
            f"not UTF-8 (byte {error.start + 1})", f"不是 UTF-8（第 {error.start + 1} 字节）"
        ) from None
    # Telephone systems are careless with the content type; an object begins with a brace.
    is_json = "json" in raw.content_type.lower() or text.lstrip().startswith("{")
    pairs = _json(text) if is_json else _form(text)
    values: dict[str, Any] = {}
    for name, value in pairs:
        values.setdefault(_folded(name.removesuffix("[]")), value)
    return values


def _json(text: str) -> list[tuple[str, Any]]:
    try:
        if text.count("[") + text.count("{") > _MOST_BRACKETS:
            raise ValueError("nested too deeply")  # noqa: TRY301
        value = json.loads(text)
    except ValueError as error:
        raise Refused.of(f"not JSON: {error}", f"不是有效的 JSON：{error}") from None
    if not isinstance(value, dict):
        raise Refused.of(
            "not a JSON object", "不是 JSON 对象", value=value, accepted=('{"event": …}',)
        )
    return list(value.items())


def _form(text: str) -> list[tuple[str, Any]]:
    try:
        return list(parse_qsl(text.strip(), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError as error:
        raise Refused.of(f"not a form: {error}", f"不是有效的表单：{error}") from None


def _folded(name: str) -> str:
    return name.casefold().replace("_", "").replace("-", "")


def _text(values: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """Read the first name that has a text; a number is text, a list counts by its first item."""
    for name in names:
        value = values.get(name)
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            return _checked(str(value).strip(), name)
    return ""


def _checked(text: str, name: str) -> str:
    if len(text) > _LONGEST or not text.isprintable():
        raise Refused.of(
            "not a short printable text",
            "不是简短的可打印文本",
            field=name,
            value=text,
            accepted=(f"up to {_LONGEST} characters",),
        )
    return text


def _time(values: Mapping[str, Any]) -> tuple[datetime | None, str]:
    for name in _TIME:
        value = values.get(name)
        if value not in (None, ""):
            at = _instant(value)
            return at, "" if at else ascii(value)[:_LONGEST]
    return None, ""


def _instant(value: Any) -> datetime | None:
    try:
        return _from_number(float(value))
    except (TypeError, ValueError, OverflowError, OSError):
        pass
    try:
        at = datetime.fromisoformat(cast("str", value))
        # A time without an offset could be anything; the desk's clock is the better guess.
        return at.astimezone(UTC) if at.tzinfo else None
    except (TypeError, ValueError, OverflowError):
        return None


def _from_number(seconds: float) -> datetime:
    if seconds > _MILLISECONDS:
        seconds /= 1000
    return datetime.fromtimestamp(seconds, UTC)
