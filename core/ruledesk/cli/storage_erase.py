"""``ruledesk storage erase``: a person's names, contacts and words go, statistics stay."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ruledesk.cli import failures
from ruledesk.cli.output import print_line
from ruledesk.cli.session import Session, locale_option
from ruledesk.cli.storage_desk import (
    folder_argument,
    moment,
    now_option,
    opened,
    print_object,
)
from ruledesk.errors import NotFound

if TYPE_CHECKING:
    from ruledesk.desk.erasing import Plan
    from ruledesk.desk.service import Desk


@click.command(short_help="Erase a person: names, contacts and words; statistics stay.")
@folder_argument
@click.option("--requester", metavar="ID", default="", help="The requester's id.")
@click.option("--phone", metavar="NUMBER", default="", help="The person's phone number.")
@click.option("--email", metavar="ADDRESS", default="", help="The person's mail address.")
@click.option(
    "--reason", metavar="TEXT", default="", help="Why, for the log; nothing personal. Required."
)
@click.option("--by", metavar="agent:ID", default="", help="An administrator. Required.")
@click.option("--dry-run", is_flag=True, help="Change nothing; say what would be erased.")
@now_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@locale_option
@click.pass_context
def erase(
    context: click.Context, *, folder: Path | None, requester: str, phone: str, email: str,
    reason: str, by: str, dry_run: bool, now: str, as_json: bool,
) -> None:  # fmt: skip
    """Erase a person from the tickets of the desk in DIR, and the person's record.

    What the person and the agents wrote on the person's tickets goes, with names, addresses, files
    and raw inputs; codes, times, ratings and who of the desk did what stay. There is no way back.
    One that was cut off is finished by running it again.

    Not touched: words on other people's tickets, backups and copies made before, and what notifiers
    and mailboxes keep.

    Exit status: 0 erased, 1 the person has tickets that are not over, 2 unusable input.
    """
    from ruledesk.desk.erasing import Erasing, erasure_data  # noqa: PLC0415 - loads much
    from ruledesk.desk.person import find_person  # noqa: PLC0415

    session = context.ensure_object(Session)
    with opened(folder, session) as desk:
        person = find_person(desk.store, id=requester, phone=phone, email=email)
        erasing, at = Erasing(desk), moment(now, desk, dry_run=dry_run)
        if not dry_run:
            erasing.check(person, reason=reason, by=by)
        plan = erasing.plan(person)
        if plan.open or dry_run:
            _tell_plan(plan, session, as_json=as_json)
            context.exit(failures.NO if plan.open else 0)
        done = erasing.erase(person, reason=reason, by=by, now=at)
        others = _is_known(desk, phone, email)
    if as_json:
        print_object({**erasure_data(done), "messages": plan.messages})
        return
    print_line(
        session.say(
            f"Erased from {done.tickets} tickets, on which the person is {done.pseudonym} now.",
            f"已从 {done.tickets} 张工单清除，工单上显示为 {done.pseudonym}。",
        )
    )
    _tell_limits(session, others)


def _is_known(desk: Desk, phone: str, email: str) -> bool:
    """Say whether somebody is still known by the number or address that was given."""
    from ruledesk.desk.person import find_person  # noqa: PLC0415 - loads much

    try:
        return bool(phone or email) and bool(find_person(desk.store, phone=phone, email=email))
    except NotFound:
        return False


def _tell_plan(plan: Plan, session: Session, *, as_json: bool) -> None:
    if as_json:
        print_object({
            "requester": plan.person.id, "tickets": list(plan.tickets), "open": list(plan.open),
            "messages": plan.messages,
        })  # fmt: skip
        return
    who = plan.person.id
    for number in plan.tickets:
        print_line(number)
    print_line(
        session.say(
            f"requester {who}: {len(plan.tickets)} tickets that are over, {plan.messages} messages",
            f"客户 {who}：已结束的工单 {len(plan.tickets)} 张，消息 {plan.messages} 条",
        )
    )
    if plan.open:
        numbers = ", ".join(plan.open)
        print_line(
            session.say(
                f"not over yet, close or cancel them first: {numbers}",
                f"尚未结束，请先关闭或取消：{numbers}",
            )
        )


def _tell_limits(session: Session, others: bool) -> None:
    print_line(
        session.say(
            "Not touched: words on other people's tickets, and backups made before.",
            "未处理：他人工单中的文字，以及此前的备份。",
        )
    )
    if others:
        print_line(
            session.say(
                "Somebody else is known by the same number or address: look at them, too.",
                "还有其他客户使用同一电话或邮箱，请一并检查。",
            )
        )
