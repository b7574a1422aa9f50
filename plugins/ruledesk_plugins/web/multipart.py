"""Forms as ``multipart/form-data`` (RFC 7578)."""

from __future__ import annotations

import re
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import collapse_rfc2231_value
from itertools import islice
from typing import Final

from ruledesk import File, Refused
from ruledesk_plugins.web.form import MOST_FIELDS, ContentType, Form, decoded, gathered, safe_name

_BLANK_LINE: Final = re.compile(rb"\r?\n\r?\n")
_LARGEST_HEADER: Final = 8 * 1024
#: Control characters, marks that turn the direction of text, and halves of surrogate pairs.
_UNSAFE_IN_NAMES: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_LONGEST_NAME: Final = 200


def read_multipart(content: bytes, kind: ContentType) -> Form:
    """Read a form with files.

    Args:
        content: The body.
        kind: Its content type with the ``boundary``.

    Returns:
        The form; all values are text, a part with a file name is a file. An empty file input,
        which browsers send as a nameless file without content, is left out.

    Raises:
        Refused: No boundary, no part, a part without a name, or text not of the charset.
    """
    pairs: list[tuple[str, str]] = []
    files: list[File] = []
    for number, part in enumerate(_parts(content, kind), start=1):
        blank = _BLANK_LINE.search(part, 0, _LARGEST_HEADER)
        header = _header(part[: blank.start() if blank else 0].lstrip(b"\r\n"))
        body = part[blank.end() :] if blank else b""
        name = _parameter(header, "name", number)
        if name is None:
            raise Refused.of("the part has no name", "该部分没有名称", field=f"part {number}")
        filename = _parameter(header, "filename", number)
        if filename is None:
            own = ContentType.of(str(header.get("content-type", "")))
            codec = own.codec if "charset" in own.parameters else kind.codec
            pairs.append((name, decoded(body, codec, safe_name(name))))
        elif filename or body:
            files.append(_file(filename, body, header))
    return Form(gathered(pairs), tuple(files))


def _parts(content: bytes, kind: ContentType) -> list[bytes]:
    boundary = kind.parameters.get("boundary", "").encode("utf-8", "replace")
    if not boundary:
        raise Refused.of("the boundary is missing", "缺少 boundary 参数", field="Content-Type")
    # The first delimiter has no line break before it; the last one is followed by "--".
    body = b"\n" + content
    delimiter = re.compile(rb"\n--" + re.escape(boundary) + rb"(--)?[ \t]*+(?=\r?\n|\Z)")
    parts: list[bytes] = []
    start = -1
    for found in islice(delimiter.finditer(body), MOST_FIELDS + 2):
        if start >= 0:
            parts.append(body[start : found.start()].removesuffix(b"\r"))
        if found[1]:
            return parts
        start = found.end()
    raise Refused.of(
        "the closing boundary is missing: the form is cut off, or has too many parts",
        "缺少结束 boundary：表单不完整或部分过多",
        field="body",
    )


def _header(block: bytes) -> Message:
    parsed = BytesHeaderParser().parsebytes(block)
    # Browsers put file names as bare UTF-8 into the header; the parser keeps them as surrogates.
    header: Message = Message()
    for name, value in parsed.raw_items():
        raw = str(value).encode("utf-8", "surrogateescape")
        header[name] = raw.decode("utf-8", "replace").replace("\n", "").replace("\r", "")
    return header


def _parameter(header: Message, name: str, part: int) -> str | None:
    try:
        value = header.get_param(name, header="content-disposition")
    except ValueError:
        # The parser counts the pieces of a continued parameter with numbers of any length.
        raise Refused.of("unreadable header", "部分头无法读取", field=f"part {part}") from None
    return None if value is None else collapse_rfc2231_value(value)


def _file(filename: str, content: bytes, header: Message) -> File:
    last = re.split(r"[/\\]", filename)[-1]
    name = _UNSAFE_IN_NAMES.sub("", last).strip(" .")[-_LONGEST_NAME:] or "upload"
    return File(name, content, header.get_content_type())
