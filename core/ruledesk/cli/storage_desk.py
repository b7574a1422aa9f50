"""Commands that work on a desk's own tickets: the desk opened, and the time that is now."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from ruledesk.cli.session import Session
from ruledesk.desk.config import load_desk
from ruledesk.desk.service import Desk
from ruledesk.errors import InvalidInput

#: The argument and the option that these commands have in common.
folder_argument: Final = click.argument(
    "folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path)
)
now_option: Final = click.option(
    "--now", metavar="TIME", default="", help="The time that counts (default: now)."
)


@contextmanager
def opened(folder: Path | None, session: Session) -> Iterator[Desk]:
    """Open the desk of a folder, and close it behind the block; the session speaks its language.

    Args:
        folder: The desk's folder; None for the current one.
        session: The session of the command.

    Raises:
        RuleDeskError: There is no desk, or it cannot be opened: a store of one process is in use.
    """
    from ruledesk.desk.assembly import open_desk  # noqa: PLC0415 - loads much

    config = load_desk(folder or Path())
    session.desk = config.locale
    desk = open_desk(config)
    try:
        yield desk
    finally:
        desk.close()


def moment(text: str, desk: Desk, *, dry_run: bool) -> datetime:
    """Read the option ``--now``; empty for the clock of the machine.

    Args:
        text: What was given.
        desk: Whose time zone counts where it says none.
        dry_run: Whether nothing is changed: only then may it lie ahead.

    Raises:
        InvalidInput: It is no time; or it is not there yet, and what is removed for good would be
            so before its time, or be logged at a time that is not true.
    """
    from ruledesk.reports.choice import read_bound  # noqa: PLC0415 - loads much

    clock = datetime.now(UTC)
    at = read_bound(text, desk.timezone, "--now", end=False) or clock
    if at > clock and not dry_run:
        raise InvalidInput.of(
            "lies in the future; nothing was changed (with --dry-run it may)",
            "晚于当前时间，未做任何更改（仅可与 --dry-run 一同使用）",
            field="--now",
            value=text,
        )
    return at


def print_object(data: dict[str, Any]) -> None:
    """Print one JSON object on a line of its own."""
    click.echo(json.dumps(data, ensure_ascii=False))


def local(at: datetime, desk: Desk) -> str:
    """Write an instant in the desk's time zone, to the minute."""
    return at.astimezone(desk.timezone).isoformat(sep=" ", timespec="minutes")[:16]
