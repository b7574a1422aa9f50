"""The shipped channels keep what every channel promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from ruledesk import RawInput
from ruledesk.testing.channel import ChannelSuite
from ruledesk_plugins.email.channel import EmailChannel
from ruledesk_plugins.phone.channel import PhoneChannel
from ruledesk_plugins.web.channel import WebChannel

SAMPLES = Path(__file__).parents[1] / "samples"
FORM = "application/x-www-form-urlencoded"


def sample(path: str, content_type: str) -> RawInput:
    return RawInput((SAMPLES / path).read_bytes(), content_type)


@pytest.mark.requirement("A2", "F4")
class TestWeb(ChannelSuite):
    @pytest.fixture
    def channel_class(self):
        return WebChannel

    @pytest.fixture
    def samples(self):
        return [
            sample("web/ticket.json", "application/json; charset=utf-8"),
            sample("web/ticket.form", FORM),
            sample("web/upload.multipart", "multipart/form-data; boundary=X"),
        ]


@pytest.mark.requirement("D3", "F4")
class TestPhone(ChannelSuite):
    @pytest.fixture
    def channel_class(self):
        return PhoneChannel

    @pytest.fixture
    def samples(self):
        return [
            sample("phone/new_call.form", FORM),
            sample("phone/answer.json", "application/json"),
            sample("phone/hangup.form", FORM),
        ]


@pytest.mark.requirement("C3", "F3")
class TestEmail(ChannelSuite):
    @pytest.fixture
    def channel_class(self):
        return EmailChannel

    @pytest.fixture
    def samples(self):
        mails = sorted((SAMPLES / "email").glob("*.eml"))
        return [RawInput(mail.read_bytes(), "message/rfc822") for mail in mails]

    def check_refusal(self, refused):
        pytest.fail(f"a mail was refused: {refused}")
