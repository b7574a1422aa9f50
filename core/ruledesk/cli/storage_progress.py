"""How far a command that reads a whole store has come, on stderr where that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import click

_EVERY: Final = 500


@contextmanager
def progress(label: str) -> Iterator[Callable[[int], None] | None]:
    """Show a count that grows.

    Args:
        label: What is counted.

    Yields:
        What is told the count, after each record; None where nobody looks.
    """
    if not sys.stderr.isatty():
        yield None
        return

    def show(done: int) -> None:
        if done % _EVERY == 0:
            click.echo(f"\r{label} {done}", err=True, nl=False)

    try:
        yield show
    finally:
        click.echo(f"\r{' ' * (len(label) + 12)}\r", err=True, nl=False)
