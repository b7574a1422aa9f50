"""What a mail says, and the files that came with it."""

from __future__ import annotations

import re
from typing import Final

from attrs import frozen

from ruledesk import File
from ruledesk_plugins.email.markup import html_text
from ruledesk_plugins.email.mime import Part
from ruledesk_plugins.email.text import clean, decode

#: Bytes of text, over all parts, that are read.
LARGEST_TEXT: Final = 1024 * 1024
#: Multiparts inside each other, and parts of a mail; what is beyond is kept as one file.
DEEPEST: Final = 20
MOST_PARTS: Final = 1_000
_LONGEST_NAME: Final = 150
_UNSAFE: Final = re.compile('[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069<>:"|?*]')
_SEPARATORS: Final = re.compile(r"[/\\]")
_TEXTS: Final = ("text/plain", "text/html")
#: Names of nameless files end so; a table of our own, as the system's differ.
_ENDINGS: Final = {
    "application/json": ".json",
    "application/pdf": ".pdf",
    "application/zip": ".zip",
    "application/pgp-signature": ".asc",
    "application/pkcs7-signature": ".p7s",
    "application/ms-tnef": ".dat",
    "audio/mpeg": ".mp3",
    "image/bmp": ".bmp",
    "image/gif": ".gif",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/svg+xml": ".svg",
    "image/tiff": ".tif",
    "image/webp": ".webp",
    "message/rfc822": ".eml",
    "text/calendar": ".ics",
    "text/csv": ".csv",
    "text/html": ".html",
    "text/plain": ".txt",
    "video/mp4": ".mp4",
}


@frozen
class Body:
    """A mail's content.

    Attributes:
        text: The text parts as one text, cleaned.
        files: Attachments and inline images, in order.
        problems: What could not be read as declared.
    """

    text: str
    files: tuple[File, ...]
    problems: tuple[str, ...]


def read_body(mail: Part) -> Body:
    """Read all parts of a mail.

    Of alternatives the plain text is taken, else the HTML one as text; their files are all kept.

    Args:
        mail: The mail.

    Returns:
        Its content.
    """
    reader = _Reader()
    text = reader.read(mail)
    return Body(text, tuple(reader.files), tuple(dict.fromkeys(reader.problems)))


class _Reader:
    """Walks the parts once; keeps files and problems, and how much text may still be read."""

    def __init__(self) -> None:
        self.files: list[File] = []
        self.problems: list[str] = []
        self._left = LARGEST_TEXT
        self._parts_left = MOST_PARTS

    def read(self, part: Part, *, want_text: bool = True) -> str:
        if part.is_multipart and (part.depth >= DEEPEST or self._parts_left <= 0):
            self.problems.append("nested too deeply, kept as a file / 嵌套过深，作为附件保存")
            self.files.append(File(self._default_name(".eml"), part.whole, "message/rfc822"))
            return ""
        parts = part.parts(self._parts_left)
        self._parts_left -= len(parts)
        if parts and part.header.media_type == "multipart/alternative":
            return self._alternative(parts, want_text)
        if parts:
            texts = [self.read(child, want_text=want_text) for child in parts]
            return "\n\n".join(text for text in texts if text.strip())
        if _is_file(part):
            self._keep(part)
            return ""
        return self._text(part) if want_text else ""

    def _alternative(self, parts: tuple[Part, ...], want_text: bool) -> str:
        # The sender's preference grows with the order, ours is plain text.
        plain = [part for part in parts if part.header.media_type == "text/plain"]
        others = [part for part in reversed(parts) if part.header.media_type != "text/plain"]
        text = ""
        for part in (*plain, *others):
            text = self.read(part, want_text=want_text and not text.strip()) or text
        return text

    def _text(self, part: Part) -> str:
        longest = min(self._left, part.length)
        cut = longest < part.length
        self._left -= longest
        content, problem = part.content(longest)
        header = part.header
        decoded = decode(content, header.parameter("content-type", "charset"), cut=cut)
        self.problems.extend(filter(None, (problem, decoded.problem)))
        if cut:
            self.problems.append(
                f"only {LARGEST_TEXT} bytes of text are read, the raw mail has the rest / "
                "正文过长，其余见原始邮件"
            )
        text = decoded.text
        if header.media_type == "text/html":
            text = html_text(_whole_tags(text) if cut else text)
        return clean(text)

    def _keep(self, part: Part) -> None:
        header = part.header
        content, problem = part.content()
        self.problems.extend(filter(None, (problem,)))
        kind = header.media_type
        name = file_name(_declared_name(part)) or self._default_name(_ENDINGS.get(kind, ".bin"))
        self.files.append(File(name, content, kind))

    def _default_name(self, ending: str) -> str:
        return f"attachment-{len(self.files) + 1}{ending}"


def _whole_tags(markup: str) -> str:
    """Leave out the tag in the middle of which the markup was cut."""
    last = markup.rfind("<")
    return markup[:last] if last > markup.rfind(">") else markup


def _is_file(part: Part) -> bool:
    if part.is_multipart:
        return False  # without its boundary it is read as text
    if part.header.disposition == "attachment":
        return True
    return part.header.media_type not in _TEXTS or bool(_declared_name(part))


def _declared_name(part: Part) -> str:
    header = part.header
    return header.parameter("content-disposition", "filename") or header.parameter(
        "content-type", "name"
    )


def file_name(declared: str) -> str:
    """Make a declared file name safe: its last part, without control and direction characters.

    Args:
        declared: The name as the mail gives it.

    Returns:
        At most 150 characters that end as the name does; empty where nothing is left.
    """
    last = _SEPARATORS.split(clean(declared))[-1]
    name = _UNSAFE.sub("", last).strip().strip(".").strip()
    return name if len(name) <= _LONGEST_NAME else name[:100] + name[100 - _LONGEST_NAME :]
