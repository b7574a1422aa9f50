"""The header of a mail or of a part of it, read without trusting it."""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import parseaddr
from typing import Final

from attrs import field, frozen

from ruledesk_plugins.email.text import clean, decode, one_line
from ruledesk_plugins.email.transfer import base64_bytes

#: Bytes of a header block that are read, and characters of one field; the rest is in the raw mail.
LARGEST_HEADER: Final = 256 * 1024
LONGEST_FIELD: Final = 16 * 1024
_LONGEST_STRUCTURED: Final = 2_000
_LONGEST_ADDRESS: Final = 254
_MOST_LEVELS: Final = 20
_LEVELS: Final = re.compile("[():]")
_ENCODED_WORD: Final = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=")
_FIELD: Final = re.compile(rb"[!-9;-~]+[ \t]*:|[ \t]")
_MESSAGE_ID: Final = re.compile(r"<[^<>\s]{1,900}>")
_NO_NAME: Final = re.compile("[@:;]")
_ADDRESS: Final = re.compile(r"[^\s<>()@,;:\"\\\x00-\x20\ufffd]+@[^\s<>()@,;:\"\\\x00-\x20\ufffd]+")


@frozen
class Address:
    """A person's name and mail address; either may be empty, the address is in lower case."""

    name: str = ""
    address: str = ""


@frozen
class Header:
    """A header block.

    Attributes:
        fields: Values by name in lower case, in order, as they stand in the mail: ASCII, with other
            bytes as surrogates.
    """

    fields: Mapping[str, tuple[str, ...]] = field(factory=dict)

    def raw(self, name: str) -> str:
        """Return the first value of a field, stripped; empty where it is missing."""
        return self.fields.get(name, ("",))[0].strip()

    def text(self, name: str, longest: int = 1_000) -> str:
        """Return the first value of a field as one decoded line of at most `longest` characters."""
        return one_line(decoded_words(self.raw(name)), longest)

    def address(self, name: str) -> Address:
        """Return the first address of a field."""
        return address_of(self.raw(name))

    def message_ids(self, name: str) -> tuple[str, ...]:
        """Return the message ids of a field, with their brackets, in order."""
        return tuple(map(clean, _MESSAGE_ID.findall(self.raw(name))))

    def structured(self, name: str) -> Message:
        """Return a message with this one field, for the parameters of a MIME header."""
        message: Message = Message()
        value = clean(_plain(self.raw(name)[:_LONGEST_STRUCTURED]))
        message[name] = value.replace("\n", " ")
        return message

    def parameter(self, name: str, parameter: str) -> str:
        """Return a parameter of a MIME header, decoded (RFC 2231 and RFC 2047); empty for none."""
        return one_line(decoded_words(self._parameter(name, parameter)), _LONGEST_STRUCTURED)

    @property
    def boundary(self) -> bytes:
        """What separates the parts of a multipart; empty where it is missing."""
        return self._parameter("content-type", "boundary").rstrip().encode()

    def _parameter(self, name: str, parameter: str) -> str:
        try:
            value = self.structured(name).get_param(parameter, header=name)
        except ValueError:
            # A continuation numbered with thousands of digits.
            return ""
        if isinstance(value, tuple):
            charset, _, content = value
            value = decode(content.encode("raw-unicode-escape"), charset or "").text
        return clean(value or "")

    @property
    def media_type(self) -> str:
        """The media type in lower case, ``text/plain`` where there is no valid one."""
        return clean(self.structured("content-type").get_content_type())

    @property
    def disposition(self) -> str:
        """``inline``, ``attachment``, or empty."""
        return self.raw("content-disposition").partition(";")[0].strip().lower()


def read_header(block: bytes) -> tuple[Header, bytes]:
    """Read a header block.

    Args:
        block: The lines up to the blank line, of any length; `LARGEST_HEADER` bytes are read.

    Returns:
        The header, and lines that turned out to be body: a block that is not a header at all, or
        a header that the blank line after it is missing from.
    """
    block = block[:LARGEST_HEADER]
    end = _end(block)
    fields: dict[str, list[str]] = {}
    for name, value in BytesHeaderParser().parsebytes(block[:end]).raw_items():
        unfolded = str(value)[:LONGEST_FIELD].replace("\r", "").replace("\n", "")
        fields.setdefault(name.lower(), []).append(unfolded)
    return Header({name: tuple(values) for name, values in fields.items()}), block[end:]


def _end(block: bytes) -> int:
    """Find the first line that is neither a field nor the continuation of one."""
    end = 0
    for number, line in enumerate(block.split(b"\n")):
        is_envelope = number == 0 and line.startswith(b"From ")
        if line.strip(b"\r") and not is_envelope and not _FIELD.match(line):
            return end
        end += len(line) + 1
    return len(block)


def decoded_words(raw: str) -> str:
    """Decode the encoded words of a field (RFC 2047), tolerantly.

    Words of one charset that follow each other are joined before they are decoded, since mailers
    split characters between words.

    Args:
        raw: A field's value.

    Returns:
        The text, not cleaned.
    """
    pieces: list[tuple[str | None, bytes]] = []
    texts: list[str] = []
    end = 0

    def finish() -> None:
        if pieces:
            texts.append(decode(b"".join(part for _, part in pieces), pieces[0][0] or "").text)
            pieces.clear()

    for word in _ENCODED_WORD.finditer(raw):
        between = raw[end : word.start()]
        charset = word[1].partition("*")[0].lower()
        if (between and not between.isspace()) or (between and not end):
            finish()
            texts.append(_plain(between))
        elif pieces and pieces[0][0] != charset:
            finish()
        pieces.append((charset, _word_bytes(word[2], word[3])))
        end = word.end()
    finish()
    return "".join(texts) + _plain(raw[end:])


def _word_bytes(encoding: str, content: str) -> bytes:
    data = _bytes(content)
    return base64_bytes(data) if encoding in "bB" else binascii.a2b_qp(data, header=True)


def _plain(raw: str) -> str:
    """Decode what stands in a header without being encoded: ASCII, or bytes of any charset."""
    return raw if raw.isascii() else decode(_bytes(raw)).text


def _bytes(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        # Surrogates that are no escaped bytes come out of UTF-7.
        return text.encode("utf-8", "replace")


def address_of(raw: str) -> Address:
    """Read the first address of a field.

    Args:
        raw: The field's value; may be empty, ``<>``, a name alone, or wholly encoded.

    Returns:
        The name and the address; an address that cannot be one is empty.
    """
    value = raw[:_LONGEST_STRUCTURED]
    if value.count("(") + value.count(":") > _MOST_LEVELS:
        # The parser descends into each comment and each group.
        value = _LEVELS.sub(" ", value)
    name, address = _parsed(value)
    if not address:
        name, address = _parsed(clean(decoded_words(value)))
    if not address:
        # The parser takes a lone name for an address.
        name = "" if _NO_NAME.search(value) else value.strip(" <>\"'")
    return Address(one_line(decoded_words(name), 200), address)


def _parsed(value: str) -> tuple[str, str]:
    name, address = parseaddr(value)
    address = clean(_plain(address)).strip()
    if len(address) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(address):
        return name, address.lower()
    found = _ADDRESS.search(clean(_plain(value)))
    if found and len(found[0]) <= _LONGEST_ADDRESS:
        return name if "@" not in name else "", found[0].lower()
    return name, ""
