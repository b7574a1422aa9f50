"""A person that was erased is not in the bytes of the files either, open or closed."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ruledesk.desk.erasing import Erasing
from ruledesk.desk.person import find_person
from ruledesk.desk.service import Desk
from ruledesk.hooks.kinds import File, RawInput
from ruledesk.model.ticket import Call
from ruledesk.storage.interface import TicketQuery
from ruledesk.testing.desks import make_desk

pytestmark = pytest.mark.requirement("C13")

SAMPLE = Path(__file__).parents[2] / "samples" / "rulesets" / "full.toml"
DESK: dict[str, Any] = {
    "lines": {"main": {"ruleset": str(SAMPLE)}},
    "teams": {"after-sales": {"head": "A100", "agents": ["A101"]}},
    "agents": {"A101": {}, "X100": {"roles": ["administrator"]}},
}
START = datetime.fromisoformat("2026-03-09T10:00:00+08:00")
#: In all words of the person, and in all of somebody else.
SECRET, OTHER = "Zq7geheim", "Wx9bleibt"
STORES = ["tinydb:data/desk.json", "sqlite:///data/desk.db"]


def lived(desk: Desk, words: str, phone: str) -> None:
    """Fill a desk with words in every place that there is."""
    store, at = desk.store, START
    with store.transaction() as transaction:
        transaction.save_call(Call(f"call-{words}", phone, at), "")
    for n in range(8):
        fields = {
            "type": "repair", "subject": f"{words} subject {n}", "description": f"{words} 秘密 {n}",
            "order": f"{words}-{n}", "call": f"call-{words}" if n == 0 else None,
            "requester": {"name": f"{words} name", "phone": phone, "email": f"{words}@x.cn"},
        }  # fmt: skip
        files = (File(f"{words}.txt", f"{words} file {n}".encode(), "text/plain"),)
        number = desk.submit(
            by="requester", line="main", channel="phone", fields=fields, at=at, files=files
        ).number
        text = {"text": f"{words} note {n}", "public": True}
        desk.act(number, "note", by="agent:A101", fields=text, at=at)
        desk.deliver(at)
        desk.act(number, "cancel", by="requester", fields={"reason": words}, at=at)
    mail = f"From: {words} <{words}@x.cn>\nMessage-ID: <{words}@x>\nSubject: {words}\n\n{words}"
    (receipt,) = desk.receive("email", RawInput(mail.encode(), "message/rfc822"), at=at)
    desk.act(receipt.ticket, "cancel", by="requester", at=at)


def files_with(folder: Path, word: str) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes().lower()
            forms = (word, word[:7], word[2:])  # indexes hold parts of words
            if any(form.lower().encode() in content for form in forms):
                yield str(path.relative_to(folder))


@pytest.mark.parametrize("url", STORES)
def test_no_word_is_left_in_any_file(url: str, tmp_path: Path) -> None:
    desk = make_desk(DESK, folder=tmp_path, storage=url)
    lived(desk, SECRET, "13800000001")
    lived(desk, OTHER, "13900000002")
    assert list(files_with(tmp_path, SECRET))
    person = find_person(desk.store, phone="13800000001")
    done = Erasing(desk).erase(
        person, reason="asked for", by="agent:X100", now=START + timedelta(days=1)
    )
    assert done.tickets == 9
    assert list(files_with(tmp_path, SECRET)) == []
    assert list(files_with(tmp_path, "13800000001")) == []
    desk.close()
    assert list(files_with(tmp_path, SECRET)) == []
    assert list(files_with(tmp_path, "13800000001")) == []
    assert list(files_with(tmp_path, OTHER))
    again = make_desk(DESK, folder=tmp_path, storage=url)
    assert not again.store.query(TicketQuery(text=SECRET)).tickets
    assert len(again.store.query(TicketQuery(text=OTHER)).tickets) == 9
    assert again.store.counts()["tickets"] == 18
    assert again.store.count({"requester": (done.pseudonym,)}) == 9
    again.close()


def test_on_postgresql_nothing_can_be_asked_any_more(postgres_url: str, tmp_path: Path) -> None:
    desk = make_desk(DESK, folder=tmp_path, storage=postgres_url)
    lived(desk, SECRET, "13800000001")
    lived(desk, OTHER, "13900000002")
    person = find_person(desk.store, phone="13800000001")
    now = START + timedelta(days=1)
    done = Erasing(desk).erase(person, reason="asked for", by="agent:X100", now=now)
    assert done.tickets == 9
    with desk.store.snapshot() as records:
        left = "\n".join(map(repr, records))
    assert SECRET not in left
    assert "13800000001" not in left
    assert OTHER in left
    assert list(files_with(tmp_path, SECRET)) == []
    assert not desk.store.query(TicketQuery(text=SECRET)).tickets
    assert len(desk.store.query(TicketQuery(text=OTHER)).tickets) == 9
    desk.close()
