"""Which ticket a mail belongs to, and which mails nobody answers."""

from __future__ import annotations

import pytest

from ruledesk import FollowUp, Ignored, Submission

KNOWN = {"mail:<m0@example.com>": "T1", "mail:<sent-9@desk>": "T2"}


@pytest.mark.requirement("E2")
@pytest.mark.parametrize(
    ("header", "number"),
    [
        ("In-Reply-To: <m0@example.com>", "T1"),
        ("References: <other@x> <m0@example.com>", "T1"),
        ("References: <m0@example.com>" + " <other@x>" * 200, "T1"),
        ("References: <m0@example.com> <sent-9@desk>", "T2"),
        ("References:\r\n <m0@example.com>\r\n <other@x>", "T1"),
    ],
)
def test_by_references(receive, make, header, number):
    intake = receive(make.mail("more", header), sources=KNOWN)
    assert isinstance(intake, FollowUp)
    assert intake.ticket == number
    assert intake.text == "more"
    assert intake.sender == "zhang@example.com"
    assert intake.source == "mail:<m1@example.com>"


@pytest.mark.requirement("E2")
@pytest.mark.parametrize(
    "subject",
    [
        "Re: [#G20231001001] x",
        "[# G20231001001 ]",
        "回复：【#G20231001001】",
        "[#X1][#G20231001001]",
    ],
)
def test_by_number(receive, make, subject):
    intake = receive(make.mail(subject=subject), tickets=frozenset({"G20231001001"}))
    assert isinstance(intake, FollowUp)
    assert intake.ticket == "G20231001001"


@pytest.mark.requirement("E2")
@pytest.mark.parametrize("subject", ["[#G20231001002]", "G20231001001", "#G20231001001", "[#]"])
def test_a_number_of_nothing_is_a_new_ticket(receive, make, subject):
    intake = receive(make.mail(subject=subject), tickets=frozenset({"G20231001001"}))
    assert isinstance(intake, Submission)


@pytest.mark.requirement("E2")
def test_references_come_before_the_number(receive, make):
    reply = make.mail("x", "In-Reply-To: <m0@example.com>", subject="[#T9]")
    assert receive(reply, sources=KNOWN, tickets=frozenset({"T9"})).ticket == "T1"


@pytest.mark.requirement("E2")
def test_a_mail_that_names_itself_is_no_reply_to_itself(receive, make):
    loop = make.mail("x", "References: <m1@example.com>")
    assert isinstance(receive(loop, sources={"mail:<m1@example.com>": "T1"}), Submission)


def test_identity_without_message_id_is_the_content(receive, make):
    first, second = make.mail("a", message_id=None), make.mail("b", message_id=None)
    assert receive(first).source == receive(first).source != receive(second).source
    assert receive(first).source.startswith("mail:sha256:")


def test_identity_of_a_long_message_id_is_short(receive, make):
    assert len(receive(make.mail(message_id=f"<{'x' * 600}@y>")).source) < 100


@pytest.mark.requirement("C3")
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("auto_submitted", "Auto-Submitted: auto-replied"),
        ("precedence_bulk", "Precedence: bulk"),
        ("precedence_list", "Precedence: list"),
        ("list_id", "List-Id"),
        ("x_autoreply", "x-autoreply"),
        ("response_suppress", "X-Auto-Response-Suppress"),
        ("empty_return_path", "empty return path"),
        ("mailer_daemon", "mailer-daemon"),
        ("own_header", "mail of this desk"),
        ("own_address", "mail of this desk"),
        ("bounce", "empty return path"),
    ],
)
def test_automatic_mail_is_ignored(receive, name, reason):
    intake = receive(name)
    assert isinstance(intake, Ignored)
    assert reason in intake.reason
    assert "ticket" not in intake.reason


@pytest.mark.requirement("C3")
@pytest.mark.parametrize("name", ["auto_submitted_no", "response_suppress_none", "plain"])
def test_a_persons_mail_is_not(receive, name):
    assert isinstance(receive(name), Submission)


@pytest.mark.requirement("C3")
def test_a_bounce_names_its_ticket_by_the_mail_it_returns(receive):
    assert receive("bounce", sources=KNOWN).reason.endswith("; ticket T2")


@pytest.mark.requirement("C3")
def test_an_automatic_reply_names_its_ticket(receive, make):
    away = make.mail("away", "Auto-Submitted: auto-replied", subject="Away: [#T5]")
    intake = receive(away, tickets=frozenset({"T5"}))
    assert isinstance(intake, Ignored)
    assert intake.reason.endswith("; ticket T5")
