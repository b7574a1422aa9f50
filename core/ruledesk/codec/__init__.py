"""The edge between frozen values and JSON: what recordings, stores and the API write and read.

`ruledesk.codec.records` turns events, tickets, deliveries, requesters and calls into plain JSON
objects and back; `ruledesk.codec.lines` writes such an object as one canonical line.
"""

from ruledesk.codec.lines import canonical, event_from_line, event_line, parse
from ruledesk.codec.records import (
    body_from_dict,
    body_to_dict,
    call_from_dict,
    call_to_dict,
    delivery_from_dict,
    delivery_to_dict,
    event_from_dict,
    event_to_dict,
    message_from_dict,
    message_to_dict,
    requester_from_dict,
    requester_to_dict,
    ticket_from_dict,
    ticket_to_dict,
    tombstone_from_dict,
    tombstone_to_dict,
)
from ruledesk.codec.values import time_from_text, time_to_text, values_from_dict, values_to_dict

__all__ = [
    "body_from_dict",
    "body_to_dict",
    "call_from_dict",
    "call_to_dict",
    "canonical",
    "delivery_from_dict",
    "delivery_to_dict",
    "event_from_dict",
    "event_from_line",
    "event_line",
    "event_to_dict",
    "message_from_dict",
    "message_to_dict",
    "parse",
    "requester_from_dict",
    "requester_to_dict",
    "ticket_from_dict",
    "ticket_to_dict",
    "time_from_text",
    "time_to_text",
    "tombstone_from_dict",
    "tombstone_to_dict",
    "values_from_dict",
    "values_to_dict",
]
