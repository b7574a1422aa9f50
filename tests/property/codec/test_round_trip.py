"""Whatever the model can hold is read from JSON as it was written."""

from __future__ import annotations

import json

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ruledesk import codec
from ruledesk.model.action import Note
from ruledesk.model.event import BODIES, Event
from ruledesk.testing import values
from ruledesk.testing.samples import START

SETTINGS = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("kind", sorted(BODIES))
@settings(SETTINGS, max_examples=25)
@given(data=st.data())
def test_events(kind, data):
    body = data.draw(values.of_type(BODIES[kind]))
    event = attrs.evolve(data.draw(values.events()), body=body)
    line = codec.event_line(event)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert codec.event_from_line(line) == event
    assert codec.event_line(codec.event_from_line(line)) == line


@SETTINGS
@given(values.tickets())
def test_tickets(ticket):
    data = codec.ticket_to_dict(ticket)
    assert codec.ticket_from_dict(json.loads(codec.canonical(data))) == ticket


@SETTINGS
@given(values.deliveries(), values.requesters(), values.calls())
def test_others(delivery, requester, call):
    assert codec.delivery_from_dict(codec.delivery_to_dict(delivery)) == delivery
    assert codec.requester_from_dict(codec.requester_to_dict(requester)) == requester
    assert codec.call_from_dict(codec.call_to_dict(call)) == call


@SETTINGS
@given(values.texts(strange=True))
def test_any_text(text):
    event = Event("T1", 1, START, "requester", Note(text))
    assert codec.event_from_line(codec.event_line(event)) == event
