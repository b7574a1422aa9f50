"""Values of the model as JSON objects and back, and the errors on the way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from ruledesk import codec
from ruledesk.errors import InvalidInput
from ruledesk.model.action import Note, ProvideInfo, Submit
from ruledesk.model.event import Decided, Event
from ruledesk.model.message import Delivery, Message
from ruledesk.model.ticket import Requester, Status, Ticket

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
SUBMITTED = Event(
    "T1",
    1,
    NOON,
    "requester",
    Submit(
        "support",
        "phone",
        Requester(name="张", phone="138"),
        {"type": "quality", "occurred_at": NOON, "parts": ("a", "b"), "n": 3, "none": None},
    ),
    Status.NEW,
)


def test_event_has_the_documented_shape():
    assert codec.event_to_dict(SUBMITTED) == {
        "ticket": "T1",
        "version": 1,
        "at": "2026-11-02T12:00:00Z",
        "actor": "requester",
        "kind": "submitted",
        "status": "new",
        "data": {
            "line": "support",
            "channel": "phone",
            "requester": {"name": "张", "phone": "138"},
            "fields": {
                "type": "quality",
                "occurred_at": {"$time": "2026-11-02T12:00:00Z"},
                "parts": ["a", "b"],
                "n": 3,
                "none": None,
            },
        },
    }


def test_defaults_are_left_out():
    event = Event("T1", 2, NOON, "agent:A1", Note("好"))
    assert (
        codec.event_line(event)
        == (
            '{"actor":"agent:A1","at":"2026-11-02T12:00:00Z","data":{"text":"好"},'
            '"kind":"noted","ticket":"T1","version":2}\n'
        ).encode()
    )


def test_line_is_the_same_for_equal_events():
    one = Event("T1", 1, NOON, "requester", ProvideInfo({"a": 1, "b": 2}))
    other = Event("T1", 1, NOON, "requester", ProvideInfo({"b": 2, "a": 1}))
    assert one == other
    assert codec.event_line(one) == codec.event_line(other)


def test_sets_are_sorted_and_instants_are_in_utc():
    shanghai = timezone(timedelta(hours=8))
    ticket = Ticket(
        "T1", "l", "phone", NOON.astimezone(shanghai), Requester(), flags=frozenset("cab")
    )
    data = codec.ticket_to_dict(ticket)
    assert data["flags"] == ["a", "b", "c"]
    assert data["created_at"] == "2026-11-02T12:00:00Z"
    assert codec.ticket_from_dict(data) == ticket


def test_delivery_holds_its_message():
    message = Message("T1/1", "T1", "requester", "sms", "received", "138", "", "好", "zh", "r")
    delivery = Delivery(message, "waiting", NOON)
    data = codec.delivery_to_dict(delivery)
    assert data["message"] == codec.message_to_dict(message)
    assert codec.delivery_from_dict(data) == delivery
    assert codec.message_from_dict(data["message"]) == message


def broken(change):
    data = codec.event_to_dict(SUBMITTED)
    change(data)
    with pytest.raises(InvalidInput) as caught:
        codec.event_from_dict(data, "events.jsonl:12")
    return [problem.text() for problem in caught.value.problems]


@pytest.mark.requirement("F4")
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda d: d["data"]["requester"].update(phone=138),
            "events.jsonl:12: data.requester.phone: is no text: 138 (accepted: text)",
        ),
        (
            lambda d: d["data"]["fields"].update(x={"a": 1}),
            "events.jsonl:12: data.fields.x: cannot be a field's value: {'a': 1} ",
        ),
        (
            lambda d: d["data"]["fields"].update(x={"$time": "noon"}),
            "events.jsonl:12: data.fields.x: is no time with a zone: 'noon' ",
        ),
        (
            lambda d: d["data"].update(attachments=[{"name": "a"}]),
            "events.jsonl:12: data.attachments[0].media_type: is missing",
        ),
        (
            lambda d: d["data"].update(attachments="abc"),
            "events.jsonl:12: data.attachments: is no list: 'abc' (accepted: a list)",
        ),
        (
            lambda d: d["data"].update(call=[]),
            "events.jsonl:12: data.call: is no object: [] (accepted: an object)",
        ),
        (
            lambda d: d["data"].update(chanel="phone"),
            "events.jsonl:12: data.chanel: unknown key (accepted: channel",
        ),
        (lambda d: d["data"].pop("line"), "events.jsonl:12: data.line: is missing"),
        (lambda d: d.update(kind="submited"), "events.jsonl:12: kind: is no kind of event: "),
        (lambda d: d.update(kind=None), "events.jsonl:12: kind: is no text: None"),
        (lambda d: d.update(version="1"), "events.jsonl:12: version: is no whole number: '1'"),
        (lambda d: d.update(version=True), "events.jsonl:12: version: is no whole number: True"),
        (lambda d: d.pop("actor"), "events.jsonl:12: actor: is missing"),
        (lambda d: d.update(at="2026-11-02T12:00:00"), "events.jsonl:12: at: is no time with a "),
        (lambda d: d.update(status="open"), "events.jsonl:12: status: is no status: 'open'"),
        (lambda d: d.update(extra=1), "events.jsonl:12: extra: unknown key"),
    ],
)
def test_error_names_file_line_path_value_and_what_is_accepted(change, expected):
    told = broken(change)[0]
    assert told.startswith(expected)


def test_all_faults_are_told_at_once():
    def change(data):
        data["at"] = 5
        data["data"]["requester"] = {"name": 1, "phone": 2}
        del data["data"]["channel"]

    told = broken(change)
    assert len(told) == 4


@pytest.mark.parametrize("data", [[], "x", None, 5])
def test_what_is_no_object_is_refused(data):
    with pytest.raises(InvalidInput, match="f:1: is no object"):
        codec.event_from_dict(data, "f:1")
    with pytest.raises(InvalidInput, match="is no object"):
        codec.ticket_from_dict(data)


def test_literals_name_what_is_accepted():
    with pytest.raises(InvalidInput, match=r"via: is not one of .*'fax' \(accepted: sms, message"):
        codec.message_from_dict(
            {"id": "1", "ticket": "T", "to": "x", "via": "fax", "about": "", "address": "",
             "subject": "", "text": "", "locale": "", "rule": ""}
        )  # fmt: skip


def test_body_of_unknown_kind_is_refused():
    with pytest.raises(InvalidInput, match="kind: is no kind of event: 'note' "):
        codec.body_from_dict("note", {})
    with pytest.raises(InvalidInput, match=r"f:3: text: is no text: 1"):
        codec.body_from_dict("noted", {"text": 1}, "f:3")
    assert codec.body_from_dict("noted", {"text": "a"}) == Note("a")
    assert codec.body_to_dict(Note("a")) == {"text": "a"}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (
            Event("T1", 3, datetime(2026, 1, 1), "system", Note()),  # noqa: DTZ001
            "T1/3 noted: the time has no zone",
        ),
        (
            Event("T1", 3, NOON, "system", ProvideInfo({"x": {"a": 1}})),
            "T1/3 info_provided: x: cannot be a field's value",
        ),
        (
            Event("T1", 3, NOON, "system", ProvideInfo({"x": datetime(2026, 1, 1)})),  # noqa: DTZ001
            "T1/3 info_provided: x: the time has no zone",
        ),
    ],
)
def test_what_cannot_be_written_is_refused_with_its_place(event, expected):
    with pytest.raises(InvalidInput) as caught:
        codec.event_to_dict(event)
    assert str(caught.value).startswith(expected)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_json_lacks_are_refused(number):
    with pytest.raises(InvalidInput, match="cannot be written as JSON"):
        codec.event_line(Event("T1", 1, NOON, "system", ProvideInfo({"x": number})))
    with pytest.raises(InvalidInput, match="is no JSON"):
        codec.parse("[NaN]")


def test_lone_surrogates_are_escaped_and_come_back():
    event = Event("T1", 1, NOON, "requester", Note('a\\\udce9"\ud800 冰'))
    line = codec.event_line(event)
    assert rb"\udce9" in line
    assert "冰".encode() in line
    assert codec.event_from_line(line) == event


@pytest.mark.parametrize("line", [b"{", b"\xff", b'{"a":1}{', b""])
def test_line_that_is_no_json_is_refused_with_its_place(line):
    with pytest.raises(InvalidInput, match=r"events\.jsonl:7: is no JSON"):
        codec.event_from_line(line, "events.jsonl:7")


def test_decided_without_decisions_is_refused():
    with pytest.raises(InvalidInput, match="decisions: is missing"):
        codec.body_from_dict(Decided.kind, {})
