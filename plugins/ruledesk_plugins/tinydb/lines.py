"""The lines of a journal: one commit each, with a checksum, readable as JSON.

``{"crc":"1a2b3c4d","events":[…],…}`` and a newline. The checksum is the CRC-32 of everything
behind its own comma, without the newline.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, Final
from zlib import crc32

from ruledesk.codec import canonical, parse

_START: Final = b'{"crc":"'
_MIDDLE: Final = b'",'
_CRC_AT: Final = len(_START)
_BODY_AT: Final = _CRC_AT + 8 + len(_MIDDLE)
_CHUNK: Final = 1 << 20
_LINE: Final = 1 << 13

#: The first line of every journal: what the file is, and the version of its format.
HEADER_KEY: Final = "ruledesk"
FORMAT: Final = 1


def sealed(body: dict[str, Any]) -> bytes:
    """Write a commit as its line.

    Args:
        body: What is stored; not empty, without the key ``crc``.

    Raises:
        InvalidInput: Something in it has no JSON form.
    """
    rest = canonical(body)[1:]
    return b"%s%08x%s%s\n" % (_START, crc32(rest), _MIDDLE, rest)


def header() -> bytes:
    """Write the first line of a journal."""
    return sealed({HEADER_KEY: {"journal": FORMAT}})


def intact(line: bytes) -> bool:
    """Say whether a line is whole and as it was written."""
    return (
        line.startswith(_START)
        and line.endswith(b"\n")
        and line[_CRC_AT + 8 : _BODY_AT] == _MIDDLE
        and line[_CRC_AT : _CRC_AT + 8] == b"%08x" % crc32(memoryview(line)[_BODY_AT:-1])
    )


def opened(line: bytes, where: str) -> dict[str, Any]:
    """Read the content of an intact line."""
    body: dict[str, Any] = parse(line, where)
    return body


def read_line(file: int, offset: int) -> bytes:
    """Read the line that begins at an offset; without newline where the file ends before one."""
    length = _LINE
    while True:
        part = os.pread(file, length, offset)
        end = part.find(b"\n")
        if end >= 0:
            return part[: end + 1]
        if len(part) < length:
            return part
        length *= 4


def lines_of(file: int, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    """Stream the lines of a file.

    Args:
        file: Its descriptor; the position is not used.
        start: Where the first line begins.
        end: Where to stop.

    Yields:
        Offset and line; the last may lack its newline.
    """
    offset, rest = start, b""
    while True:
        at = offset + len(rest)
        chunk = os.pread(file, min(_CHUNK, end - at), at)
        if not chunk:
            break
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield offset, line + b"\n"
            offset += len(line) + 1
    if rest:
        yield offset, rest
