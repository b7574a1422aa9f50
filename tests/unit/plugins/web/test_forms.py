"""Forms as form posts, with and without files."""

from __future__ import annotations

import pytest

FORM = "application/x-www-form-urlencoded"
MULTI = "multipart/form-data; boundary=X"

pytestmark = pytest.mark.requirement("A2", "F4")


def multi(*parts, end=b"--X--\r\n"):
    return b"".join(b"--X\r\n" + head + b"\r\n\r\n" + body + b"\r\n" for head, body in parts) + end


def named(name, rest=""):
    return f'Content-Disposition: form-data; name="{name}"{rest}'.encode()


def test_only_typed_values_are_taken_as_they_are(post):
    assert post(b"affected_users=3", FORM).textual
    assert not post({"affected_users": 3}).textual
    assert not post({"affected_users": 3}).lenient


def test_a_sample(post, samples):
    assert post((samples / "ticket.form").read_bytes(), FORM).fields == {
        "requester": {"name": "Zhang", "phone": "13800000001"},
        "description": "No longer cools 冰箱",
        "custom.fault": "E4",
        "affected_users": "3",
    }


def test_repeated_names_are_a_list(post):
    assert post(b"tags=a&tags=b&one=c", FORM).fields == {"tags": ("a", "b"), "one": "c"}


@pytest.mark.parametrize("name", ["requester.name", "line", "idempotency_key"])
def test_single_values_may_not_be_repeated(refusal, name):
    assert refusal(f"{name}=a&{name}=b".encode(), FORM).field == name


def test_the_declared_charset_counts(post):
    assert post(b"subject=%B1%F9", f"{FORM}; charset=gbk").fields["subject"] == "冰"


@pytest.mark.parametrize("content", [b"subject=%ff", b"subject=\xff"])
def test_other_bytes_are_refused_by_field(refusal, content):
    problem = refusal(content, FORM)
    assert problem.field == "subject"
    assert "byte 1" in problem.en


def test_a_sample_with_a_file(post, samples):
    intake = post((samples / "upload.multipart").read_bytes(), MULTI)
    assert intake.fields == {"description": "冰箱"}
    (file,) = intake.files
    assert (file.name, file.content) == ("照片.jpg", b"\xff\xd8\xff\r\n\x00")
    assert file.media_type == "image/jpeg"


@pytest.mark.parametrize(
    ("declared", "name"),
    [
        ("C:\\\\x\\\\shot.png", "shot.png"),
        ("../../etc/passwd", "passwd"),
        ("..", "upload"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("x" * 300 + ".txt", "x" * 196 + ".txt"),
    ],
)
def test_file_names_are_made_safe(post, declared, name):
    body = multi((named("f", f'; filename="{declared}"'), b"1"))
    assert [file.name for file in post(body, MULTI).files] == [name]


def test_encoded_file_names(post):
    body = multi((named("f", "; filename*=utf-8''%E5%86%B0.txt"), b"1"))
    assert post(body, MULTI).files[0].name == "冰.txt"


def test_an_empty_file_input_is_left_out(post):
    body = multi((named("f", '; filename=""'), b""), (named("subject"), b"x"))
    intake = post(body, MULTI)
    assert intake.files == ()
    assert intake.fields == {"subject": "x"}


def test_a_longer_boundary_is_content(post):
    body = multi((named("subject"), b"one\r\n--XY\r\ntwo"))
    assert post(body, MULTI).fields["subject"] == "one\r\n--XY\r\ntwo"


def test_a_part_may_have_its_own_charset(post):
    head = named("subject") + b"\r\nContent-Type: text/plain; charset=gbk"
    assert post(multi((head, b"\xb1\xf9")), MULTI).fields["subject"] == "冰"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", MULTI),
        (multi((named("a"), b"x"), end=b""), MULTI),
        (multi((named("a"), b"x")), "multipart/form-data"),
        (multi((b"Content-Type: text/plain", b"x")), MULTI),
        (multi((b"", b"x")), MULTI),
        (multi((b"Content-Disposition: form-data; name*" + b"9" * 4500 + b"=x", b"x")), MULTI),
        (multi((named("a"), b"\xff")), MULTI),
        (multi(*[(named("a"), b"x")] * 600), MULTI),
    ],
    ids=range(8),
)
def test_broken_uploads_are_refused(refusal, content, kind):
    assert refusal(content, kind).en
