"""``ruledesk print``: a ticket on paper."""

from __future__ import annotations

from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

import click

from ruledesk.cli.output import print_line
from ruledesk.cli.replayed import History, from_desk, from_file
from ruledesk.cli.session import Session, locale_option
from ruledesk.desk.config import load_desk
from ruledesk.documents import FORMS, Paper, make_document, to_html, to_markdown
from ruledesk.documents.forms import Form
from ruledesk.errors import InvalidInput
from ruledesk.explain.decisions import decisions_of


@click.command("print", short_help="Print a ticket: handling report and forms.")
@click.argument("number")
@click.option(
    "--form", "form", type=click.Choice(FORMS), default="handling", show_default=True,
    help="Handling report, registration, progress tracking, or satisfaction survey.",
)  # fmt: skip
@click.option(
    "--format", "written", type=click.Choice(("md", "html")), default=None,
    help="Default: what the file is called, else md.",
)  # fmt: skip
@click.option(
    "--desk", "folder", type=click.Path(path_type=Path), metavar="DIR",
    help="The desk's folder (default: this one).",
)  # fmt: skip
@click.option(
    "--recording", "--scenario", "replayed", type=click.Path(path_type=Path), metavar="PATH",
    help="Replay this recording or scenario, and print its ticket.",
)  # fmt: skip
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path), help="Write it there.")
@locale_option
@click.pass_obj
def print_ticket(
    session: Session, *, number: str, form: str, written: str | None, folder: Path | None,
    replayed: Path | None, out: Path | None,
) -> None:  # fmt: skip
    """Print the ticket NUMBER: the handling report, or one of the forms.

    As Markdown, or as an HTML page laid out for A4. In a scenario, NUMBER may be the scenario's
    own name for the ticket.
    """
    if replayed is not None:
        history = from_file(number, replayed, folder)
    else:
        config = load_desk(folder or Path())
        session.desk = config.locale
        history = from_desk(number, config)
    session.desk = history.locale
    document = make_document(cast("Form", form), _paper(history, session.locale))
    html = (written or _suffix(out)) == "html"
    text = to_html(document) if html else to_markdown(document)
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        out.write_text(text, "utf-8", newline="\n")
    except OSError as error:
        raise InvalidInput.of(
            f"cannot be written ({error.strerror})", f"无法写入（{error.strerror}）", field=str(out)
        ) from error
    print_line(session.say(f"Written: {out}", f"已写入：{out}"))


def _suffix(out: Path | None) -> str:
    return "html" if out is not None and out.suffix.lower() in (".html", ".htm") else "md"


def _paper(history: History, locale: str) -> Paper:
    config = history.desk
    hashes = [recorded.decision.hash for recorded in decisions_of(history.events)]
    return Paper(
        ticket=history.ticket,
        events=history.events,
        ruleset=history.find(hashes[-1]) if hashes else None,
        directory=config.directory,
        lines=config.lines,
        desk=config.name,
        zone=ZoneInfo(history.timezone),
        locale=locale,
        now=history.now,
    )
