"""The attachment policy: types, sizes, kinds and names; and how a ruleset says it."""

from typing import Any

import pytest

from ruledesk.errors import InvalidInput
from ruledesk.model.ticket import Attachment
from ruledesk.rules.attachments import AttachmentPolicy, count_problem, judge, name_all
from ruledesk.rules.load import ruleset_from_document
from ruledesk.rules.sizes import parse_size, shown_size

JPG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000")
PDF = b"%PDF-1.4\n"
EXE = b"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff\0\0"
MP3 = b"\xff\xfb\x90\x64" + b"\0" * 40
MP4 = b"\0\0\0\x20ftypisom\0\0\2\0isom"


def read(said: dict[str, Any]) -> AttachmentPolicy:
    document = {"ruleset": {"name": "a", "version": "1"}, "attachments": said}
    policy = ruleset_from_document(document).attachments
    assert policy is not None
    return policy


EVIDENCE: dict[str, Any] = {
    "types": ["image/*", "audio/*", "video/*", "pdf", "txt"],
    "max_size": "10MB",
    "max_count": 3,
    "name": "{kind}-{seq:02}-{order}",
    "kinds": {
        "order": [],
        "screenshot": ["image/*"],
        "recording": {"types": ["audio/*"], "label": {"en": "Recording", "zh": "录音"}},
        "video": ["video/*"],
    },
}


@pytest.fixture(scope="module")
def policy() -> AttachmentPolicy:
    return read(EVIDENCE)


def test_without_a_policy_any_file_is_taken() -> None:
    assert ruleset_from_document({"ruleset": {"name": "a", "version": "1"}}).attachments is None
    judged = judge(None, "x.pdf", EXE, kind="whatever")
    assert (judged.name, judged.media_type, judged.kind) == ("x.pdf", "", "whatever")
    assert not judged.problems
    assert count_problem(None, 1000) is None


@pytest.mark.requirement("A3", "B5")
@pytest.mark.parametrize(
    ("name", "content", "media", "kind"),
    [
        ("错误.jpg", JPG, "image/jpeg", "screenshot"),
        ("错误.JPEG", JPG, "image/jpeg", "screenshot"),
        ("photo", JPG, "image/jpeg", "screenshot"),
        ("v1.2", JPG, "image/jpeg", "screenshot"),
        ("通话.mp3", MP3, "audio/mpeg", "recording"),
        ("a.mp4", MP4, "video/mp4", "video"),
        ("a.pdf", PDF, "application/pdf", ""),
        ("a.log", "日志".encode("gb18030"), "text/plain", ""),
        ("a.txt", b"", "text/plain", ""),
    ],
)
def test_what_is_taken(
    name: str, content: bytes, media: str, kind: str, policy: AttachmentPolicy
) -> None:
    judged = judge(policy, name, content, where="attachments[1]")
    assert (judged.problems, judged.media_type, judged.kind) == ((), media, kind)


@pytest.mark.requirement("A3", "F4")
@pytest.mark.parametrize(
    ("name", "content", "en", "zh"),
    [
        ("a.pdf", EXE, "is named .pdf, but its content is exe", "文件名为 .pdf，内容却是 exe"),
        ("a.pdf", JPG, "is named .pdf, but its content is jpg", None),
        ("a.jpg", b"text", "is named .jpg, but its content is plain text", "内容却是纯文本"),
        ("a.dat", JPG, "is named .dat, but its content is jpg", None),
        ("a", EXE, "its content is exe", "内容是 exe"),
        ("a", b"\0\1", "its content is of no known type", "内容是未知类型"),
        ("a.exe", EXE, "its content is exe", None),
        ("a.html", b"text", "its content is plain text", None),
        ("a.txt", b" " * (10 * 1024**2 + 1), "is too large: 10MB (10485761 bytes)", "文件过大"),
    ],
)
def test_what_is_refused(
    name: str, content: bytes, en: str, zh: str | None, policy: AttachmentPolicy
) -> None:
    (problem,) = judge(policy, name, content, where="attachments[1]").problems
    assert (problem.field, problem.value, problem.en) == ("attachments[1]", name, en)
    assert zh is None or zh in problem.zh
    assert "pdf" in problem.accepted or problem.accepted == ("≤ 10MB",)


@pytest.mark.requirement("A3")
def test_a_file_of_the_largest_size_is_taken(policy: AttachmentPolicy) -> None:
    assert not judge(policy, "a.txt", b" " * 10 * 1024**2).problems


@pytest.mark.requirement("A3")
def test_a_policy_that_names_no_types_still_refuses_false_names() -> None:
    policy = read({"max_size": "1KB"})
    assert judge(policy, "a.exe", EXE).media_type == "application/x-msdownload"
    assert judge(policy, "a.xyz", b"\0\1").media_type == "application/octet-stream"
    (problem,) = judge(policy, "a.pdf", EXE).problems
    assert problem.accepted


def test_a_count(policy: AttachmentPolicy) -> None:
    assert count_problem(policy, 3) is None
    problem = count_problem(policy, 4)
    assert problem is not None
    assert (problem.field, problem.value, problem.accepted) == ("attachments", 4, ("≤ 3",))


# -- kinds ------------------------------------------------------------------------------------


@pytest.mark.requirement("B5")
def test_a_kind_that_is_given(policy: AttachmentPolicy) -> None:
    assert judge(policy, "a.jpg", JPG, kind="order").kind == "order"
    assert judge(policy, "a.jpg", JPG, kind="screenshot").kind == "screenshot"


@pytest.mark.requirement("B5", "F4")
@pytest.mark.parametrize(
    ("kind", "en", "accepted"),
    [
        ("recordin", "unknown kind", "recording (Recording 录音)"),
        ("recording", "is no recording (Recording 录音): its content is jpg", "mp3"),
    ],
)
def test_a_kind_that_is_not(kind: str, en: str, accepted: str, policy: AttachmentPolicy) -> None:
    (problem,) = judge(policy, "a.jpg", JPG, kind=kind, where="attachments[2]").problems
    assert (problem.field, problem.value, problem.en) == ("attachments[2].kind", kind, en)
    assert accepted in problem.accepted


# -- names ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("C:\\Users\\Zhang\\报错.jpg", "报错.jpg"),
        ("../../etc/passwd", "passwd"),
        ("a/b/", "b"),
        ("", "unnamed"),
        ("..", "unnamed"),
        ("a.jpg\nFrom: b.jpg\t", "a.jpg From: b.jpg"),
        ("photo\u202egpj.exe", "photo gpj.exe"),
        ("x" * 300 + ".jpg", "x" * 196 + ".jpg"),
    ],
)
def test_a_name_has_no_folders(name: str, kept: str) -> None:
    assert judge(None, name, b"").name == kept


@pytest.mark.requirement("F3", "F4")
def test_a_name_with_control_characters() -> None:
    (problem,) = judge(None, "a\0.jpg", b"", where="attachments[1]").problems
    assert (problem.field, problem.value) == ("attachments[1].name", "a\0.jpg")
    judged = judge(None, "a\0.jpg", b"", lenient=True)
    assert (judged.name, judged.problems) == ("a\ufffd.jpg", ())


def file(name: str, kind: str = "screenshot", media: str = "image/jpeg") -> Attachment:
    return Attachment(name, media, 5, "0" * 64, kind)


@pytest.mark.requirement("B5")
def test_files_are_named_by_kind_sequence_and_order(policy: AttachmentPolicy) -> None:
    fresh = [file("报错.JPG"), file("通话.mp3", "recording"), file("b.png"), file("c.pdf", "")]
    named = name_all(policy, fresh, order="DD/2026 01")
    assert [one.name for one in named] == [
        "screenshot-01-DD-2026-01.jpg",
        "recording-01-DD-2026-01.mp3",
        "screenshot-02-DD-2026-01.png",
        "file-01-DD-2026-01.pdf",
    ]
    assert [one.original for one in named] == ["报错.JPG", "通话.mp3", "b.png", "c.pdf"]


@pytest.mark.requirement("B5")
def test_without_an_order_its_place_goes_too(policy: AttachmentPolicy) -> None:
    (named,) = name_all(policy, [file("photo")], [file("x"), file("y", "recording")])
    assert (named.name, named.original) == ("screenshot-02.jpg", "photo")


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("{order}_{kind}_{seq}", "screenshot_1.jpg"),
        ("{name} ({kind} {seq:03})", "报错 (screenshot 001).jpg"),
        ("{order}-{seq}", "1.jpg"),
    ],
)
def test_other_names(template: str, name: str) -> None:
    policy = read({**EVIDENCE, "name": template})
    assert name_all(policy, [file("报错.jpg")])[0].name == name


@pytest.mark.requirement("B5")
def test_files_of_two_kinds_share_a_sequence_where_names_do_not_tell_the_kind() -> None:
    policy = read({**EVIDENCE, "name": "{order}-{seq:02}"})
    fresh = [file("a.jpg"), file("b.jpg", "order")]
    named = name_all(policy, fresh, [file("x.mp3", "recording")], "D1")
    assert [one.name for one in named] == ["D1-02.jpg", "D1-03.jpg"]


def test_names_are_kept_where_the_policy_has_none() -> None:
    assert name_all(read({}), [file("a.jpg")]) == (file("a.jpg"),)
    assert name_all(None, [file("a.jpg")]) == (file("a.jpg"),)


# -- as rulesets say it -----------------------------------------------------------------------


@pytest.mark.requirement("F4")
@pytest.mark.parametrize(
    ("said", "key", "accepted"),
    [
        ({"types": ["jpgg"]}, "types", "jpg"),
        ({"types": ["colour/*"]}, "types", None),
        ({"types": "jpg"}, "types", "a list of texts"),
        ({"max_size": "ten"}, "max_size", "10MB"),
        ({"max_size": "0"}, "max_size", "10MB"),
        ({"max_size": 10}, "max_size", "a text"),
        ({"max_count": 0}, "max_count", ">= 1"),
        ({"max_cuont": 1}, "max_cuont", "max_count"),
        ({"name": "{kind}"}, "name", "{kind}-{seq:02}"),
        ({"name": "{seq}{colour}"}, "name", "{order}"),
        ({"name": "{seq"}, "name", "{seq}"),
        ({"name": "{seq:x-}"}, "name", "{seq}"),
        ({"kinds": {"a": ["jpgg"]}}, "kinds.a", "jpg"),
        ({"kinds": {"a": {"types": ["jpgg"]}}}, "kinds.a.types", "jpg"),
        ({"kinds": {"a": {"colour": 1}}}, "kinds.a.colour", None),
        ({"kinds": {"a": 5}}, "kinds.a", "a list of texts"),
    ],
)
def test_what_a_ruleset_is_refused_for(
    said: dict[str, Any], key: str, accepted: str | None
) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(said)
    (problem,) = refused.value.problems
    assert problem.field == f"ruleset: attachments.{key}"
    assert accepted is None or accepted in problem.accepted


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("10MB", 10 * 1024**2),
        ("1.5 mb", 1572864),
        ("512KiB", 524288),
        ("2048", 2048),
        ("3B", 3),
        ("1G", 1024**3),
        ("", None),
        ("-1MB", None),
        ("MB", None),
        ("1TB", None),
    ],
)
def test_sizes(text: str, size: int | None) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0B"), (1023, "1023B"), (1024, "1KB"), (10 * 1024**2, "10MB"), (1572864, "1.5MB")],
)
def test_sizes_are_shown_short(size: int, text: str) -> None:
    assert shown_size(size) == text
