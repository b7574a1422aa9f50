"""Files that come with a ticket: judged, named and kept by each action; mail loses only them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ruledesk.codec.records import body_from_dict, body_to_dict
from ruledesk.desk.intake import Intake
from ruledesk.desk.service import Desk
from ruledesk.errors import NotFound, Refused
from ruledesk.hooks.kinds import File, RawInput
from ruledesk.model.action import Note, Submit
from ruledesk.testing.desks import make_desk

RULESET = """
[ruleset]
name = "evidence"
version = "1"
[number]
format = "{department}{seq:03}"
department = "CS"
[fields.phenomenon]
wanted = true
[attachments]
types = ["image/*", "txt"]
max_size = "1KB"
max_count = 3
name = "{kind}-{seq:02}-{order}"
[attachments.kinds]
screenshot = ["image/*"]
order = []
[stages.route]
hit = "first"
sets = ["team"]
default = { team = "it" }
"""
JPG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000")
EXE = b"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff\0\0"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    (tmp_path / "ruleset.toml").write_text(RULESET, encoding="utf-8")
    made = make_desk(
        {
            "lines": {"main": {"ruleset": str(tmp_path / "ruleset.toml")}},
            "teams": {"it": {"agents": ["A1"]}, "sales": {"agents": ["S1"]}},
            "agents": {"A1": {}, "S1": {}},
        },
        folder=tmp_path,
    )
    yield made
    made.close()


def submit(desk: Desk, at: datetime, *files: File, **fields: Any) -> str:
    return desk.submit(
        by="requester", line="main", channel="web", fields=fields, at=at, files=files
    ).number


def names(desk: Desk, number: str) -> list[str]:
    return [one.name for one in desk.ticket(number).attachments]


@pytest.mark.requirement("B5")
def test_files_are_named_and_kept(desk: Desk, start: datetime) -> None:
    number = submit(
        desk, start, File("报错.JPG", JPG, "x/y"), File("单.jpg", JPG, kind="order"), order="DD 1"
    )
    assert names(desk, number) == ["screenshot-01-DD-1.jpg", "order-01-DD-1.jpg"]
    first, second = desk.ticket(number).attachments
    assert (first.kind, first.media_type, first.original) == (
        "screenshot",
        "image/jpeg",
        "报错.JPG",
    )
    assert (second.kind, second.size) == ("order", len(JPG))
    assert desk.store.blob(first.sha256) == JPG


@pytest.mark.requirement("A3", "B5", "D9")
def test_each_action_that_takes_files(desk: Desk, start: datetime) -> None:
    number = submit(desk, start, File("a.jpg", JPG))
    desk.act(number, "collaborate", by="agent:A1", fields={"team": "sales", "duty": "x"}, at=start)
    for action, by, fields in (
        ("note", "agent:A1", {"text": "x"}),
        ("provide_info", "requester", {"fields": {"order": "DD2"}}),
        ("answer_task", "agent:S1", {"task": 1, "text": "x"}),
    ):
        with pytest.raises(Refused, match=r"b\.jpg.*accepted: jpg, png"):
            desk.act(number, action, by=by, fields=fields, at=start, files=[File("b.jpg", EXE)])
        if len(names(desk, number)) < 3:
            desk.act(number, action, by=by, fields=fields, at=start, files=[File("b.jpg", JPG)])
    assert names(desk, number) == [
        "screenshot-01.jpg",
        "screenshot-02.jpg",
        "screenshot-03-DD2.jpg",
    ]
    with pytest.raises(Refused, match=r"attachments: too many attachments: 4 \(accepted: ≤ 3\)"):
        desk.act(
            number,
            "answer_task",
            by="agent:S1",
            fields={"task": 1, "text": "x"},
            at=start,
            files=[File("b.jpg", JPG)],
        )


@pytest.mark.requirement("A3")
def test_files_can_be_what_an_action_must_come_with(start: datetime, tmp_path: Path) -> None:
    (tmp_path / "ruleset.toml").write_text(
        f'{RULESET}[actions.note]\nrequired = ["attachments"]\n', encoding="utf-8"
    )
    made = make_desk({"lines": {"main": {"ruleset": str(tmp_path / "ruleset.toml")}}})
    number = submit(made, start)
    act = partial(made.act, number, "note", by="requester", fields={"text": "x"}, at=start)
    for files in ([], [File("a.jpg", EXE)]):
        with pytest.raises(Refused, match=r"^attachments"):
            act(files=files)
    act(files=[File("a.jpg", JPG)])
    assert names(made, number) == ["screenshot-01.jpg"]
    made.close()


@pytest.mark.requirement("F4")
def test_of_what_is_refused_no_file_is_kept(
    desk: Desk, start: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = submit(desk, start)
    kept: list[bytes] = []
    monkeypatch.setattr(type(desk.store), "put_blob", lambda _, content: kept.append(content))
    good = [File("a.jpg", JPG)]
    with pytest.raises(Refused, match="task"):
        desk.act(
            number, "answer_task", by="agent:A1", fields={"task": 1, "text": "x"}, at=start,
            files=good,
        )  # fmt: skip
    with pytest.raises(Refused, match="colour"):
        desk.act(
            number, "provide_info", by="requester", fields={"fields": {"colour": "x"}}, at=start,
            files=good,
        )  # fmt: skip
    with pytest.raises(Refused, match="clock"):
        desk.act(
            number, "note", by="requester", fields={"text": "x"}, at=start - timedelta(seconds=1),
            files=good,
        )  # fmt: skip
    with pytest.raises(Refused, match="colour"):
        submit(desk, start, *good, colour="x")
    with pytest.raises(NotFound):
        desk.act("X", "note", by="requester", fields={"text": "x"}, at=start, files=good)
    assert not kept


@pytest.mark.requirement("A3", "F3")
def test_a_lenient_intake_is_taken_without_what_the_policy_refuses(
    desk: Desk, start: datetime
) -> None:
    files = tuple(File(f"{n}.jpg", JPG) for n in range(4))
    intake = Intake(
        "requester", "main", "email", {"phenomenon": "x"}, (File("x.jpg", EXE), *files),
        lenient=True,
    )  # fmt: skip
    ticket = desk.take(intake, start)
    assert [one.original for one in ticket.attachments] == ["0.jpg", "1.jpg", "2.jpg"]
    assert ticket.missing == ()
    (note,) = (one for one in desk.store.events(ticket.number) if isinstance(one.body, Note))
    assert note.actor == "system"
    assert not note.body.public
    assert "attachments[1]: is named .jpg, but its content is exe: 'x.jpg'" in note.body.text
    assert "文件名为 .jpg" in note.body.text
    assert "too many attachments" in note.body.text


def mail(name: str, text: str, *files: bytes, answers: str = "") -> RawInput:
    message = EmailMessage()
    message["From"], message["To"] = "z@example.com", "desk@example.com"
    message["Subject"], message["Message-ID"] = text, name
    if answers:
        message["In-Reply-To"] = answers
    message.set_content(text)
    for place, content in enumerate(files):
        message.add_attachment(content, maintype="image", subtype="jpeg", filename=f"{place}.jpg")
    return RawInput(bytes(message), "message/rfc822")


@pytest.mark.requirement("A3", "F3", "C3")
def test_an_answer_by_mail_is_taken_without_what_the_policy_refuses(
    desk: Desk, start: datetime
) -> None:
    first = mail("<1@example.com>", "登录失败", JPG)
    (receipt,) = desk.receive("email", first, at=start, line="main")
    number = receipt.ticket
    second = mail("<2@example.com>", "看附件", EXE, JPG, answers="<1@example.com>")
    (receipt,) = desk.receive("email", second, at=start)
    assert (receipt.kind, receipt.ticket) == ("follow_up", number)
    assert names(desk, number) == ["screenshot-01.jpg", "screenshot-02.jpg"]
    notes = [one for one in desk.store.events(number) if isinstance(one.body, Note)]
    assert [one.actor for one in notes] == ["requester", "system"]
    assert "0.jpg" in notes[1].body.text


@pytest.mark.requirement("B2")
def test_the_rulesets_department_is_in_the_number(desk: Desk, start: datetime) -> None:
    assert submit(desk, start) == "CS001"


@pytest.mark.requirement("B2")
def test_the_lines_department_comes_first(tmp_path: Path, start: datetime) -> None:
    (tmp_path / "ruleset.toml").write_text(RULESET, encoding="utf-8")
    line = {"ruleset": str(tmp_path / "ruleset.toml"), "department": "HR"}
    desk = make_desk({"lines": {"main": line}}, folder=tmp_path)
    assert submit(desk, start) == "HR001"
    desk.close()


@pytest.mark.requirement("A4")
def test_what_is_wanted_flags_the_ticket_until_it_is_given(desk: Desk, start: datetime) -> None:
    number = submit(desk, start)
    assert desk.ticket(number).missing == ("phenomenon",)
    assert "incomplete" in desk.ticket(number).flags
    fields = {"fields": {"phenomenon": "不制冷"}}
    desk.act(number, "provide_info", by="requester", fields=fields, at=start)
    assert desk.ticket(number).missing == ()
    assert "incomplete" not in desk.ticket(number).flags


def test_an_attachment_with_all_it_has_is_written_and_read_back(
    desk: Desk, start: datetime
) -> None:
    number = submit(desk, start, File("报错.jpg", JPG))
    (event,) = (one for one in desk.store.events(number) if isinstance(one.body, Submit))
    assert body_from_dict("submitted", body_to_dict(event.body)) == event.body
