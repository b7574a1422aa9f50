"""Writing to people and to programs: readable in a pipe and at 80 columns, always UTF-8."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import click
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text


def use_utf8() -> None:
    """Write UTF-8 whatever the environment says: names and messages here are often Chinese."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")


def console(*, error: bool = False) -> Console:
    """Make a console for what is written next; outside a terminal it is 80 columns wide."""
    return Console(
        file=sys.stderr if error else sys.stdout, highlight=False, markup=False, emoji=False
    )


def print_json(value: Any) -> None:
    """Print a JSON document."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def print_line(text: str) -> None:
    """Print a line as it is, never folded: paths and commands are copied by people."""
    click.echo(text)


def print_text(text: str, *, indent: int = 0) -> None:
    """Print a paragraph, folded at the width of the console, every line indented alike."""
    _print(Padding(Text(text, overflow="fold"), (0, 0, 0, indent)))


def print_table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    fixed: Sequence[int] = (),
    indent: int = 0,
) -> None:
    """Print a table without frames.

    Args:
        head: Titles of the columns.
        rows: Cells; folded where they are too long.
        fixed: Columns (from 0) that are never folded.
        indent: Columns of space to the left.
    """
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for number, title in enumerate(head):
        table.add_column(Text(title), no_wrap=number in fixed, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell, overflow="fold") for cell in row))
    _print(Padding(table, (0, 0, 0, indent), expand=False))


def _print(what: RenderableType) -> None:
    """Print without the blanks that fill lines up to the width of the console."""
    printer = console()
    with printer.capture() as captured:
        printer.print(what)
    for line in captured.get().splitlines():
        click.echo(line.rstrip())
