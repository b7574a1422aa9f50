"""What the generators of the shipped recordings share: lives, mails, words."""

from __future__ import annotations

import json
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from random import Random
from string import Formatter
from typing import Any

import pytest

from ruledesk_rulesets.months.make import LINES, file_of
from ruledesk_rulesets.months.words import Words, read_texts
from ruledesk_rulesets.recorder.life import Life, Part
from ruledesk_rulesets.recorder.mail import mail
from ruledesk_rulesets.recorder.recorder import Recorder, Watched, record
from ruledesk_rulesets.recorder.steps import submitted
from ruledesk_rulesets.recorder.words import Chooser

START = datetime(2026, 9, 28, 2, 0, tzinfo=UTC)
UNTIL = START + timedelta(days=1)
FILE = file_of("home-appliances")
HEADER = {
    "recording": "Two lives",
    "desk": "..",
    "line": "home-appliances",
    "start": START.isoformat(),
    "until": UNTIL.isoformat(),
}
FIELDS: dict[str, Any] = {
    "requester": {"name": "张伟", "phone": "13800000001"},
    "type": "other",
    "description": "请问保修几年",
}


class TwoLives(Recorder):
    """One accepts what it handed in; the other begins too late."""

    accepted_by = ""

    def begin(self) -> None:
        self.wake(START + timedelta(hours=1), self.handed_in())
        self.wake(UNTIL, self.handed_in())

    def handed_in(self) -> Life:
        yield submitted("t1", "requester", "web", FIELDS)
        part = Part(self, "t1")
        part.number = self.last
        self.see(part.number, "status", "targets.response.due")
        yield self.now + timedelta(minutes=30)
        yield part.step("accept", self.accepted_by or part.handler)


class Mistaken(TwoLives):
    """Somebody accepts who may not."""

    accepted_by = "agent:nobody"


def written(lives: type[TwoLives]) -> list[dict[str, Any]]:
    def lived(desk: Watched) -> Recorder:
        return lives(desk, START, UNTIL, 1)

    made = record(FILE.parents[1], FILE, HEADER, lived)
    return [json.loads(line) for line in made.splitlines()]


def test_lives_are_written_down_as_they_are_played() -> None:
    header, first, second = written(TwoLives)
    assert header == HEADER
    assert (first["do"], first["at"]) == ("submit", "2026-09-28T11:00:00+08:00")
    assert first["expect"] == {
        "status": "new",
        "targets.response.due": "2026-09-29T11:00:00+08:00",
    }
    assert (second["do"], second["at"]) == ("accept", "2026-09-28T11:30:00+08:00")
    assert second["by"].startswith("agent:")


def test_what_the_desk_refuses_is_no_recording() -> None:
    with pytest.raises(RuntimeError, match="nobody"):
        written(Mistaken)


@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
def test_mails_are_read_as_they_were_meant(charset: str) -> None:
    raw = mail(
        ("张伟", "user1@example.net"),
        "desk@example.com",
        "冰箱坏了",
        "不制冷。",
        START,
        message_id="m2@example.net",
        answers="m1@example.net",
        charset=charset,
    )
    content = b64decode(raw["base64"]) if "base64" in raw else raw["text"].encode()
    read = message_from_bytes(content, policy=policy.default)
    assert read["Subject"] == "冰箱坏了"
    assert read["From"] == "张伟 <user1@example.net>"
    assert read["In-Reply-To"] == "<m1@example.net>"
    assert read.get_content().strip() == "不制冷。"


def test_the_same_seed_chooses_the_same_and_no_number_twice() -> None:
    def numbers(seed: int) -> list[str]:
        chooser = Chooser(Random(seed), {})
        return [chooser.phone() for _ in range(2000)]

    assert numbers(1) == numbers(1)
    assert numbers(1) != numbers(2)
    assert len(set(numbers(1))) == 2000


@pytest.mark.parametrize("line", LINES)
def test_every_text_of_a_line_can_be_filled_in(line: str) -> None:
    words = Words(Random(1), line)
    known = {*words.problem(words.customer()).filling, "team"}
    named = {name for text in texts(read_texts(line)) for _, name, _, _ in Formatter().parse(text)}
    assert named - {None} <= known


def texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for inner in value.values() for text in texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in texts(inner)]
    return [value] if isinstance(value, str) else []
