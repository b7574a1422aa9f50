"""Numbers of tickets: unique and without gaps, whoever submits at the same time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ruledesk.desk.service import Desk
from ruledesk.errors import Refused
from ruledesk.hooks.spec import hookimpl
from ruledesk.model.ticket import Ticket

DeskWith = Callable[..., Desk]
GOOD = {"type": "repair", "description": "x", "requester": {"phone": "13800000001"}}


def submit(desk: Desk, at: datetime, line: str = "main", **fields: Any) -> Ticket:
    given = {**GOOD, **fields}
    return desk.submit(by="requester", line=line, channel="web", fields=given, at=at)


@pytest.mark.requirement("A5")
def test_type_date_and_sequence(desk: Desk, start: datetime) -> None:
    numbers = [submit(desk, start).number for _ in range(2)]
    assert numbers == ["R20260309001", "R20260309002"]
    assert submit(desk, start, type="complaint").number == "T20260309001"
    assert submit(desk, start + timedelta(days=1)).number == "R20260310001"


def test_the_day_is_the_desks(desk: Desk) -> None:
    before = datetime.fromisoformat("2026-03-09T15:59:59+00:00")  # 23:59:59 in Shanghai
    assert submit(desk, before).number == "R20260309001"
    assert submit(desk, before + timedelta(seconds=1)).number == "R20260310001"


@pytest.mark.requirement("A5")
@pytest.mark.requirement("F4")
@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "nonsense"},
        {"description": ""},
        {"requester": {}},
        {"affected_users": "7"},
        {"nonsense": 1},
    ],
)
def test_a_refusal_leaves_no_gap(wrong: dict[str, Any], desk: Desk, start: datetime) -> None:
    submit(desk, start)
    with pytest.raises(Refused):
        submit(desk, start, **wrong)
    assert submit(desk, start).number == "R20260309002"


@pytest.mark.requirement("B2")
def test_departments_and_growth_past_999(desk_with: DeskWith, start: datetime) -> None:
    desk = desk_with('[number]\nformat = "{date:%Y%m%d}-{department}-{seq:03}"\n')
    with desk.store.transaction() as transaction:
        for _ in range(998):
            transaction.next_in_sequence("20260309--#")
    assert [submit(desk, start).number for _ in range(3)] == [
        "20260309--999",
        "20260309--1000",
        "20260309--1001",
    ]


def test_two_lines_share_what_would_look_the_same(
    open_desk: Callable[..., Desk], full_description: dict[str, Any], start: datetime
) -> None:
    ruleset = full_description["lines"]["main"]["ruleset"]
    lines = {name: {"ruleset": ruleset, "department": name} for name in ("main", "other")}
    desk = open_desk({"lines": lines})
    numbers = [submit(desk, start, line).number for line in ("main", "other", "main")]
    assert numbers == ["R20260309001", "R20260309002", "R20260309003"]


def test_formats_that_meet_pass_each_other_by(desk_with: DeskWith, start: datetime) -> None:
    # 2026-01-11 as 1 11, 2026-11-01 as 11 1: the same digits from two sequences.
    desk = desk_with('[number]\nformat = "{date:%-m}{seq}"\n')
    january = datetime.fromisoformat("2026-01-11T10:00:00+08:00")
    november = datetime.fromisoformat("2026-11-01T10:00:00+08:00")
    first = [submit(desk, january).number for _ in range(12)]
    second = [submit(desk, november).number for _ in range(12)]
    assert len({*first, *second}) == 24


@pytest.mark.requirement("A5")
@pytest.mark.requirement("E9")
@pytest.mark.parametrize("storage", ["memory:", "tinydb:desk.json"])
def test_eight_at_once(
    storage: str, open_desk: Callable[..., Desk], start: datetime, tmp_path: Path
) -> None:
    desk = open_desk(storage=storage)

    def work(worker: int) -> list[str]:
        numbers = []
        for n in range(15):
            if (worker + n) % 3 == 0:
                with pytest.raises(Refused):
                    submit(desk, start, type="nonsense")
            else:
                numbers.append(submit(desk, start).number)
        return numbers

    with ThreadPoolExecutor(8) as pool:
        numbers = [number for part in pool.map(work, range(8)) for number in part]
    assert sorted(numbers) == [f"R20260309{n:03}" for n in range(1, len(numbers) + 1)]
    assert len(numbers) == 80
    assert desk.store.counts()["tickets"] == 80


def test_actions_at_once_lose_nothing(desk: Desk, start: datetime) -> None:
    ticket = submit(desk, start)

    def note(n: int) -> None:
        desk.act(ticket.number, "note", by="requester", fields={"text": str(n)}, at=start)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(note, range(40)))
    events = desk.store.events(ticket.number)
    assert [event.version for event in events] == list(range(1, len(events) + 1))
    noted = [event.body.text for event in events if event.body.kind == "noted"]  # type: ignore[attr-defined]
    assert sorted(noted, key=int) == [str(n) for n in range(40)]


# -- numbers of plugins ---------------------------------------------------------------------------


class Numbers:
    """Gives the numbers that it was made with, one after the other."""

    def __init__(self, *numbers: Any) -> None:
        self.numbers = list(numbers)
        self.sequences: list[int] = []

    @hookimpl
    def ruledesk_ticket_number(self, sequence: int) -> Any:
        self.sequences.append(sequence)
        number = self.numbers.pop(0)
        if isinstance(number, Exception):
            raise number
        return number


def test_a_plugins_number(open_desk: Callable[..., Desk], start: datetime) -> None:
    plugin = Numbers("X-1", "X-1", None, "X-2")
    desk = open_desk(plugins={"numbers": plugin})
    assert [submit(desk, start).number for _ in range(4)] == [
        "X-1",
        "R20260309001",  # no ticket is ever lost to a number given twice
        "R20260309002",
        "X-2",
    ]
    assert plugin.sequences == [1, 2, 3, 4]
    flagged = desk.ticket("R20260309001")
    assert "plugin_fault" in flagged.flags
    (fault,) = [
        e.body for e in desk.store.events(flagged.number) if e.body.kind == "plugin_faulted"
    ]
    assert fault.plugin == "numbers"
    assert "X-1" in fault.error
    assert "plugin_fault" not in desk.ticket("R20260309002").flags


@pytest.mark.parametrize("number", [RuntimeError("no numbers"), 5, "", "  ", ["X"]])
def test_a_plugin_without_a_number(
    number: Any, open_desk: Callable[..., Desk], start: datetime
) -> None:
    desk = open_desk(plugins={"numbers": Numbers(number)})
    ticket = submit(desk, start)
    assert ticket.number == "R20260309001"
    assert "plugin_fault" in ticket.flags
