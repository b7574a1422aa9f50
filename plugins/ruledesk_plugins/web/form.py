"""What a form post says: names with values, and files; the same for every encoding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import field, frozen

from ruledesk import File, RawInput, Refused

#: Bytes of a form without files, and of one with files.
LARGEST_FORM: Final = 4 * 1024 * 1024
LARGEST_UPLOAD: Final = 64 * 1024 * 1024
#: Names in one form.
MOST_FIELDS: Final = 500
_LONGEST_NAME: Final = 100
_CHARSETS: Final = {
    "": "utf-8",
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "big5": "big5",
}


@frozen
class Form:
    """A form as it was posted.

    Attributes:
        values: By the form's own names. Form posts give text, and a tuple of texts for a name that
            comes several times; JSON gives whatever JSON has.
        files: Uploaded files, in order.
        typed: Whether the values have types of their own (JSON).
    """

    values: Mapping[str, Any]
    files: tuple[File, ...] = ()
    typed: bool = False


@frozen
class ContentType:
    """A media type with its parameters, names in lower case."""

    media: str
    parameters: Mapping[str, str] = field(factory=dict)

    @classmethod
    def of(cls, header: str) -> ContentType:
        """Read a Content-Type header; what is malformed in it is left out."""
        media, *rest = header.split(";")
        parameters: dict[str, str] = {}
        for part in rest:
            name, _, value = part.partition("=")
            parameters.setdefault(name.strip().lower(), value.strip().strip('"'))
        return cls(media.strip().lower(), parameters)

    @property
    def codec(self) -> str:
        """The codec of the declared charset, UTF-8 where none is declared.

        Raises:
            Refused: The charset is not one that forms may come in.
        """
        charset = self.parameters.get("charset", "")
        codec = _CHARSETS.get(charset.lower())
        if codec is None:
            raise Refused.of(
                "the charset is not supported",
                "不支持该字符集",
                field="Content-Type",
                value=charset,
                accepted=("utf-8", "gb18030", "gbk", "big5"),
            )
        return codec


Reader = Callable[[bytes, ContentType], Form]


def read_form(raw: RawInput, readers: Mapping[str, Reader]) -> Form:
    """Read a form in whichever encoding it came.

    Args:
        raw: The input as it came.
        readers: Readers by media type.

    Returns:
        The form.

    Raises:
        Refused: The media type is not one of `readers`, the input is too large, or the reader says
            what is wrong with it.
    """
    kind = ContentType.of(raw.content_type)
    reader = readers.get(kind.media)
    if reader is None:
        raise Refused.of(
            "the media type is not supported",
            "不支持该媒体类型",
            field="Content-Type",
            value=raw.content_type,
            accepted=readers,
        )
    largest = LARGEST_UPLOAD if kind.media.startswith("multipart/") else LARGEST_FORM
    if len(raw.content) > largest:
        raise Refused.of(
            f"the form is larger than {largest} bytes",
            f"表单超过 {largest} 字节",
            value=len(raw.content),
        )
    return reader(raw.content, kind)


def decoded(content: bytes, codec: str, where: str) -> str:
    """Decode text strictly.

    Args:
        content: The bytes.
        codec: Name of the codec.
        where: The field, for the error.

    Returns:
        The text.

    Raises:
        Refused: The bytes are not of that charset; the error names the position.
    """
    try:
        return content.decode(codec)
    except UnicodeDecodeError as error:
        raise Refused.of(
            f"not {codec} text (byte {error.start + 1})",
            f"不是 {codec} 编码的文本（第 {error.start + 1} 字节）",
            field=where,
            value=content[error.start : error.start + 8],
            accepted=(f"{codec} text",),
        ) from None


def safe_name(name: str) -> str:
    """Write a name from the input so that it can stand in an error: escaped and cut."""
    return name[:_LONGEST_NAME] if name.isprintable() else ascii(name[:_LONGEST_NAME])[1:-1]


def gathered(pairs: list[tuple[str, str]]) -> dict[str, str | tuple[str, ...]]:
    """Gather a name's values; a name that comes several times has a tuple of them.

    Args:
        pairs: Names and values in the order of the form.

    Returns:
        Values by name, names in order of first appearance.

    Raises:
        Refused: More than `MOST_FIELDS` pairs.
    """
    if len(pairs) > MOST_FIELDS:
        raise Refused.of(
            f"more than {MOST_FIELDS} fields",
            f"字段超过 {MOST_FIELDS} 个",
            value=len(pairs),
        )
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: got[0] if len(got) == 1 else tuple(got) for name, got in values.items()}
