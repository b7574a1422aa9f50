"""Documents as Markdown; nothing that people wrote becomes markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from ruledesk.documents.model import Choice, Document, Facts, Part, Passage, Table

_MARKUP: Final = re.compile(r"([\\`*_\[\]{}|~#!$])")
#: What would begin a list, a heading's underline or a rule at the start of a line.
_BEGINS: Final = re.compile(
    r"^(\s*(?:\d+(?=[.)]))?)((?<!\d)[-+=]|(?<=\d)[.)](?=\s|$))", re.MULTILINE
)
_BLANK: Final = "　"


def to_markdown(document: Document) -> str:
    """Write a document as Markdown with tables (GitHub's flavour)."""
    lines = [f"# {_line(document.title)}", "", _line(document.subtitle), ""]
    for section in document.sections:
        lines += [f"## {_line(section.title)}", ""]
        for part in section.parts:
            lines += [*_part(part), ""]
    if document.signatures:
        lines += ["　　".join(f"{_line(name)}: ____________" for name in document.signatures), ""]
    return "\n".join([*lines, f"*{_line(document.footer)}*", ""])


def _part(part: Part) -> Iterator[str]:
    if isinstance(part, Facts):
        yield from (f"- **{_line(label)}**: {_cell(value)}" for label, value in part.rows)
    elif isinstance(part, Table):
        yield _row(part.head)
        yield _row("---" for _ in part.head)
        yield from (_row(map(_cell, row)) for row in part.rows)
    elif isinstance(part, Passage):
        yield f"**{_line(part.label)}**"
        yield ""
        yield _text(part.text).replace("\n", "  \n") or _BLANK
    else:
        yield f"- {_line(part.question)}: {_boxes(part)}"


def _boxes(part: Choice) -> str:
    return " ".join(
        f"{'☑' if value == part.chosen else '☐'} {value}" for value in range(1, part.best + 1)
    )


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _line(text: str) -> str:
    return " ".join(_text(text).split())


def _cell(text: str) -> str:
    return _text(text).replace("\n", "<br>")


def _text(text: str) -> str:
    plain = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    plain = plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # A backslash makes a plain character of punctuation only: it goes behind the digits.
    return _BEGINS.sub(r"\1\\\2", _MARKUP.sub(r"\\\1", plain))
