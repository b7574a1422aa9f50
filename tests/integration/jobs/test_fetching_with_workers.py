"""Mail fetched by several real processes: each mail is one ticket, whoever is killed."""

import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from ruledesk.desk.assembly import open_desk
from ruledesk.desk.config import load_desk
from ruledesk.storage.interface import TicketQuery

MAILS = 200
DESK = """
[desk]
storage = "{storage}"
engine = "python"

[lines.home-appliances]
ruleset = "home-appliances"

[channels.email]
line = "home-appliances"
every = 1
{mailboxes}

[jobs]
concurrency = 2
heartbeat = 0.5
stalled = 6
poll = 0.1
"""


def mail(n: int) -> bytes:
    return (
        f"From: Zhang <zhang{n}@example.com>\r\nTo: support@example.com\r\nSubject: Fault {n}\r\n"
        f"Message-ID: <{n}@example.com>\r\n\r\nThe refrigerator {n} is warm.\r\n"
    ).encode()


def deliver(folder: Path, numbers: range) -> None:
    """Deliver mails as a mail server does: complete, by a rename."""
    for n in numbers:
        (folder / "tmp" / f"{n:05}.host").write_bytes(mail(n))
    for n in numbers:
        (folder / "tmp" / f"{n:05}.host").rename(folder / "new" / f"{n:05}.host")


def read(folder: Path) -> int:
    return len(list((folder / "cur").iterdir()))


@pytest.fixture
def desk_folder(tmp_path: Path):
    """Makes a desk with Maildirs."""

    def made(storage: str, *mailboxes: str) -> Path:
        for name in mailboxes:
            for part in ("new", "cur", "tmp"):
                (tmp_path / "mail" / name / part).mkdir(parents=True)
        listed = "\n".join(f'mailboxes.{name}.maildir = "mail/{name}"' for name in mailboxes)
        text = DESK.format(storage=storage, mailboxes=listed)
        (tmp_path / "desk.toml").write_text(text, encoding="utf-8")
        return tmp_path

    return made


def subjects(folder: Path) -> Counter[str]:
    """Count the subjects of all tickets."""
    desk = open_desk(load_desk(folder), deliver=False)
    try:
        found: Counter[str] = Counter()
        query = TicketQuery(sort="number", limit=500)
        found.update(ticket.subject for ticket in desk.store.query(query).tickets)
        assert not desk.jobs.failed()
        assert desk.store.counts()["tickets"] == sum(found.values())
    finally:
        desk.close()
    return found


def expected(numbers: range) -> Counter[str]:
    return Counter(f"Fault {n}" for n in numbers)


@pytest.fixture(params=["postgresql", "sqlite"])
def storage(request) -> str:
    """A store that several processes share."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_url")
    return "sqlite:///data/desk.db"


@pytest.mark.requirement("C3")
def test_three_workers_make_each_mail_one_ticket(
    desk_folder, storage, spawn, finish, until
) -> None:
    folder = desk_folder(storage, "one", "two")
    boxes = [folder / "mail" / name for name in ("one", "two")]
    deliver(boxes[0], range(MAILS // 2))
    workers = [spawn("desk_worker.py", str(folder)) for _ in range(3)]
    deliver(boxes[1], range(MAILS // 2, MAILS))
    until(lambda: sum(map(read, boxes)) == MAILS)
    finish(*workers)
    assert subjects(folder) == expected(range(MAILS))


@pytest.mark.requirement("C3")
def test_a_worker_is_killed_while_it_fetches(desk_folder, storage, spawn, finish, until) -> None:
    folder = desk_folder(storage, "incoming")
    box = folder / "mail" / "incoming"
    begin = folder / "begin"
    others = [spawn("desk_worker.py", str(folder), str(begin)) for _ in range(2)]
    first = spawn("desk_worker.py", str(folder))
    deliver(box, range(MAILS))
    until(lambda: read(box) >= 20)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert read(box) < MAILS, "it was too fast to be killed in the middle"
    begin.touch()
    until(lambda: read(box) == MAILS)
    finish(*others)
    assert subjects(folder) == expected(range(MAILS))
