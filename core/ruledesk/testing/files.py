"""Hypothesis strategy for attachments that a ruleset's policy admits (A3, B5)."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Final
from zipfile import ZipFile, ZipInfo

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ruledesk.hooks.kinds import File
from ruledesk.rules.attachments import AttachmentPolicy
from ruledesk.rules.sniff import TYPES

_TEXT: Final = "屏幕显示 E5，重启后仍然如此。\nIt shows E5, also after a restart.\n".encode()
_STEMS: Final = ("现场照片", "screen shot (2)", "IMG_0001", "v1.2", "说明", "a")
_MOST: Final = 3


def _package(part: str) -> bytes:
    """Make the package of an office document, or of an archive."""
    held = BytesIO()
    with ZipFile(held, "w") as archive:
        for name in ("[Content_Types].xml", part):
            archive.writestr(ZipInfo(name), "<x/>")
    return held.getvalue()


#: The smallest content of each type that is told by its signature.
SAMPLES: Final[Mapping[str, bytes]] = {
    "pdf": b"%PDF-1.4\n%%EOF\n",
    "jpg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9",
    "png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "gif": b"GIF89a\x01\x00\x01\x00\x00\x00\x00;",
    "webp": b"RIFF\x04\x00\x00\x00WEBP",
    "heic": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00",
    "docx": _package("word/document.xml"),
    "xlsx": _package("xl/workbook.xml"),
    "mp4": b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00",
    "mov": b"\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00",
    "mp3": b"\xff\xfb\x90\x00" + bytes(60),
    "wav": b"RIFF\x04\x00\x00\x00WAVE",
    "m4a": b"\x00\x00\x00\x18ftypM4A \x00\x00\x00\x00",
    **{word: _TEXT for word, one in TYPES.items() if one.text},
}


def files(policy: AttachmentPolicy | None) -> SearchStrategy[tuple[File, ...]]:
    """Draw the attachments of a submission, up to three, all of them admitted by a policy.

    Args:
        policy: The ruleset's; None takes any file.

    Returns:
        Files whose name, content, size and kind are what the policy asks for.
    """
    if policy is None:
        return st.lists(_of_types(None, tuple(SAMPLES)), max_size=_MOST).map(tuple)
    types = [one for one in policy.types or tuple(SAMPLES) if one in SAMPLES]
    types = [one for one in types if not policy.max_size or len(SAMPLES[one]) <= policy.max_size]
    if not types:
        return st.just(())
    most = min(policy.max_count or _MOST, _MOST)
    return st.lists(_of_types(policy, tuple(types)), max_size=most).map(tuple)


def _of_types(policy: AttachmentPolicy | None, types: tuple[str, ...]) -> SearchStrategy[File]:
    return st.sampled_from(types).flatmap(lambda word: _of_type(policy, word))


def _of_type(policy: AttachmentPolicy | None, word: str) -> SearchStrategy[File]:
    suffixes = st.sampled_from(TYPES[word].suffixes).flatmap(
        lambda suffix: st.sampled_from((suffix, suffix.upper()))
    )
    names = st.builds("{}.{}".format, st.sampled_from(_STEMS), suffixes)
    return st.builds(
        File,
        name=names,
        content=_contents(policy, word),
        media_type=st.sampled_from((TYPES[word].media, "", "application/octet-stream")),
        kind=st.sampled_from(("", *_kinds(policy, word))),
    )


def _contents(policy: AttachmentPolicy | None, word: str) -> SearchStrategy[bytes]:
    """Draw the sample content, sometimes as large as is just admitted (of a small limit)."""
    sample = SAMPLES[word]
    limit = policy.max_size if policy else 0
    if not TYPES[word].text or not len(sample) < limit <= len(sample) + 100_000:
        return st.just(sample)
    return st.sampled_from((sample, sample + b"x" * (limit - len(sample))))


def _kinds(policy: AttachmentPolicy | None, word: str) -> tuple[str, ...]:
    kinds = policy.kinds if policy else {}
    return tuple(name for name, kind in kinds.items() if not kind.types or word in kind.types)
