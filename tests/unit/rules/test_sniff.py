"""What a file is, by its content alone."""

import io
import struct
import wave
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ruledesk.rules.sniff import TYPES, expanded, is_text, sniff, type_of_suffix


def package(*names: str, mimetype: str = "") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        if mimetype:
            archive.writestr("mimetype", mimetype)
        for name in names:
            archive.writestr(name, "x" * 50)
    return buffer.getvalue()


def recorded() -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\0\1" * 50)
    return buffer.getvalue()


def media(brand: bytes) -> bytes:
    return b"\0\0\0\x20ftyp" + brand + b"\0\0\2\0isomiso2\0\0\0\x08free"


PE = b"MZ\x90\0" + b"\0" * 56 + struct.pack("<I", 64) + b"PE\0\0\x4c\x01" + b"\0" * 40
OLE = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 504
ODT = "application/vnd.oasis.opendocument.text"
FILES = {
    "jpg": [
        bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffdb0043") + b"\x08" * 40,
        bytes.fromhex("ffd8ffe1001845786966000049492a0008000000") + b"\0" * 40,
        bytes.fromhex("ffd8ffdb004300") + b"\x08" * 40,
    ],
    "png": [bytes.fromhex("89504e470d0a1a0a0000000d49484452") + b"\0" * 20],
    "gif": [b"GIF89a\1\0\1\0\0\0\0;"],
    "bmp": [b"BM" + struct.pack("<IHHI", 70, 0, 0, 54) + b"\x28\0\0\0" + b"\0" * 40],
    "webp": [b"RIFF\x24\0\0\0WEBPVP8 " + b"\0" * 30],
    "tiff": [b"II*\0\x08\0\0\0" + b"\0" * 30],
    "heic": [media(b"heic")],
    "pdf": [b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", b"%PDF-1.7\nall of it is text\n%%EOF\n"],
    "exe": [PE, b"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff\0\0"],
    "elf": [b"\x7fELF\2\1\1" + b"\0" * 60],
    "docx": [package("[Content_Types].xml", "_rels/.rels", "word/document.xml")],
    "xlsx": [package("[Content_Types].xml", "xl/workbook.xml")],
    "pptx": [package("[Content_Types].xml", "ppt/presentation.xml")],
    "odt": [package("content.xml", mimetype=ODT)],
    "zip": [
        package("a.txt"),
        package("word/document.xml"),
        package("a", mimetype="nonsense"),
        b"PK\3\4\x14\0\0\0",
    ],
    "jar": [package("META-INF/MANIFEST.MF")],
    "apk": [package("META-INF/MANIFEST.MF", "AndroidManifest.xml")],
    "doc": [OLE + "WordDocument".encode("utf-16-le")],
    "xls": [OLE + "Workbook".encode("utf-16-le")],
    "ppt": [OLE + "PowerPoint Document".encode("utf-16-le")],
    "rar": [b"Rar!\x1a\x07\x01\0" + b"\0" * 20],
    "7z": [bytes.fromhex("377abcaf271c0004") + b"\0" * 20],
    "gz": [bytes.fromhex("1f8b0800") + b"\0" * 20],
    "mp4": [media(b"isom"), media(b"mp42"), media(b"MSNV"), media(b"iso6")],
    "mov": [media(b"qt  ")],
    "3gp": [media(b"3gp5")],
    "avi": [b"RIFF\x24\0\0\0AVI LIST" + b"\0" * 30],
    "mkv": [bytes.fromhex("1a45dfa3") + b"\x93\x42\x82\x88matroska" + b"\0" * 20],
    "webm": [bytes.fromhex("1a45dfa3") + b"\x93\x42\x82\x84webm" + b"\0" * 20],
    "mp3": [
        b"ID3\3\0\0\0\0\0\x0a" + b"\0" * 40,
        b"\xff\xfb\x90\x64" + b"\0" * 40,
        b"\xff\xf3\x90\x64" + b"\0" * 40,
    ],
    "wav": [recorded()],
    "m4a": [media(b"M4A ")],
    "aac": [b"\xff\xf1\x50\x80" + b"\0" * 20],
    "amr": [b"#!AMR\n" + b"\0" * 30],
    "ogg": [b"OggS\0\2" + b"\0" * 22 + b"\1\x1eOpusHead"],
    "flac": [b"fLaC\0\0\0\x22" + b"\0" * 30],
}
CHINESE = "系统登录失败，推送代码被拒绝\r\n\t第二行\n"


@pytest.mark.requirement("A3")
@pytest.mark.parametrize(
    ("word", "content"), [(word, one) for word, files in FILES.items() for one in files]
)
def test_a_file_is_what_its_content_is(word: str, content: bytes) -> None:
    assert sniff(content)[0] == word
    assert not is_text(content) or word == "pdf"


@pytest.mark.requirement("A3")
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"plain",
        CHINESE.encode(),
        CHINESE.encode("utf-8-sig"),
        CHINESE.encode("gb18030"),
        CHINESE.encode("utf-16"),
        "🧊冰箱𠮷".encode("gb18030"),
        b"MZ is a text that begins so",
        b"BMW and GIF and RIFF",
        b"<!DOCTYPE html><script>alert(1)</script>",
    ],
)
def test_text_is_text(content: bytes) -> None:
    assert is_text(content)
    words = sniff(content)
    assert words[0] == "txt"
    assert all(TYPES[word].text for word in words)


@pytest.mark.requirement("A3")
@pytest.mark.parametrize(
    "content",
    [
        b"a\0b",
        b"a\x1bb",
        b"a\x7fb",
        b"\xff\xfe\x00",
        b"\xff\xfea\0\0\0",
        b"\x81",
        b"\xc3\xa9\xff",
        bytes(range(256)),
    ],
)
def test_what_is_no_text(content: bytes) -> None:
    assert not is_text(content)
    assert not sniff(content)


@pytest.mark.requirement("A3")
@pytest.mark.parametrize("end", [b"\xff\xd9", b"%%EOF\n", b"IEND\xaeB`\x82", b"\0\x3b", b"PK\5\6"])
def test_what_stands_at_the_end_says_nothing(end: bytes) -> None:
    assert sniff(PE + end) == ("exe",)
    assert sniff(b"\1\2\3" * 20 + end) == ()


@pytest.mark.requirement("A3")
def test_a_program_dressed_up_is_a_program() -> None:
    assert sniff(b"MZ\0\0ftypisom\0\0\2\0isom") == ("exe",)


def test_an_office_file_that_does_not_say_which_may_be_any() -> None:
    assert sniff(OLE) == ("doc", "xls", "ppt", "msg")


def test_names_and_patterns() -> None:
    assert type_of_suffix("JPEG") == "jpg"
    assert type_of_suffix("xyz") == ""
    assert expanded("jpeg") == ("jpg",)
    assert expanded("PDF") == ("pdf",)
    assert set(expanded("audio/*")) == {"mp3", "wav", "m4a", "amr", "ogg", "flac", "wma", "aac"}
    assert expanded("colour/*") == expanded("xyz") == ()


def test_no_suffix_means_two_types() -> None:
    suffixes = [suffix for one in TYPES.values() for suffix in one.suffixes]
    assert len(suffixes) == len(set(suffixes))


@settings(deadline=None, max_examples=200)
@given(
    st.sampled_from([b"", *(one[:40] for files in FILES.values() for one in files)]),
    st.binary(max_size=200),
)
def test_anything_may_be_looked_at(head: bytes, rest: bytes) -> None:
    assert set(sniff(head + rest)) <= TYPES.keys()
    assert set(sniff(rest)) <= TYPES.keys()
