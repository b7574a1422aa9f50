"""What the commands on stores have in common: the option ``--desk``, tables of counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from ruledesk.cli.output import print_table
from ruledesk.cli.session import Session
from ruledesk.cli.storage_places import Place, Places
from ruledesk.errors import InvalidInput
from ruledesk.storage.record_lines import KINDS

F = TypeVar("F", bound=Callable[..., Any])


def desk_option(function: F) -> F:
    """Give a command the option ``--desk``."""
    return click.option(
        "--desk", "folder", type=click.Path(path_type=Path), metavar="DIR",
        help="The desk's folder; relative paths are relative to it (default: this one).",
    )(function)  # fmt: skip


def use_locale(session: Session, found: Places) -> None:
    """Speak the language of the desk, where there is one."""
    if found.config is not None:
        session.desk = found.config.locale


def own_store(found: Places, url: str | None = None) -> Place:
    """Find the store that is named, or else the desk's own.

    Raises:
        InvalidInput: No store is named, and there is no desk.
    """
    if url is not None:
        return found.find(url, "URL")
    if found.config is None:
        raise InvalidInput.of(
            "no desk here: name its folder",
            "这里没有服务台：请指定目录",
            field="--desk",
            value=str(found.folder),
            accepted=("--desk DIR",),
        )
    return found.find(found.config.storage, f"{found.config.where}: desk.storage")


def print_counts(counts: Mapping[str, int], session: Session) -> None:
    """Print how many records of each kind there are."""
    zh = session.locale == "zh"
    rows = [(KINDS[kind][zh], str(count)) for kind, count in counts.items()]
    print_table(("内容", "数量") if zh else ("Records", "Count"), rows, fixed=(0, 1))
