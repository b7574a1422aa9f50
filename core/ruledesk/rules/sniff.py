"""What a file is, by its content: the types that an attachment policy may name (A3).

Text is decided here; signatures of binary files come from puremagic; files that several types share
a container with (office documents, ISO media) are told apart by what the container says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from io import BytesIO
from typing import Final
from zipfile import ZIP_STORED, BadZipFile, ZipFile

import puremagic
from attrs import frozen

UNKNOWN_MEDIA: Final = "application/octet-stream"
_HEAD: Final = 4096


@frozen
class FileType:
    """A type of file.

    Attributes:
        suffixes: What names of such files end with, without the dot; the usual one first.
        media: Its media type.
        text: Whether its content is plain text, so that only the name tells it from other text.
    """

    suffixes: tuple[str, ...]
    media: str
    text: bool = False


_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
_ODF: Final = "application/vnd.oasis.opendocument"

TYPES: Final[Mapping[str, FileType]] = {
    "txt": FileType(("txt", "text", "log", "md"), "text/plain", text=True),
    "csv": FileType(("csv", "tsv"), "text/csv", text=True),
    "json": FileType(("json",), "application/json", text=True),
    "xml": FileType(("xml",), "application/xml", text=True),
    "html": FileType(("html", "htm", "xhtml"), "text/html", text=True),
    "svg": FileType(("svg",), "image/svg+xml", text=True),
    "rtf": FileType(("rtf",), "application/rtf", text=True),
    "eml": FileType(("eml",), "message/rfc822", text=True),
    "script": FileType(
        ("sh", "bat", "cmd", "ps1", "js", "vbs", "py", "php"), "text/x-script", text=True
    ),
    "pdf": FileType(("pdf",), "application/pdf"),
    "jpg": FileType(("jpg", "jpeg", "jpe", "jfif"), "image/jpeg"),
    "png": FileType(("png",), "image/png"),
    "gif": FileType(("gif",), "image/gif"),
    "bmp": FileType(("bmp", "dib"), "image/bmp"),
    "webp": FileType(("webp",), "image/webp"),
    "tiff": FileType(("tiff", "tif"), "image/tiff"),
    "heic": FileType(("heic", "heif"), "image/heic"),
    "avif": FileType(("avif",), "image/avif"),
    "docx": FileType(("docx", "docm"), f"{_OFFICE}.wordprocessingml.document"),
    "xlsx": FileType(("xlsx", "xlsm"), f"{_OFFICE}.spreadsheetml.sheet"),
    "pptx": FileType(("pptx", "pptm"), f"{_OFFICE}.presentationml.presentation"),
    "doc": FileType(("doc",), "application/msword"),
    "xls": FileType(("xls",), "application/vnd.ms-excel"),
    "ppt": FileType(("ppt",), "application/vnd.ms-powerpoint"),
    "msg": FileType(("msg",), "application/vnd.ms-outlook"),
    "odt": FileType(("odt",), f"{_ODF}.text"),
    "ods": FileType(("ods",), f"{_ODF}.spreadsheet"),
    "odp": FileType(("odp",), f"{_ODF}.presentation"),
    "zip": FileType(("zip",), "application/zip"),
    "jar": FileType(("jar",), "application/java-archive"),
    "apk": FileType(("apk",), "application/vnd.android.package-archive"),
    "rar": FileType(("rar",), "application/vnd.rar"),
    "7z": FileType(("7z",), "application/x-7z-compressed"),
    "gz": FileType(("gz", "tgz"), "application/gzip"),
    "exe": FileType(("exe", "dll", "scr", "com", "sys"), "application/x-msdownload"),
    "elf": FileType(("elf", "so", "bin"), "application/x-executable"),
    "mp4": FileType(("mp4", "m4v"), "video/mp4"),
    "mov": FileType(("mov", "qt"), "video/quicktime"),
    "3gp": FileType(("3gp", "3g2"), "video/3gpp"),
    "avi": FileType(("avi",), "video/x-msvideo"),
    "mkv": FileType(("mkv",), "video/x-matroska"),
    "webm": FileType(("webm",), "video/webm"),
    "wmv": FileType(("wmv",), "video/x-ms-wmv"),
    "flv": FileType(("flv",), "video/x-flv"),
    "mp3": FileType(("mp3", "mpga"), "audio/mpeg"),
    "wav": FileType(("wav",), "audio/wav"),
    "m4a": FileType(("m4a", "f4a", "m4b"), "audio/mp4"),
    "amr": FileType(("amr",), "audio/amr"),
    "ogg": FileType(("ogg", "oga", "opus"), "audio/ogg"),
    "flac": FileType(("flac",), "audio/flac"),
    "wma": FileType(("wma",), "audio/x-ms-wma"),
    "aac": FileType(("aac",), "audio/aac"),
}
_BY_SUFFIX: Final = {suffix: word for word, one in TYPES.items() for suffix in one.suffixes}
_TEXT: Final = tuple(word for word, one in TYPES.items() if one.text)

# No character of UTF-8 or GB18030 text holds one of these bytes, control characters apart.
_CONTROL_BYTES: Final = bytes({*range(0x20), 0x7F} - {0x09, 0x0A, 0x0C, 0x0D})
_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
_BOMS: Final = (b"\xff\xfe", b"\xfe\xff")

#: Brands of ISO media (``ftyp``) that are no MP4.
_BRANDS: Final[Mapping[bytes, str]] = {
    b"qt  ": "mov",
    b"M4A ": "m4a",
    b"M4B ": "m4a",
    b"F4A ": "m4a",
    b"heic": "heic",
    b"heix": "heic",
    b"hevc": "heic",
    b"mif1": "heic",
    b"msf1": "heic",
    b"avif": "avif",
    b"avis": "avif",
}
_PROGRAMS: Final = {b"MZ": "exe", b"\x7fELF": "elf"}
_RIFF: Final = {b"WAVE": "wav", b"AVI ": "avi", b"WEBP": "webp"}
#: What only one kind of office file holds: a part of a package, a stream of a compound file.
_PARTS: Final = {"word/": "docx", "xl/": "xlsx", "ppt/": "pptx"}
_STREAMS: Final = {
    "WordDocument": "doc",
    "Workbook": "xls",
    "Book": "xls",
    "PowerPoint Document": "ppt",
    "__substg1.0_": "msg",
}
_COMPOUND: Final = bytes.fromhex("d0cf11e0a1b11ae1")


def type_of_suffix(suffix: str) -> str:
    """Name the type of files that end so (without the dot, in any case); empty for unknown."""
    return _BY_SUFFIX.get(suffix.lower(), "")


def expanded(pattern: str) -> tuple[str, ...]:
    """Name the types that a word (``pdf``, ``jpeg``) or a media pattern (``image/*``) means.

    Args:
        pattern: As a ruleset writes it.

    Returns:
        Words of `TYPES`; empty where it means none.
    """
    if "/" in pattern:
        # A drawing that is text (SVG) can hold scripts; who wants it says so.
        text = pattern.startswith("text/") or pattern == TYPES["svg"].media
        return tuple(
            word
            for word, one in TYPES.items()
            if fnmatchcase(one.media, pattern) and (text or not one.text)
        )
    word = pattern.lower()
    found = word if word in TYPES else type_of_suffix(word)
    return (found,) if found else ()


def sniff(content: bytes) -> tuple[str, ...]:
    """Say what a content may be.

    Args:
        content: All bytes of a file.

    Returns:
        Words of `TYPES`, the likeliest first; several where only the name could tell (all kinds of
        plain text). Empty where it is none of them.
    """
    if content.startswith(b"%PDF-"):
        return ("pdf",)
    if is_text(content):
        return _TEXT
    container = _container(content)
    return container or _by_signature(content[:_HEAD])


def is_text(content: bytes) -> bool:
    """Say whether a content is plain text: UTF-8, GB18030 or UTF-16 with a mark, no controls."""
    if content.startswith(_BOMS):
        return _reads_as(content, "utf-16")
    if len(content.translate(None, _CONTROL_BYTES)) != len(content):
        return False
    return _reads_as(content, "utf-8") or _reads_as(content, "gb18030")


def _reads_as(content: bytes, encoding: str) -> bool:
    try:
        return _CONTROLS.search(content.decode(encoding)) is None
    except UnicodeDecodeError:
        return False


def _container(content: bytes) -> tuple[str, ...]:
    """Look into containers, whose signature says little; programs first, whatever follows."""
    for signature, word in _PROGRAMS.items():
        if content.startswith(signature):
            return (word,)
    if content.startswith(b"PK\x03\x04"):
        return (_package(content),)
    if content.startswith(_COMPOUND):
        found = [w for s, w in _STREAMS.items() if s.encode("utf-16-le") in content]
        return tuple(dict.fromkeys(found)) or tuple(dict.fromkeys(_STREAMS.values()))
    if content[4:8] == b"ftyp":
        brand = content[8:12]
        return ("3gp",) if brand.startswith(b"3g") else (_BRANDS.get(brand, "mp4"),)
    if content.startswith(b"RIFF") and content[8:12] in _RIFF:
        return (_RIFF[content[8:12]],)
    if content.startswith(b"\x1a\x45\xdf\xa3"):
        return ("webm",) if b"webm" in content[:64] else ("mkv",)
    return _audio_frame(content)


def _audio_frame(content: bytes) -> tuple[str, ...]:
    """Read the sync of an MPEG audio frame: eleven set bits, then version and layer."""
    if len(content) < 4 or content[0] != 0xFF:  # noqa: PLR2004 - a frame's header
        return ()
    if content[1] & 0xF6 == 0xF0:  # noqa: PLR2004 - ADTS: layer 0
        return ("aac",)
    return ("mp3",) if content[1] & 0xE6 == 0xE2 else ()  # noqa: PLR2004 - layer III


def _package(content: bytes) -> str:
    """Tell what a ZIP archive is the package of."""
    try:
        with ZipFile(BytesIO(content)) as archive:
            names = archive.namelist()
            entry = archive.getinfo("mimetype") if "mimetype" in names else None
            # OpenDocument asks for it to be stored as it is; nothing is unpacked here.
            if entry and entry.compress_type == ZIP_STORED and entry.file_size < _HEAD:
                media = archive.read("mimetype").decode("ascii", "replace").strip()
                return next((w for w in ("odt", "ods", "odp") if TYPES[w].media == media), "zip")
    except (BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError):
        return "zip"  # damaged, or encrypted: an archive all the same
    if "[Content_Types].xml" in names:
        for part, word in _PARTS.items():
            if any(name.startswith(part) for name in names):
                return word
    if "AndroidManifest.xml" in names:
        return "apk"
    return "jar" if "META-INF/MANIFEST.MF" in names else "zip"


def _by_signature(head: bytes) -> tuple[str, ...]:
    if not head:
        return ()
    try:
        candidates = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return ()
    # What a file begins with says what it is; anything may be put at its end.
    headers = (one.extension for one in candidates if one.offset >= 0)
    words = (type_of_suffix(extension.removeprefix(".")) for extension in headers)
    return tuple(dict.fromkeys(word for word in words if word and not TYPES[word].text))
