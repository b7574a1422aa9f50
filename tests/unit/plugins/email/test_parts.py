"""Parts, attachments and nesting."""

from __future__ import annotations

import pytest

from ruledesk_plugins.email.body import DEEPEST, LARGEST_TEXT, MOST_PARTS, file_name
from ruledesk_plugins.email.channel import LONGEST_DESCRIPTION

pytestmark = pytest.mark.requirement("C3", "F3")


def files(intake):
    return [(file.name, file.content, file.media_type) for file in intake.files]


def test_attachments(receive):
    intake = receive("attachments")
    assert intake.fields["description"] == "正文"
    assert files(intake) == [
        ("a.png", b"\x89PNG\r\n\x1a\n\0\0", "image/png"),
        ("x.pdf", b"%PDF", "application/pdf"),
        ("attachment-3.jpg", b"\xff\xd8", "image/jpeg"),
    ]


@pytest.mark.parametrize(
    ("name", "file"),
    [("names_2231", "日志.txt"), ("names_2047", "日志.csv"), ("names_raw_gb", "日志.log")],
)
def test_file_names_are_decoded(receive, name, file):
    assert [one.name for one in receive(name).files] == [file]


def test_hostile_file_names_are_made_safe(receive):
    evil, dots, long = (file.name for file in receive("names_hostile").files)
    assert evil == "evilgnp.exe"
    assert dots == "attachment-2.bin"
    assert len(long) == 150
    assert long.endswith(".txt")


@pytest.mark.parametrize("declared", ["", ".", "..", "/", "a/", "\x01", "C:\\"])
def test_a_name_of_nothing_is_none(declared):
    assert file_name(declared) == ""


def test_inline_images_are_files(receive):
    intake = receive("inline_image")
    assert intake.fields["description"] == "see"
    assert [file.name for file in intake.files] == ["attachment-1.png"]


def test_plain_text_is_preferred(receive):
    assert receive("alternative").fields["description"] == "plain words"
    assert receive("alternative").files == ()


def test_html_where_the_plain_text_is_blank(receive):
    assert receive("alternative_blank_plain").fields["description"] == "html words"


def test_mails_and_calendars_are_files(receive):
    assert [f.name for f in receive("forwarded_as_file").files] == ["attachment-1.eml"]
    assert [f.name for f in receive("calendar").files] == ["attachment-1.ics"]


def test_broken_base64_gives_what_can_be_had(receive):
    (file,) = receive("broken_base64").files
    assert file.content.startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["no_boundary", "boundary_never_comes"])
def test_a_multipart_without_boundary_is_text(receive, name):
    assert receive(name).fields["description"] == "the text"


def test_a_cut_mail_keeps_its_last_part(receive):
    assert [file.content for file in receive("no_closing_boundary").files] == [b"cut"]


def test_a_longer_boundary_is_another_one(receive):
    assert receive("boundary_is_prefix").fields["description"] == "one\n--b0x\ntwo\n\n正文"


def test_nesting_within_the_limit_is_read(receive):
    assert receive("nested_10").fields["description"] == "deep inside"


@pytest.mark.parametrize("name", ["nested_100", "nested_1000"])
def test_deeper_nesting_is_kept_whole(receive, name):
    intake = receive(name)
    (file,) = intake.files
    assert file.name == "attachment-1.eml"
    assert file.content.startswith(b"Content-Type: multipart/mixed")
    assert b"deep inside" in file.content
    assert "nested too deeply" in intake.problem
    assert DEEPEST < 100


def test_many_parts_are_read_up_to_the_limit(receive):
    words = receive("many_parts").fields["description"]
    assert MOST_PARTS <= words.count("w") <= 1500


@pytest.mark.parametrize("name", ["header_bomb_lines", "header_bomb_value"])
def test_header_bombs_leave_the_body(receive, name):
    assert receive(name).fields["description"] in ("It is broken.", "x")


@pytest.mark.parametrize("name", ["no_blank_line", "no_header", "lone_carriage_returns"])
def test_mails_without_a_proper_header_keep_their_text(receive, name):
    expected = {
        "no_blank_line": "This is the body",
        "no_header": "hello, is there anybody?\n\nplease answer",
        "lone_carriage_returns": "It is broken.",
    }
    assert receive(name).fields["description"] == expected[name]


def test_a_long_description_is_cut_and_said(receive, make):
    text = "words " * (LONGEST_DESCRIPTION // 4)
    intake = receive(make.mail(text))
    assert LONGEST_DESCRIPTION - 10 < len(intake.fields["description"]) <= LONGEST_DESCRIPTION
    assert text.startswith(intake.fields["description"])
    assert "cut after" in intake.problem
    assert [(file.name, file.content.decode()) for file in intake.files] == [
        ("text.txt", text.strip())
    ]


def test_a_long_follow_up_is_attached_in_full(receive, make):
    reply = make.mail("word " * LONGEST_DESCRIPTION, "In-Reply-To: <m0@x>")
    intake = receive(reply, sources={"mail:<m0@x>": "T1"})
    assert len(intake.text) < LONGEST_DESCRIPTION + 1
    assert [file.name for file in intake.files] == ["text.txt"]


def test_thirty_megabytes_of_text_are_not_all_read(receive, make):
    intake = receive(make.mail(b"0123456789abcde\n" * (30 * 1024 * 64)))
    assert len(intake.fields["description"]) <= LONGEST_DESCRIPTION
    assert len(intake.files[0].content) < LARGEST_TEXT
    assert f"only {LARGEST_TEXT} bytes" in intake.problem


def test_thirty_megabytes_of_attachment_are_kept(receive, make):
    encoded = b"QUJD" * 19 + b"\r\n"
    lines = 30 * 1024 * 1024 // len(encoded)
    body = (
        b"--q\r\n\r\nsee file\r\n--q\r\nContent-Type: image/png\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + encoded * lines + b"--q--\r\n"
    )
    intake = receive(make.mail(body, "Content-Type: multipart/mixed; boundary=q"))
    assert intake.fields["description"] == "see file"
    assert len(intake.files[0].content) == lines * 57
