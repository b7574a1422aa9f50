"""What a person wrote, apart from the mail that was answered."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from attrs import frozen

_LONGEST_MARKER: Final = 300
_IGNORE: Final = re.IGNORECASE
#: Lines between dashes that mailers put before what they quote, and before what they forward.
_ORIGINAL: Final = re.compile(
    r"-{2,}\s*(?:original message|原始邮件|原邮件|原始信息|回复的原?邮件|原始郵件"
    r"|ursprüngliche nachricht)\s*-{2,}",
    _IGNORE,
)
_FORWARDED: Final = re.compile(
    r"-{2,}\s*(?:forwarded message|转发的?邮件|轉寄郵件|forwarded by\b.{0,200}?)\s*-{2,}"
    r"|begin forwarded message:",
    _IGNORE,
)
#: Sentences that say who wrote what follows, and when.
_WROTE: Final = tuple(
    re.compile(pattern, _IGNORE)
    for pattern in (
        r"(?:on|at)\b.{4,200}\bwrote\s*:",
        r"在.{4,200}(?:写道|寫道)\s*[:：]",
        r"(?:.{0,100}[于於])?\s*\d{4}\s*[年/-].{4,150}(?:写道|寫道)\s*[:：]",
        r"am\b.{4,200}\bschrieb\b.{0,100}:",
        r"le\b.{4,200}\ba écrit\s*:",
    )
)
_DATE: Final = re.compile(r"\d{4}")
_TIME: Final = re.compile(r"\d{1,2}[:：时點点]\d{2}")
_SPLIT_BEGINNINGS: Final = ("on ", "at ", "在", "am ", "le ")
#: A quoted header as Outlook and Chinese mailers write it: sender first, then two more fields.
_FROM: Final = re.compile(r"\*?(?:from|发件人|寄件人|寄件者|von)\*?\s*[:：]", _IGNORE)
_HEADER: Final = re.compile(
    r"\*?(?:from|sent|date|to|cc|subject|发件人|寄件人|寄件者|发送时间|發送時間|日期|时间|收件人|收件者"
    r"|抄送|主题|主旨|von|gesendet|an|betreff)\*?\s*[:：]",
    _IGNORE,
)
_HEADER_LINES: Final = 6
_ENOUGH_FIELDS: Final = 3
_MOST_SPLIT: Final = 3


@frozen
class Folded:
    """Text in two: what was written, and what it answers (empty where nothing was put apart)."""

    text: str
    quoted: str = ""


def fold(text: str) -> Folded:
    """Put apart what a reply quotes.

    A quotation counts only where it ends the text: after a reply marker in English, Chinese, German
    or French, a quoted header, or as a block of lines with ``>``. Answers between quoted lines, a
    forwarded mail, and a mail that consists of its quotation alone are kept whole.

    Args:
        text: A mail's text with plain line feeds.

    Returns:
        The two texts, stripped of blank lines around them.
    """
    lines = text.split("\n")
    start = _quotation(_Lines.of(lines))
    if start is None:
        return Folded(text.strip())
    written = "\n".join(lines[:start]).strip().rstrip("_").rstrip()
    quoted = "\n".join(lines[start:]).strip()
    return Folded(written, quoted) if written else Folded(text.strip())


@frozen
class _Lines:
    """Stripped lines, and where the last ones with and without a quotation mark are."""

    lines: tuple[str, ...]
    last_marked: int
    last_plain: int

    @classmethod
    def of(cls, lines: Sequence[str]) -> _Lines:
        stripped = tuple(line.strip() for line in lines)
        marked, plain = -1, -1
        for number, line in enumerate(stripped):
            if line.startswith(">"):
                marked = number
            elif line:
                plain = number
        return cls(stripped, marked, plain)

    def joined(self, number: int, count: int) -> str:
        return " ".join(self.lines[number : number + count])[:_LONGEST_MARKER]


def _quotation(text: _Lines) -> int | None:
    """Find the line where the quotation begins that ends the text."""
    for number, line in enumerate(text.lines):
        if not line:
            continue
        if line.startswith(">"):
            return number if text.last_plain < number else None
        if _FORWARDED.fullmatch(line[:_LONGEST_MARKER]):
            return None
        if (
            _ORIGINAL.fullmatch(line[:_LONGEST_MARKER])
            or _wrote(text, number)
            or _is_quoted_header(text, number)
        ):
            return number
    return None


def _wrote(text: _Lines, number: int) -> bool:
    """Whether a sentence that introduces a quotation begins here; mailers break long ones."""
    line = text.lines[number]
    most = _MOST_SPLIT if line.lower().startswith(_SPLIT_BEGINNINGS) else 1
    for count in range(1, most + 1):
        words = text.joined(number, count)
        if words.endswith((":", "：")) and any(marker.fullmatch(words) for marker in _WROTE):
            return _follows(text, number + count, words)
    return False


def _follows(text: _Lines, number: int, words: str) -> bool:
    """Whether a quotation follows: all of it marked, or none of it and the words give a time."""
    if text.last_marked >= number:
        return text.last_plain < number
    return text.last_plain >= number and bool(_DATE.search(words) and _TIME.search(words))


def _is_quoted_header(text: _Lines, number: int) -> bool:
    if not _FROM.match(text.lines[number]):
        return False
    block = text.lines[number : number + _HEADER_LINES]
    return sum(bool(_HEADER.match(line)) for line in block) >= _ENOUGH_FIELDS
