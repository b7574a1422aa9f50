"""``ruledesk storage retention`` and ``log``: delete what need not be kept; what was removed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ruledesk.cli.output import print_line
from ruledesk.cli.session import Session, locale_option
from ruledesk.cli.storage_desk import (
    folder_argument,
    local,
    moment,
    now_option,
    opened,
    print_object,
)

if TYPE_CHECKING:
    from ruledesk.desk.erasing import Erasure
    from ruledesk.desk.retention import Outcome, Removed
    from ruledesk.desk.service import Desk


@click.command(short_help="Delete the tickets that need no longer be kept.")
@folder_argument
@click.option("--dry-run", is_flag=True, help="Delete nothing; say what would go, and what stays.")
@now_option
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object for each ticket.")
@locale_option
@click.pass_obj
def retention(
    session: Session, *, folder: Path | None, dry_run: bool, now: str, as_json: bool
) -> None:
    """Delete the tickets of the desk in DIR whose ruleset no longer asks to keep them.

    Only lines whose ruleset has a retention; counted from when the ticket was closed, cancelled or
    merged. A run that is cut off is gone on with by the next one.
    """
    from ruledesk.desk.retention import sweep  # noqa: PLC0415 - loads much

    deleted = kept = 0
    with opened(folder, session) as desk:
        for outcome in sweep(desk, moment(now, desk, dry_run=dry_run), dry_run=dry_run):
            kept += bool(outcome.kept)
            deleted += not outcome.kept
            if as_json:
                print_object(_data(outcome, dry_run=dry_run))
            else:
                _tell(outcome, desk, session, dry_run=dry_run)
    if as_json:
        summary = {"deleted": 0 if dry_run else deleted, "due": deleted, "kept": kept}
        print_object({"summary": {**summary, "dry_run": dry_run}})
        return
    verb_en, verb_zh = ("to be deleted", "将删除") if dry_run else ("deleted", "已删除")
    print_line(
        session.say(f"{deleted} {verb_en}, {kept} kept", f"{verb_zh} {deleted} 张，保留 {kept} 张")
    )


def _data(outcome: Outcome, *, dry_run: bool) -> dict[str, Any]:
    return {
        "number": outcome.number,
        "line": outcome.line,
        "over_at": outcome.over_at.isoformat(),
        "retention": outcome.retention,
        "ruleset": outcome.ruleset,
        "deleted": not outcome.kept and not dry_run,
        "kept": [{"en": one.text("en"), "zh": one.text("zh")} for one in outcome.kept],
    }


def _tell(outcome: Outcome, desk: Desk, session: Session, *, dry_run: bool) -> None:
    over = local(outcome.over_at, desk)
    by = f"{outcome.retention}, {outcome.ruleset}"
    if outcome.kept:
        why = "; ".join(problem.text(session.locale) for problem in outcome.kept)
        said = session.say(f"kept, over since {over} ({by}): {why}",
                           f"保留，结束于 {over}（{by}）：{why}")  # fmt: skip
    elif dry_run:
        said = session.say(f"would go, over since {over} ({by})", f"将删除，结束于 {over}（{by}）")
    else:
        said = session.say(f"deleted, over since {over} ({by})", f"已删除，结束于 {over}（{by}）")
    print_line(f"{outcome.number}  {outcome.line}  {said}")


@click.command(short_help="What was deleted and erased: when, by whom, why.")
@folder_argument
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object for each entry.")
@locale_option
@click.pass_obj
def log(session: Session, *, folder: Path | None, as_json: bool) -> None:
    """Print what was removed for good from the desk in DIR: deleted tickets, then erased people.

    The log holds nothing personal. It is part of the store, of its copies and its backups.
    """
    from ruledesk.desk.erasing import erasure_data, erasures  # noqa: PLC0415 - loads much
    from ruledesk.desk.retention import removed, removed_data  # noqa: PLC0415

    empty = True
    with opened(folder, session) as desk:
        for entry in removed(desk.store):
            empty = False
            if as_json:
                print_object(removed_data(entry))
            else:
                print_line(_removed(entry, desk, session))
        for erasure in erasures(desk.store):
            empty = False
            if as_json:
                print_object(erasure_data(erasure))
            else:
                print_line(_erased(erasure, desk, session))
    if empty and not as_json:
        print_line(session.say("nothing was removed", "没有删除或清除记录"))


def _removed(entry: Removed, desk: Desk, session: Session) -> str:
    stone = entry.tombstone
    closed = local(stone.closed_at, desk) if stone.closed_at else "–"
    at = local(stone.deleted_at, desk)
    return session.say(
        f"{at}  {stone.number}  {stone.line}  deleted by {stone.by}, closed {closed}: "
        f"{stone.reason}",
        f"{at}  {stone.number}  {stone.line}  由 {stone.by} 删除，关闭于 {closed}：{stone.reason}",
    )


def _erased(erasure: Erasure, desk: Desk, session: Session) -> str:
    at = local(erasure.finished or erasure.begun, desk)
    head = f"{at}  {erasure.pseudonym}"
    if erasure.finished is None:
        return session.say(
            f"{head}  erasing a person was begun by {erasure.by} and not finished: run it again",
            f"{head}  由 {erasure.by} 开始清除客户信息，尚未完成：请再次运行",
        )
    return session.say(
        f"{head}  a person was erased from {erasure.tickets} tickets by {erasure.by}: "
        f"{erasure.reason}",
        f"{head}  由 {erasure.by} 从 {erasure.tickets} 张工单清除客户信息：{erasure.reason}",
    )
