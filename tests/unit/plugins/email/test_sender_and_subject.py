"""Who wrote, and about what."""

from __future__ import annotations

import pytest

from ruledesk_plugins.email.headers import Address, address_of, decoded_words

pytestmark = pytest.mark.requirement("C3")


@pytest.mark.parametrize(
    ("name", "requester"),
    [
        ("plain", {"name": "Zhang", "email": "zhang@example.com"}),
        ("reply_to_empty", {"name": "Zhang", "email": "zhang@example.com"}),
        ("reply_to_other", {"name": "Zhang", "email": "zhang@example.com"}),
        ("no_reply_sender", {"name": "Wang", "email": "wang@example.org"}),
        ("encoded_words", {"name": "张三", "email": "zhang@example.cn"}),
        ("raw_utf8_header", {"name": "张三", "email": "zhang@example.com"}),
        ("wholly_encoded_sender", {"name": "Li", "email": "li@example.com"}),
        ("sender_name_only", {"name": "Zhang San"}),
        ("no_sender", {}),
        ("empty_sender", {}),
        ("nested_comments", {"email": "a@example.com"}),
    ],
)
def test_requester(receive, name, requester):
    assert receive(name).fields["requester"] == requester


@pytest.mark.parametrize("name", ["no_sender", "empty_sender", "sender_name_only"])
def test_says_that_there_is_no_sender(receive, name):
    problem = receive(name).problem
    assert "no sender address" in problem
    assert "没有发件人" in problem


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("plain", "Help"),
        ("encoded_words", "冰箱 broken六"),
        ("split_character", "冰箱"),
        ("spaces_in_encoded_word", "no longer cools"),
        ("raw_utf8_header", "冰箱"),
        ("raw_gb_header", "冰箱"),
        ("folded_subject", "one two three"),
        ("long_subject", "x" * 500),
        ("no_subject", "The lift is stuck. Again."),
        ("no_subject_no_body", "(no subject / 无主题)"),
    ],
)
def test_subject(receive, name, subject):
    assert receive(name).fields["subject"] == subject


def test_broken_encoded_words_keep_what_can_be_read(receive):
    assert "=?utf-8?" in receive("broken_encoded_words").fields["subject"]


@pytest.mark.parametrize(
    ("raw", "address"),
    [
        ("", Address()),
        ("<>", Address()),
        ("undisclosed-recipients:;", Address()),
        ("a@b.cn", Address("", "a@b.cn")),
        ("A@B.CN (Zhang San)", Address("Zhang San", "a@b.cn")),
        ('"Zhang, San" <a@b.cn>, c@d.cn', Address("Zhang, San", "a@b.cn")),
        ('"x@evil.cn" <a@b.cn>', Address("x@evil.cn", "a@b.cn")),
        ("mail to a@b.cn please", Address("", "a@b.cn")),
        ("x" * 300 + "@b.cn", Address()),
        ("a b@", Address("a b@", "")),
    ],
)
def test_address(raw, address):
    found = address_of(raw)
    assert found.address == address.address
    if address.address:
        assert found.name == address.name


def test_words_in_two_charsets_are_decoded_apart():
    assert decoded_words("=?utf-8?B?5Yaw?= =?gb2312?B?z+Q=?=") == "冰箱"


def test_text_before_a_word_is_kept():
    assert decoded_words("Re: =?utf-8?B?5Yaw?= x") == "Re: 冰 x"
