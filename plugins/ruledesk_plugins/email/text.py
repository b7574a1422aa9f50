"""Text out of bytes whose charset may be declared, wrong or unknown."""

from __future__ import annotations

import codecs
import re
from typing import Final

from attrs import frozen

#: Names of text codecs. Python knows others (``punycode``, ``unicode_escape``) that are no charsets
#: of mails, and slow or noisy on hostile input.
_CHARSET: Final = re.compile(
    r"(?:us-?ascii|ascii|utf|unicode-1-1-utf|iso|latin|cp|ibm|windows|koi8|mac|gb|hz|big5|euc|ks_c"
    r"|shift|sjis|ms_?kanji|johab|tis|viscii|kz|ptcp)[\w.:-]{0,40}",
    re.ASCII,
)
_KNOWN: Final = re.compile(
    r"ascii|utf|iso|latin|cp\d|koi8|mac-|gb|hz|big5|euc|shift|johab|tis|kz|ptcp"
)
#: Charsets that mailers declare while they use a wider one.
_WIDER: Final = {
    "ascii": "utf-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso8859-1": "cp1252",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufeff]")
_SPACES: Final = re.compile(r"\s+")


@frozen
class Decoded:
    """Text, and why it may be wrong (empty where it is not)."""

    text: str
    problem: str = ""


def decode(content: bytes, declared: str = "", *, cut: bool = False) -> Decoded:
    """Decode bytes of a mail; never fails.

    The declared charset is tried (GB 2312 as GB 18030 and so on), then UTF-8, then GB 18030, then
    UTF-8 with replacement characters.

    Args:
        content: The bytes.
        declared: The charset as the mail names it; empty for none.
        cut: Whether the bytes may end in the middle of a character.

    Returns:
        The text as decoded, not cleaned, and a problem if the declared charset was not it.
    """
    codec = _codec(declared)
    problem = (
        "" if codec or not declared else f"unknown charset {ascii(declared)[1:40]} / 未知字符集"
    )
    for attempt in dict.fromkeys(
        filter(None, (_WIDER.get(codec, codec), codec, "utf-8", "gb18030"))
    ):
        text = _try(content, attempt, cut=cut)
        if text is not None:
            guessed = attempt == "gb18030" and codec not in ("gb2312", "gbk", "gb18030")
            if not problem and (guessed or (declared and attempt == "utf-8" != codec != "ascii")):
                problem = (
                    f"the text is not {codec or 'UTF-8'}, read as {attempt} / 字符集与声明不符"
                )
            return Decoded(text, problem)
    problem = problem or f"the text is not {codec or 'UTF-8'} / 字符集错误，部分文字无法识别"
    return Decoded(content.decode("utf-8", "replace"), problem)


def _codec(declared: str) -> str:
    """Find Python's name for a declared charset; empty for names that are no charset."""
    name = declared.strip().strip("\"'").lower().removeprefix("x-")
    if not _CHARSET.fullmatch(name):
        return ""
    name = name.removeprefix("unicode-1-1-").replace("ks_c_5601-1987", "euc_kr")
    try:
        codec = codecs.lookup(name).name
    except LookupError:
        return ""
    return codec if _KNOWN.match(codec) else ""


def _try(content: bytes, codec: str, *, cut: bool) -> str | None:
    try:
        return codecs.getincrementaldecoder(codec)("strict").decode(content, final=not cut)
    except UnicodeError:
        return None


def clean(text: str) -> str:
    """Make text safe to keep: plain line feeds, no control characters, no half characters.

    Args:
        text: Any text.

    Returns:
        The text, which UTF-8 can encode. Lone surrogates become U+FFFD, other control characters
        (NUL too) and byte order marks go.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub(_replacement, text)


def _replacement(found: re.Match[str]) -> str:
    return "\ufffd" if "\ud800" <= found[0] <= "\udfff" else ""


def one_line(text: str, longest: int) -> str:
    """Clean text and make it one line of at most `longest` characters."""
    return _SPACES.sub(" ", clean(text[: 4 * longest])).strip()[:longest].rstrip()
