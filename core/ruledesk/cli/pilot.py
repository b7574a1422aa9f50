"""``ruledesk pilot``: try a desk on scenarios and recordings, on a virtual clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import BinaryIO

import click

from ruledesk.cli import failures
from ruledesk.cli.compare import compare
from ruledesk.cli.mutate import mutate
from ruledesk.cli.output import console, print_line
from ruledesk.cli.session import Session, current, locale_option
from ruledesk.errors import InvalidInput, Locale, RuleDeskError
from ruledesk.pilot.coverage_report import CoverageReport, coverage_lines, too_little
from ruledesk.pilot.find import find_files
from ruledesk.pilot.json_report import JsonReport
from ruledesk.pilot.junit import JUnitReport
from ruledesk.pilot.parallel.pools import pool_of
from ruledesk.pilot.parallel.run import Elsewhere, run_elsewhere
from ruledesk.pilot.suite import Options, Reporter, memory_desk, run_files
from ruledesk.pilot.tally import Tally
from ruledesk.pilot.text_report import ALL, Shown, TextReport
from ruledesk.pilot.values import Head


@click.group()
def pilot() -> None:
    """Try a desk on scenarios and recordings, on a virtual clock."""


pilot.add_command(mutate)
pilot.add_command(compare)


@pilot.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH…", type=click.Path(path_type=Path))
@click.option(
    "--desk", metavar="DIR", type=click.Path(path_type=Path),
    help="The desk to run on (default: what a file names, else the nearest folder with one).",
)  # fmt: skip
@click.option("--engine", metavar="NAME", default="", help="Rule engine (default: the desk's).")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, then a summary.")
@click.option(
    "--junit", metavar="FILE", type=click.Path(path_type=Path), help="Also write JUnit XML."
)
@click.option(
    "--events", metavar="FILE", type=click.Path(path_type=Path),
    help="Also write every event, as canonical JSON lines.",
)  # fmt: skip
@click.option(
    "--timeline", metavar="NUMBER", multiple=True,
    help="Show this ticket of a recording, by number or name; 'all' for every one.",
)  # fmt: skip
@click.option(
    "--coverage", is_flag=True, help="Also say which rules, targets and refusals nothing shows."
)
@click.option(
    "--coverage-min", metavar="PERCENT", type=click.FloatRange(0, 100),
    help="With coverage; exit 1 where less of a ruleset is shown.",
)  # fmt: skip
@click.option(
    "--workers", metavar="N", type=click.IntRange(1), default=1,
    help="Run over so many processes; the answer is that of one.",
)  # fmt: skip
@click.option(
    "--dask", metavar="ADDRESS", default="",
    help="Run over the Dask cluster of this scheduler (tcp://host:8786).",
)  # fmt: skip
@click.option(
    "-v", "--verbose", is_flag=True, help="Show every time line, with timers and recorded facts."
)
@locale_option
@click.pass_context
def run(
    context: click.Context,
    *,
    paths: tuple[Path, ...],
    desk: Path | None,
    engine: str,
    as_json: bool,
    junit: Path | None,
    events: Path | None,
    timeline: tuple[str, ...],
    coverage: bool,
    coverage_min: float | None,
    workers: int,
    dask: str,
    verbose: bool,
) -> None:
    """Replay scenarios and recordings and check what they expect.

    PATH is a scenario (YAML), a recording (*.jsonl), or a folder that is searched for them.
    Each runs on a fresh desk in memory; nobody real is sent anything.

    Exit status: 0 everything held, 1 an expectation failed or too little is covered, 2 unusable
    input.
    """
    session = context.find_object(Session) or current()
    files = find_files(paths)
    tally, xml = Tally(perf_counter), JUnitReport()
    shown = Shown((*timeline, ALL) if verbose else timeline, verbose)
    text = TextReport(console(), console(error=True), _language(session), shown)
    data = JsonReport(click.echo)
    reporters: list[Reporter] = [tally, xml, data if as_json else text, _Errors(session)]
    measured = CoverageReport() if coverage or coverage_min is not None else None
    if measured is not None:
        reporters.append(measured)
    looked_at = measured is not None or bool(shown.tickets)
    with _written(events) as log, pool_of(workers, dask) as pool:
        if pool is None:
            run_files(files, Options(memory_desk(engine), desk=desk, events=log), reporters)
        else:
            how = Elsewhere(pool, desk=desk, engine=engine, events=log, log=looked_at)
            run_elsewhere(files, how, reporters)
    if junit is not None:
        _write(junit, xml.document())
    covered = measured.coverage.covered() if measured is not None else ()
    if as_json:
        data.summary(tally, covered if measured is not None else None)
    else:
        for line in coverage_lines(covered, session.locale):
            print_line(line)
        text.summary(tally, session.locale)
    context.exit(tally.exit_status or int(bool(too_little(covered, coverage_min or 0))))


class _Errors:
    """Tells on stderr what cannot be used."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def started(self, head: Head, size: int) -> None:
        """Nothing is wrong yet."""

    def finished(self, outcome: object, desk: object) -> None:
        """Failures are part of the answer, not errors."""

    def unusable(self, file: Path, name: str, error: RuleDeskError) -> None:
        """Tell it, saying which file it is about where the error itself does not."""
        if name and str(file) not in error.text("en"):
            click.echo(f"{file}: {name}:", err=True)
        failures.tell(error, self._session)


def _language(session: Session) -> Callable[[str], Locale]:
    def choose(desk_locale: str) -> Locale:
        session.desk = desk_locale
        return session.locale

    return choose


@contextmanager
def _written(path: Path | None) -> Iterator[BinaryIO | None]:
    if path is None:
        yield None
        return
    try:
        stream = path.open("wb")
    except OSError as error:
        raise _unwritable(path, error) from error
    with stream:
        yield stream


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> InvalidInput:
    return InvalidInput.of(
        f"cannot be written ({error.strerror})", f"无法写入（{error.strerror}）", field=str(path)
    )
