"""The settings of the channel."""

from __future__ import annotations

import pytest

from ruledesk import InvalidInput, Settings
from ruledesk_plugins.email.channel import EmailChannel


@pytest.mark.requirement("F4")
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("line", 1),
        ("mailbox", []),
        ("own_addresses", "a@b.cn"),
        ("own_addresses", [1]),
        ("fields", 1),
    ],
)
def test_wrong_types_are_refused_by_key(key, value):
    with pytest.raises(InvalidInput, match=rf"channels\.email\.{key}"):
        EmailChannel(Settings({key: value}, where="desk.toml: channels.email"))


def test_the_mail_wins_over_constant_fields(receive):
    assert receive("plain").fields["type"] == "consult"
    assert receive("plain").fields["subject"] == "Help"
