"""The plugin loads, and provides what its README says."""

import pytest
import ruledesk_example
from ruledesk_example.audited import AuditedBackend
from ruledesk_example.notifier import Shout
from ruledesk_example.suggestion_box import SuggestionBox

from ruledesk import DeliveryError, Ignored, RawInput, Submission
from ruledesk.errors import InvalidInput, StorageFault
from ruledesk.testing import doubles
from ruledesk.testing.samples import sample_ticket, store_ticket

SLIP = """\
slip: 2026-017
Name: Zhang
phone: 13800000001
subject: Bicycle racks

There are too few.

At the south gate: none.
"""


def received(text, **values):
    channel = SuggestionBox(doubles.settings(**values))
    (intake,) = channel.receive(RawInput(text.encode()), doubles.FakeChannelContext())
    return intake


def test_what_it_provides(load):
    (info,) = load(ruledesk_example).infos
    assert info.provides == ("channel:suggestion_box", "notifier:shout", "storage:audited")


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_slip(line_end):
    assert received(SLIP.replace("\n", line_end), line="after-sales") == Submission(
        {
            "subject": "Bicycle racks",
            "description": "There are too few.\n\nAt the south gate: none.",
            "requester": {"name": "Zhang", "phone": "13800000001"},
        },
        line="after-sales",
        source="suggestion_box:2026-017",
    )


def test_what_cannot_be_read_is_not_lost():
    intake = received("Dear all\nsubject: Racks\nsubject: again\nprice: 3\n\nMore racks")
    assert intake.fields["subject"] == "Racks"
    assert intake.fields["description"] == "Dear all\nsubject: again\nprice: 3\n\nMore racks"
    assert intake.problem


def test_a_slip_that_came_before():
    desk = doubles.FakeChannelContext(sources={"suggestion_box:2026-017": "T1"})
    (intake,) = SuggestionBox(doubles.settings()).receive(RawInput(SLIP.encode()), desk)
    assert isinstance(intake, Ignored)
    assert "T1" in intake.reason


def test_an_empty_slip():
    assert received(" \n") == Ignored("an empty slip")


def test_shouting(tmp_path):
    notifier = Shout(doubles.settings(tmp_path, path="out/shouts.txt"))
    notifier.deliver(doubles.message(text="We received\nyour ticket."))
    notifier.close()
    said = (tmp_path / "out" / "shouts.txt").read_text()
    assert said == "T1/1 HEY 13800000001: We received your ticket.!!!\n"


def test_a_path_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    notifier = Shout(doubles.settings(tmp_path, path="file/shouts.txt"))
    with pytest.raises(DeliveryError) as caught:
        notifier.deliver(doubles.message())
    assert not caught.value.permanent


def test_commits_are_written_down(tmp_path):
    store = AuditedBackend.open("audited:out/commits.txt", tmp_path)
    store_ticket(store, sample_ticket("T1"))
    with store.transaction() as transaction:
        transaction.next_in_sequence("T")
    store.close()
    assert (tmp_path / "out" / "commits.txt").read_text() == "Appended\nT\n"


def test_a_commit_that_cannot_be_written_down_is_none(tmp_path):
    store = AuditedBackend.open("audited:commits.txt", tmp_path)
    (tmp_path / "commits.txt").mkdir()
    with pytest.raises(StorageFault):
        store_ticket(store, sample_ticket("T1"))
    assert store.ticket("T1") is None
    store.close()


def test_a_place_that_is_none(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInput):
        AuditedBackend.open("audited:", tmp_path)
    with pytest.raises(StorageFault):
        AuditedBackend.open("audited:file/commits.txt", tmp_path)
