"""Reads one step of a scenario or recording."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

import attrs
from attrs import frozen

from ruledesk.errors import suggestion
from ruledesk.model.action import BY_NAME
from ruledesk.pilot.calls import KEYS, read_call
from ruledesk.pilot.entry import Entry
from ruledesk.pilot.expectations import read_expectations
from ruledesk.pilot.input import read_enclosures, read_raw
from ruledesk.pilot.times import parse_offset
from ruledesk.pilot.values import Enclosure, Head, Step

RECEIVE: Final = "receive"
#: The telephone system says more of a call.
CALL: Final = "call"
DEFAULT_NAME: Final = "ticket"
#: Only the requester does these, so nobody has to say so.
_BY_REQUESTER: Final = ("submit", "provide_info", "confirm", "decline", "rate")
_FILES: Final = "attachments"
#: Times that a scenario may write as offsets, too, as it does with its own.
_MOMENTS: Final = ("due", "eta", "occurred_at", "expected_by")
_ACTORS: Final = ("requester", "agent:<id>", "system")
_LOOKING: Final = ("at", "ticket", "expect")
_ACTING: Final = (*_LOOKING, "do", "by", "with", "refused")
_SUBMITTING: Final = ("at", "do", "as", "by", "line", "channel", "with", "expect", "refused")
_RECEIVING: Final = ("at", "do", "as", "line", "channel", "raw", "expect", "refused")
_CALLING: Final = ("at", "do", "ticket", "with", "expect")
_ALL: Final = tuple(dict.fromkeys((*_ACTING, *_SUBMITTING, *_RECEIVING)))


@frozen
class Before:
    """What the steps before a step leave to it.

    Attributes:
        at: The time of the last one.
        names: The names that tickets have been given.
    """

    at: datetime
    names: Collection[str]


def read_step(entry: Entry, number: int, head: Head, before: Before) -> Step | None:
    """Read a step. Problems are noted on the entry's source.

    Args:
        entry: The step's mapping.
        number: Its place, from 1.
        head: The head of its scenario or recording.
        before: What the steps before it leave to it.

    Returns:
        The step; None where it is of no use even for reading on.
    """
    if entry.mapping() is None:
        return None
    at = _read_at(entry, head, before)
    do = _read_do(entry)
    _check_keys(entry, do)
    expect = read_expectations(entry.at("expect"), head.start) if entry.has("expect") else ()
    step = Step(
        number=number,
        at=at,
        written_at=str(entry.value.get("at", "")),
        source_line=entry.line,
        do=do,
        name=_read_name(entry, do),
        ticket=entry.text("ticket"),
        by=_read_by(entry, do),
        line=entry.text("line"),
        channel=_read_channel(entry, do, head),
        fields=_read_fields(entry, do, head),
        enclosures=_read_enclosures(entry, do, head),
        raw=_read_raw(entry, do, head),
        call=_read_call(entry, do, head),
        refused=_read_refused(entry),
        expect=expect,
    )
    _check_tickets(entry, step, before)
    return step


def _read_at(entry: Entry, head: Head, before: Before) -> datetime:
    if not entry.has("at"):
        entry.missing("at", "an offset such as 5m, or a time")
        return before.at
    at = entry.at("at").instant(head.start)
    if at is None:
        return before.at
    if at < before.at:
        entry.at("at").problem(
            "earlier than the step before",
            "早于上一步",
            value=entry.value["at"],
            accepted=(f"{before.at.isoformat()} or later",),
        )
        return before.at
    return at


def _read_do(entry: Entry) -> str:
    do = entry.text("do")
    if do and do not in (RECEIVE, CALL) and do not in BY_NAME:
        known = (*BY_NAME, RECEIVE, CALL)
        entry.at("do").problem(
            "unknown action", "未知的操作", value=do, accepted=suggestion(do, known)
        )
        return "?"
    return do


def _check_keys(entry: Entry, do: str) -> None:
    """Note unknown keys, and known ones that mean nothing for what the step does."""
    allowed = {"": _LOOKING, "?": _ALL, "submit": _SUBMITTING, RECEIVE: _RECEIVING, CALL: _CALLING}
    useful = allowed.get(do, _ACTING)
    entry.only(_ALL)
    for key in entry.value:
        if key in _ALL and key not in useful and key != "do":
            what = f"`do: {do}`" if do else "a step without `do`"
            entry.at(key).problem(
                f"{what} has no {key!r}",
                f"{what if do else '没有 do 的步骤'}不使用 {key!r}",
                accepted=useful,
            )


def _read_name(entry: Entry, do: str) -> str:
    return entry.text("as", DEFAULT_NAME) if do in ("submit", RECEIVE) else ""


def _read_by(entry: Entry, do: str) -> str:
    if not entry.has("by"):
        if do in _BY_REQUESTER:
            return "requester"
        if do not in ("", "?", RECEIVE, CALL):
            entry.missing("by", ", ".join(_ACTORS))
        return ""
    by = entry.text("by")
    kind, _, id_ = by.partition(":")
    if by and by not in ("requester", "system") and not (kind == "agent" and id_):
        near = (f"agent:{by}",) if ":" not in by else _ACTORS
        entry.at("by").problem("unknown actor", "未知的操作者", value=by, accepted=near)
    return by


def _read_channel(entry: Entry, do: str, head: Head) -> str:
    if do == RECEIVE:
        return entry.required_text("channel", "the name of a channel")
    return entry.text("channel", head.channel)


def _read_fields(entry: Entry, do: str, head: Head) -> Mapping[str, Any]:
    if not entry.has("with") or entry.at("with").value is None:
        return {}
    fields = entry.at("with").mapping() or {}
    if do == CALL:
        return {}
    aside = {_FILES} if _takes_files(do) else set()
    if do == "submit" and isinstance(fields.get(CALL), Mapping):
        aside.add(CALL)
    kept = {key: value for key, value in fields.items() if key not in aside}
    return {**kept, **_moments(kept, head.start)}


def _moments(fields: Mapping[str, Any], start: datetime) -> dict[str, str]:
    """Turn the times that are written as offsets from the start into ISO times."""
    written = {key: fields[key] for key in _MOMENTS if isinstance(fields.get(key), str)}
    offsets = {key: parse_offset(text) for key, text in written.items()}
    return {
        key: (start + offset).isoformat() for key, offset in offsets.items() if offset is not None
    }


def _read_enclosures(entry: Entry, do: str, head: Head) -> tuple[Enclosure, ...]:
    if not _takes_files(do) or not entry.at("with").has(_FILES):
        return ()
    return read_enclosures(entry.at("with").at(_FILES), head.file)


def _read_call(entry: Entry, do: str, head: Head) -> Mapping[str, Any] | None:
    """Read what is said of a call; one that is named only by its id is a field of the form."""
    if do == CALL:
        if not entry.has("with"):
            entry.missing("with", f"a mapping with {', '.join(KEYS)}")
            return None
        return read_call(entry.at("with"), head.start)
    given = entry.at("with").at(CALL) if do == "submit" and entry.has("with") else None
    if given is None or not isinstance(given.value, Mapping):
        return None
    return read_call(given, head.start)


def _takes_files(do: str) -> bool:
    return do in BY_NAME and _FILES in attrs.fields_dict(BY_NAME[do])


def _read_raw(entry: Entry, do: str, head: Head) -> Any:
    if do != RECEIVE:
        return None
    if not entry.has("raw"):
        entry.missing("raw", "a mapping with file, text, base64 or json")
        return None
    return read_raw(entry.at("raw"), head.file)


def _read_refused(entry: Entry) -> bool | str:
    value = entry.value.get("refused", False)
    if isinstance(value, bool) or (isinstance(value, str) and value.strip()):
        return value
    entry.at("refused").wrong("true, or a part of the error")
    return False


def _check_tickets(entry: Entry, step: Step, before: Before) -> None:
    """Note names of tickets that no step before has given."""
    acts = step.do not in ("", "?", "submit", RECEIVE, CALL)
    if not before.names and not step.name and (acts or step.expect):
        entry.problem(
            "there is no ticket yet", "尚无工单", accepted=("a submission before this step",)
        )
        return
    if step.ticket and step.ticket not in before.names:
        _unknown_ticket(entry, step.ticket, before.names)
    for part, expectation in zip(entry.at("expect").items(), step.expect, strict=False):
        if expectation.received and step.do != RECEIVE:
            part.at("received").problem("only `do: receive` receives", "只有 do: receive 才接收")
        name = expectation.ticket
        if name and name != step.name and name not in before.names:
            _unknown_ticket(part, name, {*before.names, step.name} - {""})


def _unknown_ticket(entry: Entry, name: str, names: Collection[str]) -> None:
    entry.at("ticket").problem(
        "unknown ticket",
        "未知的工单",
        value=name,
        accepted=suggestion(name, names)[:20] or ("a submission before this step",),
    )
