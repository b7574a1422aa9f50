"""``ruledesk explain``: each decision on a ticket, and why a rule did not fire."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import click

from ruledesk.cli.output import print_json, print_table, print_text
from ruledesk.cli.replayed import History, from_desk, from_file
from ruledesk.cli.session import Session, locale_option
from ruledesk.desk.config import load_desk
from ruledesk.explain import ExplainedTarget, explain_rule, explain_ticket
from ruledesk.explain.data import explanation_data, rule_data
from ruledesk.explain.prose import Line, decision_lines, heading, rule_lines
from ruledesk.explain.words import Words


@click.command(short_help="Explain a ticket: which rule decided what, and why.")
@click.argument("number")
@click.option("--rule", metavar="NAME", default="", help="Only this rule: fired, or why not.")
@click.option(
    "--desk", "folder", type=click.Path(path_type=Path), metavar="DIR",
    help="The desk's folder (default: this one).",
)  # fmt: skip
@click.option(
    "--recording", "--scenario", "replayed", type=click.Path(path_type=Path), metavar="PATH",
    help="Replay this recording or scenario, and explain its ticket.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@locale_option
@click.pass_obj
def explain(
    session: Session, *, number: str, rule: str, folder: Path | None, replayed: Path | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Explain the ticket NUMBER: which rule decided what, when and on which facts.

    Shows each decision with the rules that nearly matched, and the ledger of each target. In a
    scenario, NUMBER may be the scenario's own name for the ticket.
    """
    if replayed is not None:
        history = from_file(number, replayed, folder)
    else:
        config = load_desk(folder or Path())
        session.desk = config.locale
        history = from_desk(number, config)
    session.desk = history.locale
    words = Words(session.locale, ZoneInfo(history.timezone))
    if rule:
        _one_rule(rule, history, words, as_json=as_json)
    else:
        _ticket(history, words, as_json=as_json)


def _one_rule(rule: str, history: History, words: Words, *, as_json: bool) -> None:
    explained = explain_rule(rule, history.ticket, history.events, history.find)
    if as_json:
        print_json(rule_data(explained))
        return
    _print(heading(explained, words))
    for line in rule_lines(explained, words):
        _print(line)


def _ticket(history: History, words: Words, *, as_json: bool) -> None:
    explanation = explain_ticket(history.ticket, history.events, history.find, history.now)
    if as_json:
        print_json(explanation_data(explanation))
        return
    _print(heading(explanation, words))
    for decision in explanation.decisions:
        for line in decision_lines(decision, words):
            _print(line)
    for target in explanation.targets:
        _print_target(target, words)


def _print(line: Line) -> None:
    print_text(line.text, indent=4 * line.depth)


def _print_target(explained: ExplainedTarget, words: Words) -> None:
    target, ledger = explained.target, explained.ledger
    label = explained.label.in_(words.locale)
    name = target.name if label == target.name else f"{target.name} {label}"
    print_text("")
    print_text(
        f"{words.say('target', '目标')} {name} · {words.state(target.state)} · "
        f"{words.say('limit', '时限')} {target.limit} ({target.rule}) · "
        f"{words.say('due', '截止')} {words.time(target.due)}"
    )
    if target.asked_at is not None:
        asked, began = words.time(target.asked_at), words.time(target.started_at)
        print_text(
            words.say(
                f"began at {began}: at {asked} {target.opens} was closed",
                f"{began} 起计：{asked} 时 {target.opens} 不在服务时间",
            ),
            indent=4,
        )
    if ledger is None:
        print_text(words.say("its calendar is not kept", "未保存其日历"), indent=4)
        return
    rows = [
        (
            words.moment(segment.start),
            words.moment(segment.end),
            words.state(segment.kind),
            words.duration(segment.seconds),
        )
        for segment in ledger.segments
    ]
    if rows:
        head = words.say("From To Clock Duration", "开始 结束 计时 时长").split()
        print_table(head, rows, fixed=(0, 1, 2, 3), indent=4)
    sums = (
        (words.say("used", "已用"), ledger.used_seconds),
        (words.say("budget", "限额"), ledger.budget_seconds),
        (words.say("left", "剩余"), ledger.left_seconds),
    )
    print_text(" · ".join(f"{word} {words.duration(value)}" for word, value in sums), indent=4)
