"""The first lines of a comparison's report: the answer, and what was compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Final

from ruledesk.pilot.comparison.values import Comparison, Header, Identity, Tickets
from ruledesk.pilot.comparison.words import Words
from ruledesk.pilot.plain import clean

_UNLIKE: Final = 10
_RULES: Final = 12
_HASH: Final = 12


def headline_of(answer: Comparison, words: Words) -> Iterator[str]:
    """Say how many tickets are decided differently, then how, a line each."""
    counts = answer.counts.tickets
    share = f"{100 * counts.decided / counts.scanned:.1f} %" if counts.scanned else "0 %"
    yield words.say(
        f"{counts.decided} of {words.tickets(counts.scanned)} "
        f"{'is' if counts.decided == 1 else 'are'} decided differently ({share})",
        f"{counts.scanned} 张工单中有 {counts.decided} 张决策不同（{share}）",
    )
    if answer.counts.fields:
        yield _listed(answer.counts.fields, words)
    yield from _others(counts, answer, words)
    yield words.say(f"{words.tickets(counts.same)}: nothing differs", f"{counts.same} 张完全相同")


def _others(counts: Tickets, answer: Comparison, words: Words) -> Iterator[str]:
    if counts.later:
        ends = ", ".join(words.field(name) for name in answer.counts.ends)
        yield words.say(
            f"{words.tickets(counts.later)}: decided the same, then another course ({ends})",
            f"{counts.later} 张决策相同，但后续不同（{ends}）",
        )
    if counts.handler:
        yield words.say(
            f"{words.tickets(counts.handler)}: the same, but somebody else gets it",
            f"{counts.handler} 张仅处理人不同",
        )
    if counts.refused:
        yield words.say(
            f"{words.tickets(counts.refused)}: refused by the tried ruleset",
            f"{counts.refused} 张被试用规则集拒绝",
        )
    if counts.taken:
        yield words.say(
            f"{words.tickets(counts.taken)}: taken by the tried ruleset only",
            f"{counts.taken} 张仅试用规则集受理",
        )


def _listed(fields: Mapping[str, int], words: Words) -> str:
    return ", ".join(f"{words.field(name)} {count}" for name, count in fields.items())


def head_of(answer: Comparison, words: Words, zone: tzinfo) -> Iterator[tuple[str, str]]:
    """Say what was compared: a label and a text each."""
    header = answer.header
    yield words.word("window"), f"{_time(header.start, zone)} – {_time(header.until, zone)}"
    for one in header.current:
        yield words.word("current"), _identity(one)
    yield words.word("candidate"), _identity(header.candidate)
    yield words.word("rules"), _rules(header, words)
    yield words.word("scanned"), _scanned(answer, words)
    if answer.refusals.stood_in:
        yield words.word("stood in"), _stood_in(answer.refusals.stood_in, words)
    yield words.word("deterministic"), _verdict(header, words)


def _identity(one: Identity) -> str:
    return f"{clean(one.ruleset)} · {one.hash[:_HASH]} · {one.file}"


def _rules(header: Header, words: Words) -> str:
    parts = [
        f"{words.word(state)}: {_some(names, _RULES)}"
        for state, names in (
            ("changed", header.changed), ("added", header.added), ("removed", header.removed)
        )
        if names
    ]  # fmt: skip
    return "; ".join(parts) or words.word("nothing")


def _scanned(answer: Comparison, words: Words) -> str:
    header, scanned = answer.header, answer.counts.tickets.scanned
    text = words.say(
        f"{scanned} scanned, line {header.line}; {header.skipped_tickets} of other lines skipped",
        f"比较 {scanned} 张（业务线 {header.line}）；跳过其他业务线 {header.skipped_tickets} 张",
    )
    if header.files > 1 or header.skipped_files:
        text += words.say(
            f"; {header.files} scenarios or recordings, {header.skipped_files} skipped",
            f"；{header.files} 个场景或录制，跳过 {header.skipped_files} 个",
        )
    return text


def _stood_in(steps: int, words: Words) -> str:
    return words.say(
        f"{steps} were done by the handler whom the tried ruleset chose, instead of the one of the "
        "recording",
        f"{steps} 步由试用规则集所派的处理人代替录制中的处理人执行",
    )


def _verdict(header: Header, words: Words) -> str:
    if header.deterministic is None:
        return words.say("not looked at (--once)", "未检查（--once）")
    if header.deterministic:
        return words.say(
            "yes: replayed twice, the current ruleset gave the same events",
            "是：现行规则集重放两次，事件完全相同",
        )
    names = _some(header.unlike, _UNLIKE)
    return words.say(
        f"NO: replayed twice, the current ruleset gave other events for {names}; "
        "what differs may not come from the rules",
        f"否：现行规则集重放两次，以下工单事件不同：{names}；差异未必来自规则",
    )


def _time(at: datetime, zone: tzinfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def _some(names: Sequence[str], most: int) -> str:
    hidden = len(names) - most
    listed = ", ".join(map(clean, names[:most]))
    return f"{listed} … +{hidden}" if hidden > 0 else listed
