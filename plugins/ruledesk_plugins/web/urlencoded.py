"""Forms as ``application/x-www-form-urlencoded``."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from ruledesk_plugins.web.form import MOST_FIELDS, ContentType, Form, decoded, gathered, safe_name


def read_urlencoded(content: bytes, kind: ContentType) -> Form:
    """Read a form post.

    Args:
        content: ``name=value&…``, percent-encoded.
        kind: Its content type; percent-encoded bytes are of its charset.

    Returns:
        The form; all values are text.

    Raises:
        Refused: Text that is not of the charset, or too many fields.
    """
    # One more than allowed is enough to refuse; the rest need not be decoded first.
    pieces = content.strip().split(b"&", MOST_FIELDS + 1)
    pairs = []
    for number, piece in enumerate(filter(None, pieces), start=1):
        name, _, value = piece.partition(b"=")
        field = _text(name, kind.codec, f"field {number}")
        pairs.append((field, _text(value, kind.codec, safe_name(field))))
    return Form(gathered(pairs))


def _text(quoted: bytes, codec: str, where: str) -> str:
    return decoded(unquote_to_bytes(quoted.replace(b"+", b" ")), codec, where)
