"""``ruledesk storage verify``: every ticket recomputed from its events and compared."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import click

from ruledesk.cli import failures
from ruledesk.cli.output import print_json, print_line
from ruledesk.cli.session import Session, locale_option
from ruledesk.cli.storage_places import places
from ruledesk.cli.storage_progress import progress
from ruledesk.cli.storage_words import desk_option, own_store, print_counts, use_locale
from ruledesk.desk.config import DeskConfig
from ruledesk.storage.interface import Store
from ruledesk.storage.verify import Verification
from ruledesk.storage.verify_numbers import Numbers


@click.command(short_help="Recompute every ticket from its events, and compare.")
@click.argument("url", metavar="[URL]", required=False)
@desk_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@locale_option
@click.pass_context
def verify(context: click.Context, *, url: str | None, folder: Path | None, as_json: bool) -> None:
    """Recompute every ticket of a store from its events, and compare; default: the desk's own.

    Also compares versions, messages, attachments, indexes, counters and number sequences, and
    what the store itself can check. Nothing is changed. A desk on SQLite or PostgreSQL may go on
    meanwhile; its counters are then left out.

    Exit status: 0 nothing found, 1 something is wrong, 2 the store cannot be opened.
    """
    session = context.ensure_object(Session)
    with places(folder) as found:
        use_locale(session, found)
        place = own_store(found, url)
        with place.existing() as store, progress(session.say("verified", "已核查")) as looking:
            verification = Verification(store, _numbers(store, found.config), looking)
            findings = []
            for finding in verification.findings():
                findings.append(finding)
                if not as_json:
                    print_line(finding.text(session.locale))
    if as_json:
        print_json({
            "ok": not findings,
            "storage": place.shown,
            "counts": verification.counts,
            "quiet": verification.quiet,
            "numbers": found.config is not None,
            "findings": [finding.to_dict() for finding in findings],
        })  # fmt: skip
    else:
        print_counts(verification.counts, session)
        _tell(len(findings), verification, session, desk=found.config is not None)
    if findings:
        context.exit(failures.NO)


def _numbers(store: Store, config: DeskConfig | None) -> Numbers | None:
    return None if config is None else Numbers(store, config.lines, ZoneInfo(config.timezone))


def _tell(found: int, verification: Verification, session: Session, *, desk: bool) -> None:
    if not verification.quiet:
        print_line(
            session.say(
                "the store was written to meanwhile: its counters were not compared",
                "核查期间有写入，未比对计数",
            )
        )
    if not desk:
        print_line(
            session.say(
                "no desk here (--desk DIR): number sequences were not compared",
                "未指定服务台（--desk DIR），未比对编号序列",
            )
        )
    en = "nothing is wrong" if not found else f"{found} finding{'' if found == 1 else 's'}"
    print_line(session.say(en, "未发现问题" if not found else f"发现 {found} 处问题"))
