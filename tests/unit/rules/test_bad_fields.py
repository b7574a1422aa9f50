"""Bad input is refused with field, value and what would do, in zh and en; nothing is kept."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ruledesk.desk.service import Desk
from ruledesk.errors import ABSENT, Problem, Refused
from ruledesk.hooks.kinds import File
from ruledesk.testing.desks import make_desk

pytestmark = pytest.mark.requirement("F4", "F5")

RULESET = """
[ruleset]
name = "bad-input"
version = "1.0.0"
[number]
format = "N{seq:03}"

[fields.type]
required = true
[fields.type.values]
repair = { en = "Repair", zh = "维修" }
consult = { en = "Consultation", zh = "咨询" }
[fields.urgency]
default = "normal"
[fields.urgency.values]
normal = { en = "Normal", zh = "一般" }
urgent = { en = "Urgent", zh = "紧急" }
[fields.description]
required = true
min_length = 3
max_length = 50
[fields.contact]
required = true
any_of = ["requester.id", "requester.phone"]
[fields."requester.phone"]
pattern = '1\\d{10}'
pattern_hint = { en = "11 digits", zh = "11 位手机号" }
[fields."requester.level".values]
vip = { en = "VIP customer", zh = "重要客户" }
normal = { en = "Normal customer", zh = "普通客户" }
[fields.affected_users]
minimum = 0
maximum = 1000
[fields.loss]
minimum = 0
[fields.model]
kind = "text"
when = 'type == "repair"'
required = true
max_length = 10
[fields.fragile]
kind = "boolean"
[fields.weight]
kind = "number"
maximum = 9.5
[fields.tags]
kind = "set"
[fields.tags.values]
noise = { en = "Noise", zh = "异响" }
leak = { en = "Leak", zh = "漏水" }
[categories]
"repair/kitchen" = { en = "Kitchen", zh = "厨房" }

[attachments]
types = ["jpg", "pdf", "txt"]
max_size = "1KB"
max_count = 3

[policy]
plan_approval = 'type == "repair"'
[stages.route]
hit = "first"
sets = ["team"]
default = { team = "it" }
"""
GOOD: dict[str, Any] = {
    "type": "repair",
    "description": "冰箱不制冷",
    "model": "BX-1",
    "requester": {"name": "Zhang", "phone": "13800000001"},
}
EXE = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00"
CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder: Path = tmp_path_factory.mktemp("bad")
    (folder / "ruleset.toml").write_text(RULESET, encoding="utf-8")
    made = make_desk(
        {
            "desk": {"timezone": "Asia/Shanghai", "locale": "zh-CN"},
            "lines": {"main": {"ruleset": str(folder / "ruleset.toml")}},
            "teams": {"it": {"head": "H1", "agents": ["A1", "A2"]}, "sales": {"agents": ["S1"]}},
            "agents": {"H1": {}, "A1": {}, "A2": {}, "S1": {}},
        },
        folder=folder,
    )
    yield made
    made.close()


def hand_in(desk: Desk, at: datetime, fields: dict[str, Any], files: tuple[File, ...] = ()) -> Any:
    return desk.submit(
        by="requester", line="main", channel="web", fields=fields, at=at, files=files
    )


def refusal(desk: Desk, attempt: Callable[[], Any]) -> dict[str, Problem]:
    """What an attempt is refused for; nothing may have been stored."""
    before = dict(desk.store.counts())
    with pytest.raises(Refused) as refused:
        attempt()
    assert dict(desk.store.counts()) == before
    for problem in refused.value.problems:
        assert problem.en
        assert not CHINESE.search(problem.en)
        assert CHINESE.search(problem.zh)
        assert problem.field
    return {problem.field: problem for problem in refused.value.problems}


# -- fields -----------------------------------------------------------------------------------

FIELDS = [
    # missing
    ("type", None, "repair (Repair 维修)"),
    ("type", "", "repair (Repair 维修)"),
    ("description", None, "text"),
    ("description", " \n", "text"),
    ("model", None, "text"),
    ("requester", {}, "requester.phone"),
    ("requester", {"email": "z@example.com"}, "requester.id"),
    # of the wrong type
    ("type", 5, "text"),
    ("type", ["repair"], "text"),
    ("urgency", True, "text"),
    ("description", 5, "text"),
    ("description", ["x"], "text"),
    ("affected_users", "5", "integer"),
    ("affected_users", 5.5, "integer"),
    ("affected_users", True, "integer"),
    ("affected_users", 10**30, "integer"),
    ("loss", "5", "number"),
    ("loss", float("nan"), "number within ±10000000000000"),
    ("weight", "heavy", "number"),
    ("fragile", "yes", "true"),
    ("fragile", 1, "true"),
    ("tags", "noise", "list of text"),
    ("tags", [5], "text"),
    ("occurred_at", 5, "2026-11-02T09:00:00+08:00"),
    ("occurred_at", "yesterday", "2026-11-02T09:00:00+08:00"),
    ("occurred_at", "2026-11-02T09:00:00", "2026-11-02T09:00:00+08:00"),
    ("expected_by", "9999-12-31T23:59:59+00:00", "2026-11-02T09:00:00+08:00"),
    ("custom", "x", "mapping"),
    ("requester", "Zhang", "mapping"),
    ("requester", {"phone": 13800000001}, "text"),
    # too long, too short, out of range, of another form
    ("description", "x" * 51, "≤ 50"),
    ("description", " xy ", "≥ 3"),
    ("model", "x" * 11, "≤ 10"),
    ("affected_users", -1, ">= 0"),
    ("affected_users", 1001, "<= 1000"),
    ("loss", -0.01, ">= 0"),
    ("weight", 9.51, "<= 9.5"),
    ("requester", {"phone": "110"}, "11 digits 11 位手机号"),
    ("requester", {"phone": "13800000001", "email": "nobody"}, "name@example.com"),
    # in the wrong language, misspelt, of another list
    ("type", "Reparatur", "repair (Repair 维修)"),
    ("type", "修理", "repair (Repair 维修)"),
    ("urgency", "緊急", "urgent (Urgent 紧急)"),
    ("urgency", "dringend", "normal (Normal 一般)"),
    ("tags", ["noise", "Geräusch"], "leak (Leak 漏水)"),
    ("category", "浴室", "repair/kitchen (Kitchen 厨房)"),
    ("requester", {"phone": "13800000001", "level": "king"}, "vip (VIP customer 重要客户)"),
    # unreadable
    ("description", "a\0bcd", "printable text 可显示的文本"),
    ("description", "abc\x1b[31m", "printable text 可显示的文本"),
    ("description", "abc\x85", "printable text 可显示的文本"),
    ("description", "abc\ud800", "printable text 可显示的文本"),
    ("model", "BX\x07", "printable text 可显示的文本"),
    ("type", "repair\0", "printable text 可显示的文本"),
    ("requester", {"name": "Zh\0ang", "phone": "13800000001"}, "printable text 可显示的文本"),
    # unknown
    ("colour", "blue", None),
    ("descripton", "x", "description"),
    ("status", "closed", None),
    ("contact", "13800000001", None),
    ("requester", {"phone": "13800000001", "age": 5}, None),
]
#: Where a problem of `requester` is told.
INSIDE = {
    "age": "requester.age",
    "email": "requester.email",
    "level": "requester.level",
    "name": "requester.name",
    "phone": "requester.phone",
}


@pytest.mark.parametrize(("name", "value", "accepted"), FIELDS)
def test_a_bad_field(
    name: str, value: Any, accepted: str | None, desk: Desk, start: datetime
) -> None:
    fields = {**GOOD, name: value}
    told = refusal(desk, lambda: hand_in(desk, start, fields))
    assert len(told) == 1
    (problem,) = told.values()
    assert problem.field in {name, "contact"} | {*INSIDE.values()}
    assert problem.accepted
    assert accepted is None or accepted in problem.accepted
    assert repr(problem.value) == repr(wrong_part(name, value, problem.field))


def wrong_part(name: str, value: Any, told: str) -> Any:
    """What of the value the problem should show; nothing where it is missing."""
    part = value
    if name == "requester" and isinstance(value, dict):
        part = value.get(told.partition(".")[2])
    elif name == "tags" and isinstance(value, list):
        part = value[-1]
    blank = part is None or (isinstance(part, str) and not part.strip())
    return ABSENT if blank else part


def test_a_field_of_another_type_of_ticket(desk: Desk, start: datetime) -> None:
    fields = {**GOOD, "type": "consult"}
    (problem,) = refusal(desk, lambda: hand_in(desk, start, fields)).values()
    assert (problem.field, problem.value) == ("model", "BX-1")
    assert problem.en == "belongs to the form only where type is Repair (repair)"
    assert problem.zh == "仅当type为维修 (repair)时填写"
    del fields["model"]
    assert hand_in(desk, start, fields).custom == {}


def test_everything_wrong_is_told_at_once(desk: Desk, start: datetime) -> None:
    fields = {"type": "x", "urgency": "y", "loss": "z", "nonsense": 1, "requester": {"phone": "1"}}
    told = refusal(desk, lambda: hand_in(desk, start, fields, (File("a.pdf", EXE),)))
    wanted = {"type", "urgency", "loss", "nonsense", "requester.phone", "description"}
    assert set(told) == {*wanted, "attachments[1]"}


def test_a_refusal_leaves_no_gap(desk: Desk, start: datetime) -> None:
    first = hand_in(desk, start, GOOD).number
    refusal(desk, lambda: hand_in(desk, start, {**GOOD, "type": "x"}))
    assert int(hand_in(desk, start, GOOD).number[1:]) == int(first[1:]) + 1


def test_labels_in_both_languages_are_words(desk: Desk, start: datetime) -> None:
    fields = {
        **GOOD,
        "type": "维修",
        "urgency": "URGENT",
        "tags": ["异响", "leak"],
        "category": "厨房",
    }
    ticket = hand_in(desk, start, fields)
    assert (ticket.type, ticket.urgency, ticket.category) == ("repair", "urgent", "repair/kitchen")
    assert ticket.custom["tags"] == ("noise", "leak")


def test_labels_are_words_in_actions_too(desk: Desk, start: datetime) -> None:
    number = hand_in(desk, start, GOOD).number
    desk.act(number, "acknowledge", by="agent:A1", fields={"category": "厨房"}, at=start)
    ticket = desk.act(number, "classify", by="agent:A1", fields={"urgency": "紧急"}, at=start)
    assert (ticket.category, ticket.urgency) == ("repair/kitchen", "urgent")
    with pytest.raises(Refused, match="urgency"):
        desk.act(number, "classify", by="agent:A1", fields={"urgency": "eilig"}, at=start)
    given = {"fields": {"urgency": "一般"}}
    ticket = desk.act(number, "provide_info", by="requester", fields=given, at=start)
    assert ticket.urgency == "normal"


# -- attachments ------------------------------------------------------------------------------


@pytest.mark.requirement("A3")
@pytest.mark.parametrize(
    ("file", "said", "accepted"),
    [
        (File("报告.pdf", EXE), "is named .pdf, but its content is exe", "pdf"),
        (File("a.exe", EXE), "its content is exe", "jpg"),
        (File("log.txt", b"GIF89a\x01\x00"), "is named .txt, but its content is gif", "txt"),
        (File("photo.jpg", "文字".encode()), "but its content is plain text", "jpg"),
        (File("photo.jpg", b"\x00\x01\x02"), "but its content is something else", "jpg"),
        (File("log.txt", b"abc\0"), "but its content is something else", "txt"),
        (File("page.html", b"<p>x</p>"), "its content is plain text", "txt"),
        (File("x.txt", b"x" * 1025), "is too large: 1KB (1025 bytes)", "≤ 1KB"),
        (File("a\0.txt", b"x"), "text with NUL", "printable text 可显示的文本"),
    ],
)
def test_a_bad_attachment(
    file: File, said: str, accepted: str, desk: Desk, start: datetime
) -> None:
    (problem,) = refusal(desk, lambda: hand_in(desk, start, GOOD, (file,))).values()
    assert problem.field.startswith("attachments[1]")
    assert problem.value == file.name
    assert said in problem.en
    assert accepted in problem.accepted
    ticket = hand_in(desk, start, GOOD)
    for action in ("note", "provide_info"):
        told = refusal(
            desk,
            lambda action=action: desk.act(
                ticket.number, action, by="requester", fields={"text": "x"}, at=start, files=[file]
            ),
        )
        assert set(told) == {problem.field}


@pytest.mark.requirement("A3")
def test_too_many_attachments(desk: Desk, start: datetime) -> None:
    files = tuple(File(f"{n}.txt", b"x") for n in range(4))
    (problem,) = refusal(desk, lambda: hand_in(desk, start, GOOD, files)).values()
    assert (problem.field, problem.value, problem.accepted) == ("attachments", 4, ("≤ 3",))
    ticket = hand_in(desk, start, GOOD, files[:2])
    (problem,) = refusal(
        desk,
        lambda: desk.act(
            ticket.number, "note", by="requester", fields={"text": "x"}, at=start, files=files[2:]
        ),
    ).values()
    assert (problem.field, problem.value) == ("attachments", 4)


def test_an_action_that_takes_no_attachments(desk: Desk, start: datetime) -> None:
    ticket = hand_in(desk, start, GOOD)
    told = refusal(
        desk,
        lambda: desk.act(ticket.number, "accept", by="agent:A1", at=start, files=[File("a", b"")]),
    )
    assert told["attachments"].accepted == ("submit", "provide_info", "note", "answer_task")


# -- actions ----------------------------------------------------------------------------------


URGENT = "urgent (Urgent 紧急)"
NORMAL = "normal (Normal 一般)"
KITCHEN = "repair/kitchen (Kitchen 厨房)"
TEXT = "printable text 可显示的文本"
INFO = "provide_info"
TASK = {"task": 1, "text": "x"}


def eta(start: datetime, minutes: int) -> str:
    return (start + timedelta(minutes=minutes)).isoformat()


@pytest.mark.parametrize(
    ("prior", "action", "by", "fields", "after", "field", "value", "accepted"),
    [
        # rating 6
        (("resolve",), "confirm", "requester", {"rating": 6}, 1, "rating", 6, "5"),
        (("resolve",), "confirm", "requester", {"rating": 0}, 1, "rating", 0, "1"),
        (("resolve",), "confirm", "requester", {"rating": "5"}, 1, "rating", "5", "integer"),
        (("resolve",), "rate", "requester", {"scores": {"x": 6}}, 1, "scores.x", 6, "5"),
        # an estimate in the past
        ((), "plan", "agent:A1", {"solution": "x", "eta": -5}, 1, "eta", None, "> "),
        ((), "collaborate", "agent:A1", {"team": "sales", "duty": "x", "due": -5}, 1, "due", None,
         "> "),
        # the clock goes backwards
        ((), "note", "requester", {"text": "x"}, -1, "at", None, ">= "),
        ((), "accept", "agent:A1", {}, -1, "at", None, ">= "),
        # approval by the wrong person
        (("plan",), "approve_plan", "agent:A1", {}, 1, "by", "agent:A1", "supervisor"),
        (("plan",), "approve_plan", "requester", {}, 1, "by", "requester", "supervisor"),
        (("plan",), "reject_plan", "agent:S1", {"reason": "x"}, 1, "by", "agent:S1", "supervisor"),
        ((), "approve_plan", "agent:H1", {}, 1, "action", "approve_plan", None),
        (("plan",), "reject_plan", "agent:H1", {}, 1, "reason", None, None),
        # an answer to a ticket that is closed, or over
        (("close",), INFO, "requester", {"text": "x"}, 1, "action", INFO, "note"),
        (("cancel",), INFO, "requester", {"text": "x"}, 1, "action", INFO, None),
        (("close",), "answer_task", "agent:A1", TASK, 1, "action", "answer_task", "reopen"),
        ((), "answer_task", "agent:H1", TASK, 1, "task", 1, None),
        # who and where nobody knows
        ((), "assign", "agent:H1", {"team": "itt"}, 1, "team", "itt", "it"),
        ((), "assign", "agent:H1", {"agent": "A9"}, 1, "agent", "A9", "A1"),
        ((), "collaborate", "agent:A1", {"team": "法务", "duty": "x"}, 1, "team", "法务", "sales"),
        ((), "escalate", "agent:A1", {"to": "team:none"}, 1, "to", "none", "it"),
        ((), "escalate", "agent:A1", {"to": "somebody"}, 1, "to", "somebody", "head"),
        ((), "accept", "agent:A9", {}, 1, "by", "agent:A9", "agent:A1"),
        ((), "accept", "A1", {}, 1, "by", "A1", "agent:<id>"),
        # words of the ruleset, and of nobody
        ((), "classify", "agent:A1", {"urgency": "eilig"}, 1, "urgency", "eilig", URGENT),
        ((), "acknowledge", "agent:A1", {"category": "x"}, 1, "category", "x", KITCHEN),
        ((), INFO, "requester", {"fields": {"urgency": "x"}}, 1, "urgency", "x", NORMAL),
        ((), INFO, "requester", {"fields": {"loss": "x"}}, 1, "loss", "x", "number"),
        ((), INFO, "requester", {"fields": {"colour": "x"}}, 1, "colour", "x", None),
        ((), "note", "requester", {"text": "a\0"}, 1, "text", "a\0", TEXT),
        ((), "note", "requester", {"text": "a\x1b"}, 1, "text", "a\x1b", TEXT),
        ((), "note", "requester", {"text": 5}, 1, "text", 5, "text"),
        ((), "note", "requester", {"text": "x", "colour": 5}, 1, "colour", 5, None),
        ((), "resolve", "agent:A1", {}, 1, "solution", None, None),
        ((), "resolv", "agent:A1", {}, 1, "action", "resolv", "resolve"),
        ((), "merge", "agent:A1", {"into": "N9999"}, 1, "into", "N9999", None),
    ],
)  # fmt: skip
def test_a_bad_action(
    prior: tuple[str, ...],
    action: str,
    by: str,
    fields: dict[str, Any],
    after: int,
    field: str,
    value: Any,
    accepted: str | None,
    desk: Desk,
    start: datetime,
) -> None:
    number = hand_in(desk, start, GOOD).number
    before: dict[str, dict[str, Any]] = {
        "resolve": {"solution": "x"},
        "plan": {"solution": "x", "eta": eta(start, 60)},
    }
    for done in prior:
        desk.act(number, done, by="agent:A1", fields=before.get(done, {}), at=start)
    fields = {key: eta(start, one) if key in ("eta", "due") else one for key, one in fields.items()}
    at = start + timedelta(minutes=after)
    told = refusal(desk, lambda: desk.act(number, action, by=by, fields=fields, at=at))
    assert set(told) == {field}
    problem = told[field]
    assert value is None or problem.value == value
    assert accepted is None or any(one.startswith(accepted) for one in problem.accepted)


def test_unknown_line_and_ticket(desk: Desk, start: datetime) -> None:
    told = refusal(
        desk,
        lambda: desk.submit(by="requester", line="mian", channel="web", fields=GOOD, at=start),
    )
    assert told["line"].accepted == ("main",)
    before = dict(desk.store.counts())
    with pytest.raises(Exception, match="number: no such ticket: 'N9999'") as refused:
        desk.act("N9999", "note", by="requester", fields={"text": "x"}, at=start)
    assert "没有此工单" in refused.value.text("zh")
    assert dict(desk.store.counts()) == before
