"""A web channel, and how to post to it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ruledesk import RawInput, Refused, Settings
from ruledesk.testing.doubles import FakeChannelContext
from ruledesk_plugins.web.channel import WebChannel

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def samples():
    return Path(__file__).parents[3] / "samples" / "web"


@pytest.fixture
def post():
    """Post bytes (or a value as JSON) and get the submission."""

    def one(content, content_type="application/json", **settings):
        channel = WebChannel(Settings(settings, where="desk.toml: channels.web"))
        if not isinstance(content, bytes):
            content = json.dumps(content).encode()
        (intake,) = channel.receive(RawInput(content, content_type), FakeChannelContext())
        return intake

    return one


@pytest.fixture
def refusal(post):
    """Post something that is refused and get the problem, the first of them."""

    def one(content, content_type="application/json", **settings):
        with pytest.raises(Refused) as refused:
            post(content, content_type, **settings)
        for problem in refused.value.problems:
            assert problem.en
            assert problem.zh
        refused.value.text("en").encode()
        refused.value.text("zh").encode()
        return refused.value.problems[0]

    return one
