"""``ruledesk pilot compare``: what another ruleset would have decided, ticket by ticket."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO
from zoneinfo import ZoneInfo

import click
from rich.console import Console

from ruledesk.cli import failures
from ruledesk.cli.output import console, print_json
from ruledesk.cli.session import Session, current, locale_option
from ruledesk.errors import InvalidInput
from ruledesk.pilot.comparison.data import comparison_data
from ruledesk.pilot.comparison.run import Answer, Question
from ruledesk.pilot.comparison.run import compare as answer_to
from ruledesk.pilot.comparison.text import TextComparison
from ruledesk.pilot.find import find_files
from ruledesk.pilot.recording import Progress

_BAR_STEPS = 200
_WIDTH = 80


@click.command(short_help="What another ruleset would have decided.")
@click.argument("recording", type=click.Path(path_type=Path))
@click.option(
    "--line", metavar="NAME", default="", help="The business line (default: the only one)."
)
@click.option(
    "--with", "candidate", metavar="RULESET", required=True,
    help="The ruleset to try: the name of an installed one, a file or a folder.",
)  # fmt: skip
@click.option(
    "--desk", metavar="DIR", type=click.Path(path_type=Path),
    help="The desk to run on (default: what a file names, else the nearest folder with one).",
)  # fmt: skip
@click.option("--engine", metavar="NAME", default="", help="Rule engine (default: the desk's).")
@click.option("--tickets", is_flag=True, help="List every ticket that differs.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--out", metavar="FILE", type=click.Path(path_type=Path),
    help="Write the report there (JSON where it ends in .json); only its first lines are printed.",
)  # fmt: skip
@click.option("--fail-on-change", is_flag=True, help="Exit 1 where anything differs.")
@click.option(
    "--once", is_flag=True,
    help="Do not look whether the current ruleset, replayed twice, gives the same events.",
)  # fmt: skip
@locale_option
@click.pass_context
def compare(
    context: click.Context,
    *,
    recording: Path,
    line: str,
    candidate: str,
    desk: Path | None,
    engine: str,
    tickets: bool,
    as_json: bool,
    out: Path | None,
    fail_on_change: bool,
    once: bool,
) -> None:
    """Replay RECORDING with the ruleset of a line and with another one, and compare.

    RECORDING is a recording, a scenario, or a folder of them. Every step is done on two desks in
    memory, side by side; nobody real is sent anything. Tickets are compared at their first decision
    and at the end.

    Exit status: 0 done, 1 something differs (with --fail-on-change), 2 unusable input.
    """
    session = context.find_object(Session) or current()
    question = Question(find_files([recording]), candidate, line, desk, engine, twice=not once)
    with _report(out) as stream:
        answer = _answered(question)
        session.desk = answer.locale
        found = answer.comparison
        zone = ZoneInfo(answer.timezone)
        json_wanted = as_json or (out is not None and out.suffix.lower() == ".json")
        if json_wanted:
            _write_json(comparison_data(found, zone, tickets=tickets), stream)
        else:
            printer = console() if stream is None else Console(file=stream, width=_WIDTH)
            TextComparison(printer, zone, session.locale).print(found, tickets=tickets)
    if out is not None:
        if not as_json:
            TextComparison(console(), zone, session.locale).headline(found)
        click.echo(session.say(f"Written: {out}", f"已写入：{out}"))
    context.exit(failures.NO if fail_on_change and found.changed else 0)


def _answered(question: Question) -> Answer:
    """Compare; on a terminal, show how far it is."""
    with ExitStack() as opened:

        def watch(size: int) -> Progress | None:
            if not sys.stderr.isatty():
                return None
            bar = opened.enter_context(click.progressbar(length=_BAR_STEPS, file=sys.stderr))
            return _moving(bar.update, size)

        return answer_to(question, watch)


def _moving(update: Callable[[int], object], size: int) -> Progress:
    shown = 0

    def progress(done: int) -> None:
        # A step takes a fraction of a millisecond; a bar drawn at each would cost more.
        nonlocal shown
        reached = _BAR_STEPS * done // max(size, 1)
        if reached > shown:
            update(reached - shown)
            shown = reached

    return progress


def _write_json(data: object, stream: IO[str] | None) -> None:
    if stream is None:
        print_json(data)
        return
    json.dump(data, stream, ensure_ascii=False, indent=2)
    stream.write("\n")


@contextmanager
def _report(out: Path | None) -> Iterator[IO[str] | None]:
    """Open the file first: that it cannot be written is told before a long replay, not after."""
    if out is None:
        yield None
        return
    try:
        stream = out.open("w", encoding="utf-8", newline="\n")
    except OSError as error:
        raise InvalidInput.of(
            f"cannot be written ({error.strerror})", f"无法写入（{error.strerror}）", field=str(out)
        ) from error
    with stream:
        yield stream
