"""``ruledesk report``: figures of a desk, a recording, or old records."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO

import click

from ruledesk.calendar.zone import zone
from ruledesk.cli.session import Session, locale_option
from ruledesk.errors import InvalidInput
from ruledesk.insight.statistics import DIMENSIONS
from ruledesk.reports.choice import Choice, read_bound
from ruledesk.reports.report import Report, Source

_FORMATS: Final = ("table", "csv", "xlsx", "html", "json")
_SUFFIXES: Final = {".csv": "csv", ".xlsx": "xlsx", ".html": "html", ".htm": "html",
                    ".json": "json", ".txt": "table"}  # fmt: skip
_TICKETS: Final = "ticket"
_TABLES: Final = (
    "summary", *DIMENSIONS, "targets", "hand_overs", "tasks", "scores", "load", "hints", _TICKETS,
)  # fmt: skip
#: What the terminal shows where nothing else is asked for.
_SHORT: Final = (
    "summary", "month", "problem", "team", "agent", "targets", "hand_overs", "scores", "hints",
)  # fmt: skip


@click.command(short_help="Figures of a desk, a recording, or old records.")
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--recording", metavar="FILE", type=click.Path(path_type=Path),
    help="Replay this recording in memory, and report on it.",
)  # fmt: skip
@click.option(
    "--csv", "records", metavar="FILE", type=click.Path(path_type=Path),
    help="Report on another system's old tickets.",
)  # fmt: skip
@click.option(
    "--mapping", metavar="FILE", type=click.Path(path_type=Path),
    help="What the columns of the CSV file mean (TOML).",
)  # fmt: skip
@click.option("--lenient", is_flag=True, help="Leave out rows that cannot be used; they are told.")
@click.option("--from", "since", metavar="TIME", default="", help="Tickets made from then on.")
@click.option(
    "--to", "until", metavar="TIME", default="",
    help="Tickets made before then; of a date, its whole day is in.",
)  # fmt: skip
@click.option("--line", metavar="NAME", default="", help="Only this business line.")
@click.option(
    "--by", multiple=True, type=click.Choice(_TABLES), metavar="GROUP",
    help=f"Only these tables: {', '.join(_TABLES)}.",
)  # fmt: skip
@click.option(
    "--complaints", metavar="TYPES", default="",
    help="Types that are complaints, with commas (default: complaint, quality, service).",
)  # fmt: skip
@click.option(
    "--format", "form", type=click.Choice(_FORMATS), default=None,
    help="Default: what the file is called, else table.",
)  # fmt: skip
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path), help="Write it there.")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@locale_option
@click.pass_obj
def report(
    session: Session, *, folder: Path | None, recording: Path | None, records: Path | None,
    mapping: Path | None, lenient: bool, since: str, until: str, line: str, by: tuple[str, ...],
    complaints: str, form: str | None, out: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Report on the desk in DIR (default: this folder), a recording, or a CSV file.

    Overdue rate, repeat complaints, time lost between teams, handling times, satisfaction,
    frequent problems, trend, and hints with the tickets behind them.
    """
    from ruledesk.reports.make import make_report  # noqa: PLC0415 - loads much

    written = _form("json" if as_json else form, out)
    _check(written, by, out)
    _check_apart(out, recording, records, mapping)

    def choose(timezone: str) -> Choice:
        tz = zone(timezone)
        first = read_bound(since, tz, "--from", end=False)
        end = read_bound(until, tz, "--to", end=True)
        if first is not None and end is not None and end <= first:
            raise InvalidInput.of(
                "ends before it begins", "早于起始时间", field="--to", value=until,
                accepted=(f"> {since}",),
            )  # fmt: skip
        return Choice(first, end, line)

    with _source(folder, recording, records, mapping, choose, lenient=lenient) as source:
        session.desk = source.locale
        types = tuple(word.strip() for word in complaints.split(",") if word.strip())
        made = make_report(source, session.locale, by, types)
        _tell_skipped(session, made)
        _write(written, made, out, session)


def _form(form: str | None, out: Path | None) -> str:
    if form is not None:
        return form
    if out is None:
        return "table"
    found = _SUFFIXES.get(out.suffix.lower())
    if found is None:
        raise InvalidInput.of(
            "the file name does not say which format is meant",
            "无法从文件名判断格式",
            field="--out",
            value=str(out),
            accepted=(*_SUFFIXES, "--format …"),
        )
    return found


def _check(form: str, by: tuple[str, ...], out: Path | None) -> None:
    if form == "xlsx" and out is None:
        raise InvalidInput.of(
            "a workbook needs a file",
            "xlsx 需要指定文件",
            field="--out",
            accepted=("--out report.xlsx",),
        )
    if _TICKETS in by and (form != "csv" or len(by) > 1):
        raise InvalidInput.of(
            "every ticket as a row is a CSV file of its own; a workbook without --by has them too",
            "工单明细须单独导出为 CSV；不带 --by 的 xlsx 也包含明细",
            field="--by",
            value=" ".join(by),
            accepted=("--by ticket --format csv",),
        )


def _check_apart(out: Path | None, *inputs: Path | None) -> None:
    """Refuse to write over what is read: it would be gone."""
    for file in inputs:
        if out is not None and file is not None and out.resolve() == file.resolve():
            raise InvalidInput.of(
                "is what the report is made from",
                "与报告的输入文件相同",
                field="--out",
                value=str(out),
                accepted=("another file",),
            )


def _source(
    folder: Path | None,
    recording: Path | None,
    records: Path | None,
    mapping: Path | None,
    choose: Callable[[str], Choice],
    *,
    lenient: bool,
) -> AbstractContextManager[Source]:
    from ruledesk.reports import sources  # noqa: PLC0415 - loads much

    if (records is None) != (mapping is None):
        raise InvalidInput.of(
            "a CSV file and its mapping belong together",
            "--csv 与 --mapping 须同时给出",
            field="--csv" if records is None else "--mapping",
            accepted=("--csv FILE --mapping MAP.toml",),
        )
    if records is not None and recording is not None:
        raise InvalidInput.of(
            "either a recording or a CSV file", "录制文件与 CSV 文件只能选一个", field="--recording"
        )
    if records is not None and mapping is not None:
        return sources.csv_source(records, mapping, folder, choose, lenient=lenient)
    if recording is not None:
        return sources.recording_source(recording, folder, choose)
    return sources.desk_source(folder or Path(), choose, datetime.now(UTC))


def _tell_skipped(session: Session, made: Report) -> None:
    intake = made.source.intake
    if intake is None or not intake.skipped:
        return
    for problem in intake.problems:
        click.echo(f"{session.say('skipped', '跳过')}: {problem.text(session.locale)}", err=True)
    click.echo(
        session.say(
            f"{intake.skipped} of {intake.rows} rows were left out",
            f"共 {intake.rows} 行，跳过 {intake.skipped} 行",
        ),
        err=True,
    )


# -- writing ------------------------------------------------------------------------------------


def _write(form: str, made: Report, out: Path | None, session: Session) -> None:
    if form == "xlsx" and out is not None:
        from ruledesk.reports.xlsx import write_xlsx  # noqa: PLC0415

        write_xlsx(made, out)
    elif out is None:
        _render(form, made, sys.stdout)
    else:
        _write_text(form, made, out)
    if out is not None:
        click.echo(session.say(f"Written: {out}", f"已写入：{out}"))


def _write_text(form: str, made: Report, out: Path) -> None:
    # Spreadsheets take a file without a byte order mark for another encoding.
    encoding, newline = ("utf-8-sig", "") if form == "csv" else ("utf-8", "\n")
    try:
        with out.open("w", encoding=encoding, newline=newline) as stream:
            _render(form, made, stream)
    except OSError as error:
        raise InvalidInput.of(
            f"cannot be written ({error.strerror})", f"无法写入（{error.strerror}）", field=str(out)
        ) from error


def _render(form: str, made: Report, stream: TextIO) -> None:
    if form == "csv":
        from ruledesk.reports.csv_out import write_csv, write_tickets  # noqa: PLC0415

        if _TICKETS in made.by:
            write_tickets(made, stream)
        else:
            write_csv(made, stream)
    elif form == "html":
        from ruledesk.reports.page import report_page  # noqa: PLC0415

        stream.write(report_page(made))
    elif form == "json":
        import json  # noqa: PLC0415

        from ruledesk.reports.json_out import report_data  # noqa: PLC0415

        json.dump(report_data(made), stream, ensure_ascii=False, indent=2)
        stream.write("\n")
    else:
        from ruledesk.reports.text import write_text  # noqa: PLC0415

        write_text(made, stream, _SHORT)
