"""Numbers of every shipped ruleset, as its manual writes them: unique, without gaps, day by day."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ruledesk.cli.sample.scenario import sample_fields
from ruledesk.desk.service import Desk
from ruledesk.errors import Refused
from ruledesk.rules.number import NumberParts, sequence_key
from ruledesk.testing.desks import make_desk
from ruledesk_rulesets import ruledesk_rulesets

REQUESTER = {"name": "张伟", "phone": "13800000001"}
#: What the manuals write: ruleset, type, the first number of 2024-05-20.
WRITTEN = [
    pytest.param(
        "support-center", "it-support", "IT20240520001", marks=pytest.mark.requirement("A5")
    ),
    pytest.param(
        "support-center", "product-use", "PU20240520001", marks=pytest.mark.requirement("A5")
    ),
    pytest.param(
        "support-center", "after-sales", "AS20240520001", marks=pytest.mark.requirement("A5")
    ),
    pytest.param("support-center", "other", "OT20240520001", marks=pytest.mark.requirement("A5")),
    pytest.param(
        "rapid-response", "complaint", "20240520-CS-001", marks=pytest.mark.requirement("B2")
    ),
    ("service-handbook", "consult", "SH20240520001"),  # its manual asks for none
    pytest.param("hotline", "consult", "G20240520001", marks=pytest.mark.requirement("D4")),
    pytest.param("after-sales", "quality", "20240520001", marks=pytest.mark.requirement("E7")),
    pytest.param("home-appliances", "quality", "20240520001", marks=pytest.mark.requirement("E7")),
    pytest.param(
        "industrial-equipment", "service", "20240520001", marks=pytest.mark.requirement("E7")
    ),
]
DAY = datetime.fromisoformat("2024-05-20T10:00:00+08:00")
OpenOn = Callable[..., Desk]


@pytest.fixture
def open_on(tmp_path: Path) -> Iterator[OpenOn]:
    """Opens a desk whose only line is run by a shipped ruleset, and closes it."""
    desks: list[Desk] = []

    def opened(name: str, storage: str = "memory:") -> Desk:
        lines = {"lines": {"line": {"ruleset": name}}}
        desks.append(make_desk(lines, folder=tmp_path, storage=storage))
        return desks[-1]

    yield opened
    for desk in desks:
        desk.close()


def submit(desk: Desk, at: datetime = DAY, **changes: Any) -> str:
    """Hand in what the form asks for; returns the number."""
    asked = sample_fields(desk.rulesets["line"], "zh")
    given = {name: value for name, value in asked.items() if not name.startswith("requester.")}
    fields = {**given, "requester": REQUESTER, **changes}
    ticket = desk.submit(by="requester", line="line", channel="web", fields=fields, at=at)
    return ticket.number


def skip_to(desk: Desk, number: str, sequence: int) -> None:
    """Take numbers until the next one is `sequence`, as that many tickets would have."""
    ruleset = desk.rulesets["line"]
    code = next((one for one in ruleset.type_codes.values() if number.startswith(one)), "")
    parts = NumberParts(DAY, code, ruleset.department, "line")
    with desk.store.transaction() as transaction:
        key = sequence_key(ruleset.number, parts)
        while transaction.next_in_sequence(key) < sequence - 1:
            pass


@pytest.mark.parametrize(("name", "type_", "first"), WRITTEN)
def test_a_number_is_as_the_manual_writes_it(
    name: str, type_: str, first: str, open_on: OpenOn
) -> None:
    assert submit(open_on(name), type=type_) == first


@pytest.mark.parametrize(("name", "type_", "first"), WRITTEN)
def test_a_number_grows_past_999(name: str, type_: str, first: str, open_on: OpenOn) -> None:
    desk, stem = open_on(name), first.removesuffix("001")
    skip_to(desk, first, 999)
    numbers = [submit(desk, type=type_) for _ in range(3)]
    assert numbers == [f"{stem}999", f"{stem}1000", f"{stem}1001"]
    assert {desk.ticket(number).number for number in numbers} == set(numbers)


@pytest.mark.parametrize(("name", "type_", "first"), WRITTEN)
def test_the_day_turns_at_the_desks_midnight(
    name: str, type_: str, first: str, open_on: OpenOn
) -> None:
    desk = open_on(name)
    late = datetime.fromisoformat("2024-05-20T15:59:59+00:00")  # 23:59:59 in Shanghai
    assert submit(desk, late, type=type_) == first
    tomorrow = first.replace("20240520", "20240521")
    assert submit(desk, late + timedelta(seconds=1), type=type_) == tomorrow


@pytest.mark.parametrize(("name", "type_", "first"), WRITTEN)
def test_what_is_refused_takes_no_number(
    name: str, type_: str, first: str, open_on: OpenOn
) -> None:
    desk = open_on(name)
    assert submit(desk, type=type_) == first
    for wrong in ({"type": "nonsense"}, {"requester": {}}, {"loss": "viel"}, {"nonsense": 1}):
        with pytest.raises(Refused):
            submit(desk, **{"type": type_, **wrong})
    assert submit(desk, type=type_) == first.removesuffix("1") + "2"


@pytest.mark.requirement("A5")
def test_each_type_has_a_sequence_of_its_own_where_the_number_tells_it(open_on: OpenOn) -> None:
    desk = open_on("support-center")
    types = ("it-support", "other", "it-support", "other")
    numbers = [submit(desk, type=one) for one in types]
    assert numbers == ["IT20240520001", "OT20240520001", "IT20240520002", "OT20240520002"]


@pytest.mark.requirement("A5", "B2", "D4", "E7")
@pytest.mark.parametrize("storage", ["memory:", "tinydb:desk.json"])
@pytest.mark.parametrize("name", ruledesk_rulesets())
def test_eight_at_once(name: str, storage: str, open_on: OpenOn) -> None:
    """Every shipped ruleset, by whatever name: eight threads, refusals in between."""
    desk = open_on(name, storage)
    types = desk.rulesets["line"].form["type"].type.values

    def work(worker: int) -> list[str]:
        taken = []
        for n in range(6):
            if (worker + n) % 3 == 0:
                with pytest.raises(Refused):
                    submit(desk, type="nonsense")
            else:
                taken.append(submit(desk, type=types[0], description=f"第 {worker}.{n} 条"))
        return taken

    with ThreadPoolExecutor(8) as pool:
        numbers = [number for part in pool.map(work, range(8)) for number in part]
    assert len(set(numbers)) == len(numbers) == 32
    stem = min(numbers).removesuffix("001")
    assert sorted(numbers) == [f"{stem}{n:03}" for n in range(1, 33)]
    assert desk.store.counts()["tickets"] == 32
