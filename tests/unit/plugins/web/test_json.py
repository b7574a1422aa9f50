"""Forms as JSON."""

from __future__ import annotations

import pytest

from ruledesk_plugins.web.fields import LONGEST_TEXT
from ruledesk_plugins.web.form import LARGEST_FORM, MOST_FIELDS

pytestmark = pytest.mark.requirement("A2", "F4")


def test_a_sample(post, samples):
    intake = post((samples / "ticket.json").read_bytes())
    assert intake.fields == {
        "requester": {"name": "Zhang", "phone": "13800000001", "company": "Acme"},
        "subject": "冰箱不制冷",
        "description": "今天早上开始不制冷",
        "affected_users": 3,
        "loss": 12.5,
        "custom.fault": "E4",
    }
    assert intake.line == "home-appliances"
    assert intake.by == "requester"
    assert intake.source.startswith("web:")


def test_types_are_kept(post):
    given = {"a": 1, "b": 1.5, "c": True, "d": "1", "e": ["x", "y"], "f": "", "g": None}
    fields = post(given).fields
    assert fields == {"a": 1, "b": 1.5, "c": True, "d": "1", "e": ("x", "y"), "f": ""}
    assert fields["c"] is True


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"nonsense",
        b'{"a": 1,}',
        b'{"a": "\n"}',
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": 9007199254740993}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b"[1]",
        b'"text"',
        b"null",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"a":' * 21 + b"1" + b"}" * 21,
    ],
)
def test_what_is_no_form_is_refused(refusal, content):
    assert refusal(content).field == "body"


def test_malformed_json_names_the_position(refusal):
    assert "(line 2, column 6)" in refusal(b'{\n"a": }').en
    assert "第 2 行，第 6 列" in refusal(b'{\n"a": }').zh


def test_brackets_in_texts_are_not_nesting(post):
    assert post({"description": "[{" * 500}).fields["description"] == "[{" * 500


def test_a_name_twice_is_refused(refusal):
    assert refusal(b'{"subject": "a", "subject": "b"}').field == "subject"
    assert refusal(b'{"custom": {"x": 1, "x": 2}}').field == "x"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ('{"a": "冰"}'.encode("gb18030"), "application/json"),
        (b'{"a": "\xff"}', "application/json; charset=utf-8"),
        (b"{}", "application/json; charset=klingon"),
        (b"{}", "application/json; charset=utf-7"),
    ],
)
def test_the_wrong_charset_is_refused(refusal, content, kind):
    assert refusal(content, kind).field in ("body", "Content-Type")


@pytest.mark.parametrize("charset", ["gb18030", "GBK", "gb2312", "utf-8", '"UTF-8"'])
def test_other_charsets(post, charset):
    content = '{"subject": "冰箱"}'.encode(charset.strip('"'))
    assert post(content, f"application/json; charset={charset}").fields["subject"] == "冰箱"


def test_a_byte_order_mark_is_passed_over(post):
    assert post(b'\xef\xbb\xbf{"a": 1}').fields == {"a": 1}


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("a\0b", "position 2"),
        ("\ud800", "position 1"),
        ("x" * 1_000_000, str(LONGEST_TEXT)),
        ({"x": 1}, "object"),
        ([1, 2], "list of texts"),
        ([["a"]], "list of texts"),
        (["a", "\0"], "position 1"),
    ],
)
def test_values_that_no_field_takes_are_refused(refusal, value, word):
    problem = refusal({"description": value})
    assert problem.field == "description"
    assert word in problem.en


def test_all_problems_are_told(post, refusal):
    with pytest.raises(Exception, match=r"(?s)subject.*description"):
        post({"subject": "\0", "description": "\0"})


@pytest.mark.parametrize("name", ["", "\0", "a\nb", "x" * 101, "\ud800", "$s"])
def test_names_that_are_none_are_refused(refusal, name):
    assert refusal({name: 1}).en == "not a field name"


def test_size_and_count_are_limited(refusal):
    assert "larger" in refusal(b" " * (LARGEST_FORM + 1)).en
    many = "&".join(f"f{n}=1" for n in range(MOST_FIELDS + 1)).encode()
    assert "fields" in refusal(many, "application/x-www-form-urlencoded").en


@pytest.mark.parametrize("kind", ["", "text/plain", "application/xml", ";;;="])
def test_other_media_types_are_refused(refusal, kind):
    problem = refusal(b"{}", kind)
    assert problem.field == "Content-Type"
    assert "application/json" in problem.accepted
