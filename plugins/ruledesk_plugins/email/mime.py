"""The parts of a mail, found by their boundaries.

The bytes are never copied as a whole and parts are visited to a bounded depth, so that a mail of
any size and any nesting takes time in proportion to its size.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, pairwise
from typing import Final

from attrs import frozen

from ruledesk_plugins.email.headers import LARGEST_HEADER, Header, read_header
from ruledesk_plugins.email.transfer import transfer_decoded

_BLANK_LINE: Final = re.compile(rb"\n\r?\n")
_STRANGE_BREAK: Final = re.compile(rb"\r(?!\n)")


@frozen
class Part:
    """A part of a mail, or the mail itself.

    Attributes:
        header: Its header.
        mail: The bytes of the whole mail.
        start: Where its body begins in `mail`.
        end: Where its body ends.
        ahead: Lines of the body that stand in the header block, because no blank line ends it.
        depth: How many multiparts it is in.
        begin: Where its header begins.
    """

    header: Header
    mail: bytes
    start: int
    end: int
    ahead: bytes = b""
    depth: int = 0
    begin: int = 0

    @property
    def whole(self) -> bytes:
        """Header and body as they stand in the mail."""
        return self.mail[self.begin : self.end]

    @property
    def length(self) -> int:
        """Bytes of the body as it stands in the mail."""
        return len(self.ahead) + self.end - self.start

    def content(self, longest: int | None = None) -> tuple[bytes, str]:
        """Return the body with its transfer encoding undone.

        Args:
            longest: Bytes of the encoded body to read; None for all of it.

        Returns:
            The bytes and a problem (empty for none).
        """
        raw = self.raw_until(self.length if longest is None else longest)
        return transfer_decoded(raw, self.header.raw("content-transfer-encoding"))

    def raw_until(self, longest: int) -> bytes:
        """Return at most `longest` bytes of the body as it stands in the mail."""
        rest = max(0, longest - len(self.ahead))
        return self.ahead[:longest] + self.mail[self.start : min(self.end, self.start + rest)]

    @property
    def is_multipart(self) -> bool:
        """Whether it says that it has parts."""
        return self.header.media_type.startswith("multipart/")

    def parts(self, most: int) -> tuple[Part, ...]:
        """Return the parts of a multipart.

        Args:
            most: How many to return at most; the last one then has the rest.

        Returns:
            The parts; none for anything else, and for a multipart without its boundary.
        """
        boundary = self.header.boundary if self.is_multipart else b""
        if not boundary or most <= 0:
            return ()
        found = list(islice(_delimiters(self.mail, boundary, self.start, self.end), most))
        # A mail that was cut off lacks the closing delimiter.
        ends = found if found and found[-1][2] else [*found, (self.end, self.end, True)]
        return tuple(
            read_part(
                self.mail, here[1], _without_break(self.mail, here[1], there[0]), self.depth + 1
            )
            for here, there in pairwise(ends)
        )


def read_mail(content: bytes) -> Part:
    """Read a mail: its header, and where its body is.

    Args:
        content: The mail as it came.

    Returns:
        The mail as a part.
    """
    if b"\n" not in content[:LARGEST_HEADER]:
        content = _STRANGE_BREAK.sub(b"\n", content)
    return read_part(content, 0, len(content), 0)


def read_part(mail: bytes, start: int, end: int, depth: int) -> Part:
    """Read the part that stands between two places of a mail.

    Args:
        mail: The bytes of the whole mail.
        start: Where the part begins, with its header.
        end: Where it ends.
        depth: How many multiparts it is in.

    Returns:
        The part.
    """
    if mail.startswith((b"\r\n", b"\n"), start, end):
        return Part(Header(), mail, mail.index(b"\n", start, end) + 1, end, b"", depth, start)
    blank = _BLANK_LINE.search(mail, start, end)
    body = blank.end() if blank else min(end, start + LARGEST_HEADER)
    header_end = min(body, start + LARGEST_HEADER)
    header, ahead = read_header(mail[start:header_end])
    if ahead and header_end < body:
        # Either the limit cut a line of the header, or the body began without a blank line.
        ahead, body = (ahead, header_end) if b"\n" in ahead else (b"", body)
    return Part(header, mail, body, end, ahead, depth, start)


def _delimiters(
    mail: bytes, boundary: bytes, start: int, end: int
) -> Iterator[tuple[int, int, bool]]:
    """Find delimiter lines: where each begins and ends, and whether it closes; ends with that."""
    line = re.compile(rb"\n--" + re.escape(boundary) + rb"(--)?[ \t]*+(?=\r?\n|\Z)")
    # The line break before the body counts as the one before its first delimiter.
    for found in line.finditer(mail, max(0, start - 1), end):
        after = mail.find(b"\n", found.end(), end)
        yield found.start() + 1, after + 1 if after >= 0 else end, bool(found[1])
        if found[1]:
            return


def _without_break(mail: bytes, start: int, end: int) -> int:
    # The line break before a delimiter belongs to the delimiter.
    if end > start and mail[end - 1 : end] == b"\n":
        end -= 1
        if end > start and mail[end - 1 : end] == b"\r":
            end -= 1
    return end
