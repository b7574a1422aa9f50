"""``ruledesk worker``: one more process that moves what is due, delivers, and runs jobs."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Final

import click

from ruledesk.cli.logs import logs_on_stderr
from ruledesk.cli.output import print_line
from ruledesk.cli.session import Session, locale_option
from ruledesk.cli.storage_places import masked
from ruledesk.desk.assembly import open_desk
from ruledesk.desk.config import load_desk
from ruledesk.desk.runner import Runner
from ruledesk.desk.service import Desk

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


@click.command(short_help="Run deadlines, messages and jobs of a desk.")
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
@click.option(
    "--once", is_flag=True, help="End as soon as nothing is due and no message waits to be sent."
)
@click.option(
    "--deliveries",
    type=click.IntRange(1),
    metavar="N",
    help="Messages sent at the same time (default: [worker] of desk.toml).",
)
@click.option("-v", "--verbose", count=True, help="Log what happens; -vv: everything.")
@locale_option
@click.pass_obj
def worker(
    session: Session, folder: Path, once: bool, deliveries: int | None, verbose: int
) -> None:
    """Run a desk's deadlines, messages and background jobs in this process.

    Any number of workers may run on one desk on PostgreSQL, on any machine. On SQLite they must be
    on one machine; on TinyDB there is one process a desk.

    SIGTERM and Ctrl-C end it: what is in hand is finished first. A second one ends it at once.
    """
    with logs_on_stderr(verbose):
        config = load_desk(folder)
        session.desk = config.locale
        desk = open_desk(config)
        try:
            _run(session, desk, deliveries, once=once)
        finally:
            desk.close()


def _run(session: Session, desk: Desk, deliveries: int | None, *, once: bool) -> None:
    runner = Runner(desk, _now, deliveries=deliveries)
    with _ending(runner):
        print_line(_start_line(session, desk))
        if once:
            _work_once(session, runner)
        else:
            runner.run()


def _work_once(session: Session, runner: Runner) -> None:
    done = runner.once()
    print_line(
        session.say(
            f"done: {done.moved} moved, {done.tried} messages, {done.jobs} jobs",
            f"完成：推进工单 {done.moved}，消息 {done.tried}，任务 {done.jobs}",
        )
    )


def _now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def _ending(runner: Runner) -> Iterator[None]:
    """Let the first signal stop the runner; the second one is the system's."""

    def stop(number: int, _: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        runner.stop()

    before = {number: signal.signal(number, stop) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _start_line(session: Session, desk: Desk) -> str:
    now = _now()
    config, due, delivery = desk.config, desk.store.next_due(), desk.store.next_delivery()
    where = masked(config.storage)
    head = f"{config.name}: {where}, pid {os.getpid()}"
    return session.say(
        f"worker of {head}; next target {_when(due, now)}, next message {_when(delivery, now)}",
        f"工作进程 {head}；下一时限 {_when(due, now)}，下一消息 {_when(delivery, now)}",
    )


def _when(instant: datetime | None, now: datetime) -> str:
    if instant is None:
        return "-"
    return max(instant, now).isoformat(timespec="seconds")
