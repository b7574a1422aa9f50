"""Mails in a Maildir become tickets: received first, then acknowledged; each mailbox by itself."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from ruledesk.desk.check import check_desk
from ruledesk.errors import StorageFault
from ruledesk.storage.interface import TicketQuery

BAD = {"channels": {"email": {"maildir": ["mail/a", "mail/b"], "line": "main"}}}
GOOD = {"channels": {"email": {"maildir": "mail/incoming", "line": "main"}}}
HALF_MINUTE = timedelta(seconds=30)


def mail(n: int, message_id: str = "") -> bytes:
    return (
        f"From: Zhang <zhang@example.com>\r\nTo: support@example.com\r\nSubject: Fault {n}\r\n"
        f"Message-ID: <{message_id or n}@example.com>\r\n\r\nThe refrigerator is warm.\r\n"
    ).encode()


@pytest.fixture
def maildir(tmp_path: Path):
    def made(name: str = "mail/incoming") -> Path:
        for part in ("new", "cur", "tmp"):
            (tmp_path / name / part).mkdir(parents=True)
        return tmp_path / name

    return made


def deliver(folder: Path, name: str, content: bytes) -> None:
    (folder / "new" / name).write_bytes(content)


def subjects(desk) -> list[str]:
    page = desk.store.query(TicketQuery(sort="number", descending=False))
    return [ticket.subject for ticket in page.tickets]


@pytest.mark.requirement("C3")
def test_new_mails_become_tickets_and_are_marked_as_read(open_desk, maildir, start) -> None:
    folder, desk = maildir(), open_desk(GOOD)
    for n in (1, 2, 3):
        deliver(folder, f"{n}.host", mail(n))
    (folder / "cur" / "0.host:2,S").write_bytes(mail(0))  # read before: not fetched
    (folder / "tmp" / "4.host").write_bytes(mail(4))  # not delivered yet
    assert desk.jobs.work(start) == 1
    assert subjects(desk) == ["Fault 1", "Fault 2", "Fault 3"]
    assert sorted(path.name for path in (folder / "cur").iterdir()) == [
        "0.host:2,S",
        "1.host:2,S",
        "2.host:2,S",
        "3.host:2,S",
    ]
    assert not list((folder / "new").iterdir())
    assert not desk.jobs.failed()


def test_a_mailbox_is_looked_into_every_half_minute(open_desk, maildir, start) -> None:
    folder, desk = maildir(), open_desk(GOOD)
    desk.jobs.work(start)
    deliver(folder, "1.host", mail(1))
    assert desk.jobs.work(start + timedelta(seconds=20)) == 0
    assert desk.jobs.work(start + HALF_MINUTE) == 1
    assert subjects(desk) == ["Fault 1"]


def test_the_period_is_a_setting(open_desk, maildir, start) -> None:
    maildir()
    desk = open_desk({"channels": {"email": {**GOOD["channels"]["email"], "every": 5}}})
    assert sum(desk.jobs.work(start + timedelta(seconds=n)) for n in range(21)) == 5


def test_a_crash_before_the_mark_gives_the_mail_again_and_one_ticket(
    open_desk, maildir, start, monkeypatch
) -> None:
    folder, desk = maildir(), open_desk(GOOD)
    deliver(folder, "1.host", mail(1))
    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", lambda *_: (_ for _ in ()).throw(OSError("read-only")))
        desk.jobs.work(start)
    assert subjects(desk) == ["Fault 1"]
    assert "still in the mailbox" in desk.jobs.failed()[0].error
    desk.jobs.work(start + HALF_MINUTE)
    assert subjects(desk) == ["Fault 1"]
    assert not list((folder / "new").iterdir())
    assert not desk.jobs.failed()


def test_a_mail_that_another_process_has_marked_meanwhile_is_done(
    open_desk, maildir, start, monkeypatch
) -> None:
    folder, desk = maildir(), open_desk(GOOD)
    deliver(folder, "1.host", mail(1))
    receive = desk.receive

    def received(*args, **options):
        receipt = receive(*args, **options)
        (folder / "new" / "1.host").rename(folder / "cur" / "1.host:2,S")
        return receipt

    monkeypatch.setattr(desk, "receive", received)
    desk.jobs.work(start)
    assert subjects(desk) == ["Fault 1"]
    assert not desk.jobs.failed()


def test_what_the_store_does_not_take_stays_in_the_mailbox(
    open_desk, maildir, start, monkeypatch
) -> None:
    folder, desk = maildir(), open_desk(GOOD)
    for n in (1, 2):
        deliver(folder, f"{n}.host", mail(n))
    with monkeypatch.context() as patched:
        full = StorageFault.of("the disk is full", "磁盘已满")
        patched.setattr(desk.store, "put_blob", lambda _: (_ for _ in ()).throw(full))
        desk.jobs.work(start)
    assert len(list((folder / "new").iterdir())) == 2
    desk.jobs.work(start + HALF_MINUTE)
    assert subjects(desk) == ["Fault 1", "Fault 2"]


def test_a_broken_mailbox_holds_up_no_other(open_desk, maildir, start) -> None:
    folder, desk = maildir("mail/b"), open_desk(BAD)
    deliver(folder, "1.host", mail(1))
    assert desk.jobs.work(start) == 2
    assert subjects(desk) == ["Fault 1"]
    (failed,) = desk.jobs.failed()
    assert failed.job.startswith("fetch.email.mail-a-")
    assert "no such folder" in failed.error


def test_an_input_that_is_not_received_holds_up_no_other(
    open_desk, maildir, start, monkeypatch
) -> None:
    folder, desk = maildir(), open_desk(GOOD)
    for n in (1, 2, 3):
        deliver(folder, f"{n}.host", mail(n))
    receive = desk.receive

    def failing(name, raw, **options):
        if b"Fault 2" in raw.content:
            raise RuntimeError("a mistake")
        return receive(name, raw, **options)

    monkeypatch.setattr(desk, "receive", failing)
    desk.jobs.work(start)
    assert subjects(desk) == ["Fault 1", "Fault 3"]
    assert [path.name for path in (folder / "new").iterdir()] == ["2.host"]
    assert "2.host: RuntimeError: a mistake" in desk.jobs.failed()[0].error


def test_an_unreadable_file_is_a_ticket_once_and_a_mail_when_it_can_be_read(
    open_desk, maildir, start
) -> None:
    folder, desk = maildir(), open_desk(GOOD)
    (folder / "new" / "1.host").mkdir()  # what nobody can read, not even root
    deliver(folder, "2.host", mail(2))
    for n in range(3):
        desk.jobs.work(start + n * HALF_MINUTE)
    first, second = subjects(desk)
    assert (first, second) == ("Unreadable mail file 无法读取的邮件文件: 1.host", "Fault 2")
    (folder / "new" / "1.host").rmdir()
    deliver(folder, "1.host", mail(1))
    desk.jobs.work(start + 3 * HALF_MINUTE)
    assert subjects(desk)[2:] == ["Fault 1"]


def test_bytes_that_are_no_mail_are_a_ticket(open_desk, maildir, start) -> None:
    folder, desk = maildir(), open_desk(GOOD)
    deliver(folder, "1.host", b"\xff\x00\xfe" * 50)
    deliver(folder, "2.host", b"")
    desk.jobs.work(start)
    assert len(subjects(desk)) == 2
    assert not list((folder / "new").iterdir())


def test_each_mailbox_can_have_a_line(open_desk, maildir, start, full_description) -> None:
    lines = dict.fromkeys(("main", "other"), full_description["lines"]["main"])
    boxes = {
        "one": {"maildir": "mail/one", "line": "other"},
        "two": {"maildir": "mail/two", "every": 60},
    }
    channels = {"email": {"line": "main", "mailboxes": boxes}}
    folders = [maildir(f"mail/{name}") for name in boxes]
    desk = open_desk({"lines": lines, "channels": channels})
    for n, folder in enumerate(folders):
        deliver(folder, "1.host", mail(n))
    desk.jobs.work(start)
    assert desk.store.count({"line": ["other"]}) == 1
    assert desk.store.count({"line": ["main"]}) == 1
    assert [m.every.seconds for m in desk.parts.channels["email"].channel.mailboxes()] == [30, 60]


def test_a_desk_that_stops_leaves_the_rest_for_later(open_desk, maildir, start) -> None:
    folder, desk = maildir(), open_desk(GOOD)
    for n in (1, 2, 3):
        deliver(folder, f"{n}.host", mail(n))
    receive = desk.receive

    def received(*args, **options):
        desk.jobs._stopping.set()
        return receive(*args, **options)

    desk.receive = received
    desk.jobs.work(start)
    assert subjects(desk) == ["Fault 1"]
    assert len(list((folder / "new").iterdir())) == 2


@pytest.mark.requirement("F4")
@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ('maildir = "mail/nowhere"', "channels.email.maildir: no such folder"),
        ('maildir = "mail"', "no Maildir: without new, cur, tmp"),
        ("maildir = 5", "channels.email.maildir: cannot be used"),
        ('maildir = ""', "channels.email.maildir: cannot be used"),
        ("every = 0", "channels.email.every: cannot be used"),
        ('maildir = ["mail/x", "./mail/x"]', "the same folder twice"),
        ("mailboxes = 1", "channels.email.mailboxes: cannot be used"),
        ('mailboxes.x = {line = "main"}', "channels.email.mailboxes.x.maildir: cannot be used"),
        ('mailboxes.x = {mail = "y"}', "channels.email.mailboxes.x.mail: unknown key"),
        ('mailboxes."a b" = {maildir = "x"}', "channels.email.mailboxes.a b: cannot be used"),
        ('mailboxes.x = {maildir = "good", line = "mian"}', "mailboxes.x.line: unknown line"),
    ],
)
def test_check_names_what_is_wrong_with_mailboxes(tmp_path, maildir, settings, said) -> None:
    maildir("good")
    (tmp_path / "mail").mkdir()
    (tmp_path / "desk.toml").write_text(
        f'[lines.main]\nruleset = "home-appliances"\n[channels.email]\n{settings}\n',
        encoding="utf-8",
    )
    found = check_desk(tmp_path, lambda _: date(2026, 3, 9))
    errors = [finding.problem.text("en") for finding in found if finding.level == "error"]
    assert any(said in error for error in errors), errors


def test_check_finds_nothing_wrong_with_a_maildir(tmp_path, maildir) -> None:
    maildir("good")
    (tmp_path / "desk.toml").write_text(
        '[lines.main]\nruleset = "home-appliances"\n[channels.email]\nmaildir = "good"\n',
        encoding="utf-8",
    )
    found = check_desk(tmp_path, lambda _: date(2026, 3, 9))
    assert not [finding for finding in found if "channels.email" in finding.problem.field]
