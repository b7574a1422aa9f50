"""HTML of mails as plain text.

A tokenizer of our own rather than `html.parser`, whose time grows with the square of the input on
unclosed declarations and comments, which hostile mails are made of. Every step here moves forward.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Final

#: Any other ``<`` is text.
_OPENING: Final = re.compile("<[a-zA-Z/!?]")
_TAG: Final = re.compile(
    r"<(/?)([a-zA-Z][a-zA-Z0-9:-]{0,30})((?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*+)>", re.DOTALL
)
#: A tag with quotes that do not match.
_LOOSE_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]{0,30})(\s[^<>]*|)>")
_ATTRIBUTE: Final = re.compile(
    r"\b(href|src|alt)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE
)
_SPACES: Final = re.compile(r"[ \t\r\n\f\xa0]+")
_LONG_NUMBER: Final = re.compile(r"&#[xX]?[0-9a-fA-F]{8,}")
_MARKED_END: Final = {"!--": "-->", "![CDATA[": "]]>", "!": ">", "?": ">"}
#: What is inside these is not text of the mail.
_DROPPED: Final = frozenset({"script", "style", "head", "title", "template", "noscript", "object"})
_BLOCKS: Final = frozenset(
    {
        *("address", "article", "aside", "blockquote", "body", "center", "dd", "div", "dl", "dt"),
        *("fieldset", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header"),
        *("hr", "li", "main", "nav", "ol", "p", "pre", "section", "table", "tbody", "tfoot"),
        *("thead", "tr", "ul"),
    }
)
_SPACED: Final = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "pre"})
_CELLS: Final = frozenset({"td", "th"})
_LINKS: Final = ("http://", "https://", "mailto:", "tel:", "ftp://")
_MOST_QUOTES: Final = 10


def html_text(markup: str) -> str:
    """Convert HTML to text.

    Scripts, styles and comments go; line breaks, paragraphs, list items and table cells stay
    apart; a link's address follows its words; quotations (``blockquote``) begin with ``> ``.

    Args:
        markup: HTML, however broken.

    Returns:
        The text, not cleaned of control characters.
    """
    writer = _Writer()
    unclosed: set[str] = set()
    place = 0
    while found := _OPENING.search(markup, place):
        here = found.start()
        writer.words(markup[place:here])
        tag = _TAG.match(markup, here) or _LOOSE_TAG.match(markup, here)
        if tag is None:
            place = _skip(markup, here, writer)
            continue
        place = tag.end()
        name = tag[2].lower()
        if name in _DROPPED and not tag[1] and not tag[3].endswith("/"):
            place = _after_closing(markup, place, name, unclosed)
        elif tag[1]:
            writer.close(name)
        else:
            writer.open(name, tag[3])
    writer.words(markup[place:])
    return writer.text()


def _skip(markup: str, here: int, writer: _Writer) -> int:
    """Pass over a comment or declaration; anything else that begins with ``<`` is text."""
    for begin, end in _MARKED_END.items():
        if markup.startswith(begin, here + 1):
            found = markup.find(end, here + 1 + len(begin))
            if found >= 0:
                return found + len(end)
            # Nothing further on can be told from the inside of it; what is there is kept.
            writer.words(markup[here:])
            return len(markup)
    closing = markup.startswith("</", here)
    writer.words("" if closing else "<")
    return here + (2 if closing else 1)


def _after_closing(markup: str, place: int, name: str, unclosed: set[str]) -> int:
    """Find the end of an element whose content is dropped; an unclosed one ends with its tag.

    `unclosed` remembers elements that no closing tag follows, which is then true to the end.
    """
    if name not in unclosed:
        closing = re.compile(rf"</{name}[^<>]*>", re.IGNORECASE).search(markup, place)
        if closing:
            return closing.end()
        unclosed.add(name)
    return place


class _Writer:
    """Collects lines of text."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._quotes = 0
        self._preformatted = 0
        self._links: list[tuple[str, list[str]]] = []

    def words(self, markup: str) -> None:
        if not markup:
            return
        text = unescape(_LONG_NUMBER.sub("\ufffd", markup)) if "&" in markup else markup
        if self._preformatted:
            first, *others = text.replace("\r\n", "\n").split("\n")
            self._add(first)
            for line in others:
                self._break()
                self._add(line)
        else:
            self._add(_SPACES.sub(" ", text))

    def open(self, name: str, attributes: str) -> None:
        if name == "br":
            self._break()
        elif name in _BLOCKS:
            self._block(name)
            self._nest(name, 1)
        elif name in _CELLS:
            self._add(" " if self._line else "")
        elif name == "a":
            self._links.append((_attribute(attributes, "href"), []))
        elif name == "img":
            self._add(f"[{alt}]" if (alt := _attribute(attributes, "alt").strip()) else "")
        if name == "li":
            self._add("- ")
        elif name == "hr":
            self._add("-----")
            self._break()

    def close(self, name: str) -> None:
        if name in _BLOCKS:
            self._block(name)
            self._nest(name, -1)
        elif name == "a" and self._links:
            href, words = self._links.pop()
            if href.lower().startswith(_LINKS) and not _says("".join(words), href):
                self._add(f" ({href})")

    def text(self) -> str:
        self._break()
        return "\n".join(self._lines)

    def _nest(self, name: str, step: int) -> None:
        if name == "blockquote":
            self._quotes = max(0, self._quotes + step)
        elif name == "pre":
            self._preformatted = max(0, self._preformatted + step)

    def _add(self, text: str) -> None:
        self._line.append(text)
        if self._links:
            self._links[-1][1].append(text)

    def _block(self, name: str) -> None:
        if "".join(self._line).strip():
            self._break()
        self._line.clear()
        # One blank line keeps paragraphs apart; a quoted one must not end the quotation.
        if name in _SPACED and self._lines and self._lines[-1].strip("> "):
            self._break()

    def _break(self) -> None:
        line = "".join(self._line)
        self._line.clear()
        line = line.rstrip() if self._preformatted else line.strip()
        self._lines.append("> " * min(self._quotes, _MOST_QUOTES) + line)


def _attribute(attributes: str, name: str) -> str:
    for found in _ATTRIBUTE.finditer(attributes):
        if found[1].lower() == name:
            return _SPACES.sub(
                " ", unescape(_LONG_NUMBER.sub("", found[2] or found[3] or found[4] or ""))
            )
    return ""


def _says(words: str, href: str) -> bool:
    """Whether a link's words already are its address."""
    bare = href.partition(":")[2].strip("/").casefold()
    return bool(bare) and bare in words.casefold()
