"""Ticket numbers: a format with a date, codes, and a sequence (A5, B2, D4, E7)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from string import Formatter
from typing import Final

from attrs import frozen

from ruledesk.errors import Problem

_NAMES: Final = ("seq", "date", "type_code", "department", "line")
_WIDTH: Final = re.compile(r"0?[0-9]{1,2}")


@frozen
class NumberParts:
    """What a number is made of, besides the sequence.

    Attributes:
        local: The time of submission in the desk's time zone.
    """

    local: datetime
    type_code: str = ""
    department: str = ""
    line: str = ""


def check_number_format(text: str) -> list[Problem]:
    """Say what is wrong with a number format; empty where nothing is."""
    try:
        fields = [(name, spec) for _, name, spec, _ in Formatter().parse(text) if name is not None]
    except ValueError as error:
        return [Problem(f"braces do not match ({error})", "花括号不匹配", accepted=_accepted())]
    problems = [
        Problem(f"unknown part {{{name}}}", f"未知部分 {{{name}}}", accepted=_accepted())
        for name, _ in fields
        if name not in _NAMES
    ]
    if [name for name, _ in fields].count("seq") != 1:
        problems.append(
            Problem("needs {seq} exactly once", "必须恰好包含一个 {seq}", accepted=_accepted())
        )
    elif any(spec and not _WIDTH.fullmatch(spec) for name, spec in fields if name == "seq"):
        problems.append(
            Problem("{seq} takes a minimum width", "{seq} 只接受最小宽度", accepted=("{seq:03}",))
        )
    if not problems and not _writable(text):
        problems.append(Problem("the date cannot be written", "日期格式无效", accepted=("%Y%m%d",)))
    return problems


def _writable(text: str) -> bool:
    if not text.isprintable():
        return False
    try:
        written = number(text, NumberParts(datetime(2026, 12, 31, tzinfo=UTC)), 1)
    except (ValueError, UnicodeError):
        return False
    return written.isprintable()


def _accepted() -> tuple[str, ...]:
    return tuple(f"{{{name}}}" for name in _NAMES)


def sequence_key(text: str, parts: NumberParts) -> str:
    """Name the sequence that a number takes its place in: the number with ``#`` for the place.

    Two lines whose numbers would look the same thereby share one sequence and never collide.
    """
    return _filled(text, parts, None)


def number(text: str, parts: NumberParts, sequence: int) -> str:
    """Write a number.

    Args:
        text: The checked format.
        parts: Date and codes.
        sequence: The place in the sequence, from 1; grows beyond the minimum width by itself.

    Returns:
        The number, for example ``G20231001001``.
    """
    return _filled(text, parts, sequence)


def _filled(text: str, parts: NumberParts, sequence: int | None) -> str:
    pieces: list[str] = []
    for literal, name, spec, _ in Formatter().parse(text):
        pieces.append(literal)
        if name == "seq":
            pieces.append("#" if sequence is None else format(sequence, f"{spec or '1'}d"))
        elif name == "date":
            pieces.append(parts.local.strftime(spec or "%Y%m%d"))
        elif name is not None:
            pieces.append(str(getattr(parts, name)))
    return "".join(pieces)
