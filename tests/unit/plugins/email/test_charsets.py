"""Text in charsets that are declared, wrong or unknown."""

from __future__ import annotations

import pytest

from ruledesk_plugins.email.text import clean, decode, one_line

pytestmark = pytest.mark.requirement("C3", "F3")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("gb2312", "冰箱不制冷"),
        ("gb2312_wider", "镕基和喆"),
        ("gbk", "冰箱"),
        ("big5", "冰箱壞了"),
        ("iso_2022_jp", "冷蔵庫が冷えない"),
        ("shift_jis", "冷蔵庫①"),
        ("koi8_r", "Холодильник"),
        ("utf_7", "冰箱 works"),
        ("utf_16", "冰箱"),
        ("latin_1", "Kühlschrank"),
        ("cp1252_as_latin_1", "“quoted”"),
        ("nonsense_charset_utf8", "冰箱"),
        ("nonsense_charset_gb", "冰箱不制冷"),
        ("declared_utf8_is_gb", "冰箱不制冷"),
        ("undeclared_gb", "冰箱不制冷"),
        ("base64_text", "冰箱"),
        ("quoted_printable", "冰箱 = broken"),
        ("nul_and_emoji", "ab 🧊[31m end"),
        ("utf_7_surrogate", "half \ufffd here"),
    ],
)
def test_text(receive, name, text):
    assert receive(name).fields["description"] == text


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("nonsense_charset_utf8", "unknown charset"),
        ("nonsense_charset_gb", "unknown charset"),
        ("codec_that_is_no_charset", "unknown charset"),
        ("compressing_codec", "unknown charset"),
        ("declared_utf8_is_gb", "read as gb18030"),
        ("undeclared_gb", "read as gb18030"),
        ("no_charset_at_all", "not UTF-8"),
        ("unknown_transfer_encoding", "unknown transfer encoding"),
    ],
)
def test_problem_is_told(receive, name, problem):
    assert problem in receive(name).problem


@pytest.mark.parametrize("name", ["plain", "gb2312", "gbk", "utf_7", "latin_1", "shift_jis"])
def test_no_problem_where_there_is_none(receive, name):
    assert receive(name).problem == ""


def test_cut_text_may_end_in_a_character():
    assert decode("冰箱".encode()[:-1], "utf-8", cut=True).text == "冰"


def test_clean_keeps_line_breaks_and_tabs():
    assert clean("a\r\nb\rc\n\td\x0b\ufeff") == "a\nb\nc\n\td"


def test_one_line_is_cut():
    assert one_line("  a\n b\tc d ", 5) == "a b c"
