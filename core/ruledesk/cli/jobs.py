"""``ruledesk jobs``: the background jobs of a desk, and those that were given up."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from ruledesk.cli import failures
from ruledesk.cli.output import print_json, print_line, print_table
from ruledesk.cli.session import Session, locale_option
from ruledesk.desk.assembly import open_desk
from ruledesk.desk.config import load_desk
from ruledesk.desk.service import Desk
from ruledesk.errors import InvalidInput
from ruledesk.jobs.job import FailedJob, Job


@click.command(short_help="List background jobs, and those that failed.")
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
@click.option("--again", type=int, metavar="ID", help="Put a failed job back into the queue.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@locale_option
@click.pass_context
def jobs(context: click.Context, folder: Path, again: int | None, as_json: bool) -> None:
    """List the background jobs of a desk, and those that were given up.

    Exit status 1 where a job has failed for good.

    On TinyDB the desk must not be running: it is one process a desk.
    """
    session = context.ensure_object(Session)
    config = load_desk(folder)
    session.desk = config.locale
    desk = open_desk(config, deliver=False)
    try:
        if again is not None:
            _put_again(session, desk, again)
            return
        failed = desk.jobs.failed()
        if as_json:
            known = [_known(job) for job in desk.jobs.known.values()]
            print_json({"jobs": known, "failed": [_failed(one) for one in failed]})
        else:
            _print(session, tuple(desk.jobs.known.values()), failed)
    finally:
        desk.close()
    context.exit(failures.NO if failed else 0)


def _put_again(session: Session, desk: Desk, number: int) -> None:
    if not desk.jobs.again(number, datetime.now(UTC)):
        accepted = tuple(str(one.id) for one in desk.jobs.failed())
        raise InvalidInput.of(
            "no failed job has this id", "没有此编号的失败任务", field="--again", value=number,
            accepted=accepted,
        )  # fmt: skip
    print_line(session.say(f"job {number} is in the queue again", f"任务 {number} 已重新排队"))


def _known(job: Job) -> dict[str, Any]:
    return {
        "name": job.name,
        "every_seconds": job.every.total_seconds() if job.every else None,
        "at": f"{job.at:%H:%M}" if job.at else None,
        "retries": len(job.retries),
    }


def _failed(one: FailedJob) -> dict[str, Any]:
    return {
        "id": one.id,
        "job": one.job,
        "arguments": one.arguments,
        "attempts": one.attempts,
        "error": one.error,
        "at": one.at.isoformat() if one.at else None,
    }


def _print(session: Session, known: Sequence[Job], failed: Sequence[FailedJob]) -> None:
    zh = session.locale == "zh"
    if known:
        rows = [(job.name, _period(session, job)) for job in known]
        print_table(("任务", "运行") if zh else ("Job", "Runs"), rows, fixed=(0,))
    else:
        print_line(session.say("this desk has no background jobs", "此服务台没有后台任务"))
    for one in failed:
        print_line(_line(session, one))


def _line(session: Session, one: FailedJob) -> str:
    last = one.at.isoformat(timespec="seconds") if one.at else ""
    arguments = f" {json.dumps(one.arguments, ensure_ascii=False)}" if one.arguments else ""
    return session.say(
        f"failed {one.id}: {one.job}{arguments}, tried {one.attempts} times, last {last}:"
        f" {one.error}",
        f"失败 {one.id}：{one.job}{arguments}，尝试 {one.attempts} 次，最后 {last}：{one.error}",
    )


def _period(session: Session, job: Job) -> str:
    if job.every is not None:
        seconds = f"{job.every.total_seconds():g}"
        return session.say(f"every {seconds} s", f"每 {seconds} 秒")
    if job.at is not None:
        return session.say(f"daily at {job.at:%H:%M}", f"每天 {job.at:%H:%M}")
    return session.say("when it is put", "按需")
