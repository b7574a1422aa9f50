"""Whatever comes in, a channel understands it, ignores it or refuses it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ruledesk import CallSeen, RawInput, Refused, Settings
from ruledesk.testing.channel import texts
from ruledesk.testing.doubles import NOON, FakeChannelContext
from ruledesk_plugins.email.channel import EmailChannel
from ruledesk_plugins.email.headers import address_of, decoded_words
from ruledesk_plugins.email.markup import html_text
from ruledesk_plugins.email.quotes import fold
from ruledesk_plugins.email.text import clean, decode
from ruledesk_plugins.phone.channel import PhoneChannel
from ruledesk_plugins.web.channel import WebChannel

pytestmark = pytest.mark.requirement("F3", "F4")

SAMPLES = Path(__file__).parents[2] / "samples"
MAILS = [path.read_bytes() for path in sorted((SAMPLES / "email").glob("*.eml"))]
ANY = settings(deadline=None, max_examples=200)
ANYTHING = st.text(st.characters(), max_size=60)  # lone surrogates too
CHARSETS = st.sampled_from(
    ["utf-8", "gb2312", "big5", "iso-2022-jp", "koi8-r", "utf-7", "utf-16", "hz", "idna", "x", ""]
)

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | ANYTHING,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANYTHING, inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(
    ["subject", "requester", "custom", "line", "name", "phone", "idempotency_key", "custom.x"]
)
HEADERS = st.sampled_from(
    [
        *("From", "Reply-To", "Subject", "Message-ID", "References", "In-Reply-To", "Content-Type"),
        *("Content-Transfer-Encoding", "Content-Disposition", "Return-Path", "Precedence", "Date"),
    ]
)
PIECES = st.lists(
    st.sampled_from(
        [
            *(
                b"=?utf-8?B?",
                b"?=",
                b"=?gb2312?Q?",
                b"<a@b.cn>",
                b"<",
                b">",
                b'"',
                b"(",
                b";",
                b":",
            ),
            *(b"multipart/mixed", b"; boundary=b", b"\r\n --b", b"text/html", b"; charset=utf-7"),
            *(b"; name*0*=utf-8''%ff", b"base64", b"\xff\xd8", b"\0", b"[#T1]", b"\xc0\xfc", b" "),
        ]
    )
    | st.binary(max_size=8),
    max_size=8,
).map(b"".join)


@ANY
@given(st.lists(st.tuples(HEADERS, PIECES), max_size=8), PIECES)
def test_any_header_is_a_mail(fields, body):
    head = b"".join(name.encode() + b": " + value + b"\r\n" for name, value in fields)
    known = FakeChannelContext(tickets=frozenset({"T1"}))
    raw = RawInput(head + b"\r\n" + body + b"\r\n--b\r\n" + body + b"\r\n--b--", "message/rfc822")
    (intake,) = EmailChannel(Settings()).receive(raw, known)
    for text in texts(intake):
        text.encode()


@ANY
@given(st.sampled_from(MAILS), st.sampled_from(MAILS), st.data())
def test_crossed_mails_are_mails(one, other, data):
    cut = data.draw(st.integers(0, len(one)))
    resumed = data.draw(st.integers(0, len(other)))
    raw = RawInput(one[:cut] + other[resumed:], "message/rfc822")
    (intake,) = EmailChannel(Settings()).receive(raw, FakeChannelContext())
    assert intake.source


@ANY
@given(st.binary(max_size=200), CHARSETS | ANYTHING)
def test_any_bytes_in_any_charset_are_text(content, charset):
    clean(decode(content, charset).text).encode()


@ANY
@given(ANYTHING)
def test_any_text_is_a_header(text):
    clean(decoded_words(text)).encode()
    address_of(text).address.encode()


TAGS = st.sampled_from(
    [*("<a", "<p>", "</p>", "<br>", "<!--", "-->", "<pre>", ">"), *("&amp", "&#x", ";", "'", '"')]
)


@ANY
@given(st.lists(TAGS | ANYTHING))
def test_any_markup_is_text(pieces):
    clean(html_text("".join(pieces))).encode()


@ANY
@given(st.lists(st.sampled_from(["> a", "On 2023 at 10:00 x wrote:", "", "b", "From: x", "To: y"])))
def test_folding_loses_no_line(lines):
    folded = fold("\n".join(lines))
    kept = folded.text.split("\n") + folded.quoted.split("\n")
    assert [line for line in kept if line] == [line for line in lines if line]


@ANY
@given(st.dictionaries(NAMES | ANYTHING, JSON, max_size=6))
def test_any_json_object_is_a_form_or_refused(values):
    raw = RawInput(json.dumps(values).encode(), "application/json")
    try:
        (intake,) = WebChannel(Settings()).receive(raw, FakeChannelContext())
    except Refused as refused:
        refused.text("zh").encode()
        return
    for text in texts(intake):
        text.encode()


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["newCall", "answer", "hangup"]),
        st.none() | st.integers(-100, 100),
        st.integers(0, 5),
    ),
    max_size=12,
)


@ANY
@given(EVENTS)
def test_events_in_any_order_keep_a_call_in_order(events):
    """Ring, answer and end stay in order, nothing known is lost, and a call is missed once."""
    channel, known, now, missed = PhoneChannel(Settings()), {}, NOON, 0
    for kind, offset, waited in events:
        now += timedelta(seconds=waited)
        body = {"event": kind, "callId": "c"}
        if offset is not None:
            body["at"] = (NOON + timedelta(seconds=offset)).isoformat()
        raw = RawInput(json.dumps(body).encode(), "application/json")
        before = known["c"][0] if known else None
        for item in channel.receive(raw, FakeChannelContext(now=now, calls=known)):
            if isinstance(item, CallSeen):
                known["c"] = (item.call, "")
                missed += item.missed
        call = known["c"][0]
        times = [call.started_at, call.answered_at, call.ended_at]
        given_times = [time for time in times if time]
        assert given_times == sorted(given_times)
        if before:
            kept = [before.started_at, before.answered_at, before.ended_at]
            assert all(old in (None, new) for old, new in zip(kept, times, strict=True))
    assert missed <= 1
