"""A comparison for people: first how many tickets are decided differently, and how."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo
from typing import Final

from attrs import frozen
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ruledesk.errors import Locale
from ruledesk.pilot.comparison.changes import Change
from ruledesk.pilot.comparison.head import head_of, headline_of
from ruledesk.pilot.comparison.sections import Section, sections
from ruledesk.pilot.comparison.values import (
    Cell,
    Comparison,
    Differing,
    Matrix,
)
from ruledesk.pilot.comparison.words import Words
from ruledesk.pilot.plain import clean, plain, short

#: Of each field, so many changed cells are shown, and of each cell so many tickets.
_CELLS: Final = 12
_SAMPLES: Final = 2
_LONGEST_FACT: Final = 40


@frozen
class TextComparison:
    """Prints comparisons.

    Attributes:
        console: Where to.
        zone: The desk's time zone.
        locale: The language.
    """

    console: Console
    zone: tzinfo
    locale: Locale

    def print(self, answer: Comparison, *, tickets: bool = False) -> None:
        """Print a comparison.

        Args:
            answer: The comparison.
            tickets: Whether every ticket that differs is listed.
        """
        words = Words(self.locale)
        self.headline(answer)
        self._print("")
        self._print(_grid(head_of(answer, words, self.zone)))
        for caution in answer.warnings:
            self._print(_bullet("! ", caution.text.in_(self.locale), "yellow"))
        self._matrices(answer, words)
        for section in sections(answer, words):
            self._section(section)
        if tickets:
            self._tickets(answer.counts.differing, words)

    def headline(self, answer: Comparison) -> None:
        """Print how many tickets are decided differently, and how."""
        words = Words(self.locale)
        lines = list(headline_of(answer, words))
        self._print(Text(lines[0], style="bold"))
        for line in lines[1:]:
            self._print(Padding(Text(line), (0, 0, 0, 2)))

    def _matrices(self, answer: Comparison, words: Words) -> None:
        for moment in ("first", "end"):
            shown = [one for one in answer.counts.matrices if one.moment == moment and one.changed]
            if shown:
                self._title(words.word(moment))
            for matrix in shown:
                self._matrix(matrix, words)

    def _matrix(self, matrix: Matrix, words: Words) -> None:
        cells = matrix.changed
        for cell in cells[:_CELLS]:
            self._print(Padding(_cell(matrix, cell, words), (0, 0, 0, 2)))
            for sample in cell.samples[:_SAMPLES]:
                head = " ".join(dict.fromkeys(filter(None, (sample.name, sample.number))))
                text = Text(f"{clean(head)}: {_why(sample.change, words, self.zone)}", "dim")
                self._print(Padding(text, (0, 0, 0, 6)))
        if len(cells) > _CELLS:
            self._print(Padding(Text(f"… +{len(cells) - _CELLS}", "dim"), (0, 0, 0, 2)))

    def _section(self, section: Section) -> None:
        self._title(section.title)
        table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
        for number, title in enumerate(section.head):
            left = number < section.left
            table.add_column(
                Text(title), justify="left" if left else "right", overflow="fold", no_wrap=not left
            )
        for row in section.rows:
            table.add_row(*(Text(clean(cell), overflow="fold") for cell in row))
        self._print(Padding(table, (0, 0, 0, 2)))
        if section.hidden:
            self._print(Padding(Text(f"… +{section.hidden}", "dim"), (0, 0, 0, 2)))

    def _tickets(self, differing: Sequence[Differing], words: Words) -> None:
        if not differing:
            return
        self._title(words.word("differing"))
        for one in differing:
            head = " ".join(dict.fromkeys(filter(None, (one.name, *_numbers(one)))))
            text = Text(clean(head), "bold")
            text.append(f" · {words.word(f'extent.{one.extent}')}", "default")
            if one.place:
                text.append(f" · {clean(one.place)}", "dim")
            self._print(Padding(text, (0, 0, 0, 2)))
            for line in _told(one, words, self.zone):
                self._print(Padding(Text(line), (0, 0, 0, 6)))

    def _title(self, title: str) -> None:
        self._print("")
        self._print(Text(title, style="bold"))

    def _print(self, what: RenderableType) -> None:
        """Print without the spaces that a table leaves at the ends of lines."""
        with self.console.capture() as capture:
            self.console.print(what)
        for line in capture.get().splitlines():
            self.console.file.write(f"{line.rstrip()}\n")


def _grid(rows: Iterable[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for label, text in rows:
        table.add_row(Text(label), Text(text))
    return table


def _bullet(mark: str, text: str, style: str) -> Table:
    table = Table.grid()
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row(Text(mark, style), Text(clean(text), style))
    return table


# -- changes ------------------------------------------------------------------------------------


def _cell(matrix: Matrix, cell: Cell, words: Words) -> Text:
    text = Text(f"{words.field(matrix.field)}: ", "bold")
    text.append(f"{clean(words.value(cell.old))} → {clean(words.value(cell.new))}", "default")
    if cell.moved:
        text.append(f" ({words.word(cell.moved)})", "default")
    text.append(f"  {words.tickets(cell.tickets)}", "bold")
    return text


def _why(change: Change, words: Words, zone: tzinfo) -> str:
    """Say which rules decided on both sides, and on what facts."""
    old, new = (
        " + ".join(map(clean, side.rules)) or words.word("as given" if side.value else "no rule")
        for side in (change.old, change.new)
    )
    rules = old if old == new else f"{old} → {new}"
    told = ", ".join(
        f"{name} = {value}" for name, value in _facts(change, words, zone).items() if value
    )
    return f"{rules}; {told}" if told else rules


def _facts(change: Change, words: Words, zone: tzinfo) -> dict[str, str]:
    """Say the facts of both sides; one that differs, as it was and as it is."""
    old, new = (
        {name: short(_fact(plain(value, zone)), _LONGEST_FACT) for name, value in facts.items()}
        for facts in (change.old.facts, change.new.facts)
    )
    differing = {
        name: f"{words.value(old[name])} → {words.value(new[name])}"
        for name in old.keys() & new.keys()
        if old[name] != new[name]
    }
    return {**old, **new, **differing}


def _fact(value: object) -> str:
    if isinstance(value, list):
        return "+".join(map(str, value))
    return "" if value is None else str(value)


def _told(one: Differing, words: Words, zone: tzinfo) -> Iterator[str]:
    for change in one.difference.changes:
        values = (clean(words.value(side.value)) for side in (change.old, change.new))
        why = _why(change, words, zone)
        yield f"{words.field(change.field)}: {' → '.join(values)}  ← {why}"
    known = {change.field for change in one.difference.changes}
    for name, (old, new) in one.difference.ends.items():
        if name not in known:
            end = words.say("at the end", "结束时")
            values = (clean(words.value(value)) for value in (old, new))
            yield f"{words.field(name)} ({end}): {' → '.join(values)}"


def _numbers(one: Differing) -> tuple[str, ...]:
    if one.old_number and one.new_number and one.old_number != one.new_number:
        return (f"{one.old_number} → {one.new_number}",)
    return (one.old_number or one.new_number,)
