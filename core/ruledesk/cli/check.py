"""``ruledesk check``: configuration, plugins and rulesets of a desk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from ruledesk.cli import failures
from ruledesk.cli.output import print_json, print_line, print_table
from ruledesk.cli.session import Session, locale_option
from ruledesk.desk.check import check_desk
from ruledesk.desk.config import DeskConfig
from ruledesk.desk.findings import Finding

_LEVELS_ZH = {"error": "错误", "warning": "警告"}


@click.command(short_help="Check a desk, its plugins and rulesets.")
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@locale_option
@click.pass_context
def check(context: click.Context, folder: Path, as_json: bool) -> None:
    """Check a desk: configuration, plugins, rulesets, and whether they fit together.

    Exit status: 0 no errors (warnings are allowed), 1 errors, 2 there is no desk in DIR.
    """
    session = context.ensure_object(Session)

    def today(config: DeskConfig) -> date:
        session.desk = config.locale
        return datetime.now(ZoneInfo(config.timezone)).date()

    findings = check_desk(folder, today)
    if as_json:
        print_json(_summary(findings))
    else:
        _print(findings, session)
    if _count(findings, "error"):
        context.exit(failures.NO)


def _count(findings: Sequence[Finding], level: str) -> int:
    return sum(1 for finding in findings if finding.level == level)


def _summary(findings: Sequence[Finding]) -> dict[str, object]:
    errors = _count(findings, "error")
    return {
        "ok": errors == 0,
        "errors": errors,
        "warnings": _count(findings, "warning"),
        "findings": [finding.to_dict() for finding in findings],
    }


def _print(findings: Sequence[Finding], session: Session) -> None:
    zh = session.locale == "zh"
    rows = [
        (
            _LEVELS_ZH[finding.level] if zh else finding.level,
            _text(finding, session),
        )
        for finding in findings
    ]
    if rows:
        print_table(("级别", "发现") if zh else ("Level", "Finding"), rows, fixed=(0,))
    errors, warnings = _count(findings, "error"), _count(findings, "warning")
    en = f"{errors} error{_plural(errors)}, {warnings} warning{_plural(warnings)}"
    print_line(session.say(en, f"{errors} 个错误，{warnings} 个警告"))


def _text(finding: Finding, session: Session) -> str:
    """Write a finding, below it the ticket that shows it as it can be handed in."""
    text = finding.problem.text(session.locale)
    shown = finding.shown
    if shown is None:
        return text
    text = f"{text} [{shown.code}]"
    if shown.witness is None:
        return text
    witness = json.dumps(shown.witness.to_dict(), ensure_ascii=False)
    return f"{text}\n{session.say('for example', '例如')} {witness}"


def _plural(count: int) -> str:
    return "" if count == 1 else "s"
