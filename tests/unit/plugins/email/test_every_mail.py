"""What holds for every sample mail."""

from __future__ import annotations

import pytest

from ruledesk import FollowUp, Ignored, Submission
from ruledesk.testing.channel import texts

pytestmark = pytest.mark.requirement("C3", "F3")


def test_becomes_a_ticket_or_is_ignored(receive, any_mail):
    assert isinstance(receive(any_mail), Submission | Ignored)


def test_has_text_that_can_be_stored(receive, any_mail):
    for text in texts(receive(any_mail)):
        text.encode()
        assert "\0" not in text


def test_has_the_same_identity_each_time(receive, any_mail):
    first = receive(any_mail)
    assert first == receive(any_mail)
    assert first.source.startswith("mail:")


def test_has_subject_and_description(receive, any_mail):
    intake = receive(any_mail)
    if isinstance(intake, Submission):
        assert intake.fields["subject"]
        assert "\n" not in intake.fields["subject"]
        assert isinstance(intake.fields["description"], str)
        assert intake.line == "support"
        assert intake.lenient
        assert intake.fields["type"] == "consult"


def test_continues_a_ticket_named_in_its_subject(receive, any_mail):
    by_itself = receive(any_mail)
    intake = receive(b"Subject: [#T7]\r\n" + any_mail, tickets=frozenset({"T7"}))
    if isinstance(by_itself, Submission):
        assert isinstance(intake, FollowUp)
        assert intake.ticket == "T7"
    else:  # automatic mail continues nothing
        assert isinstance(intake, Ignored)
