"""A document: sections of facts, tables, texts and questions, in one language."""

from __future__ import annotations

from typing import TypeAlias

from attrs import frozen


@frozen
class Facts:
    """Labels with their values; an empty value is a line to write on."""

    rows: tuple[tuple[str, str], ...]


@frozen
class Table:
    """A table with a head."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@frozen
class Passage:
    """A text as somebody wrote it, under a label; an empty one is room to write."""

    label: str
    text: str


@frozen
class Choice:
    """A question answered from 1 to 5; `chosen` is None while it is not."""

    question: str
    chosen: int | None
    best: int = 5


Part: TypeAlias = Facts | Table | Passage | Choice


@frozen
class Section:
    """Parts under a heading."""

    title: str
    parts: tuple[Part, ...]


@frozen
class Document:
    """A document.

    Attributes:
        title: What it is.
        subtitle: Of what: the desk and the ticket's number.
        sections: In order; those without parts are left out.
        signatures: Who signs it.
        locale: ``en`` or ``zh``.
        footer: When it was made, from what.
    """

    title: str
    subtitle: str
    sections: tuple[Section, ...]
    signatures: tuple[str, ...]
    locale: str
    footer: str
