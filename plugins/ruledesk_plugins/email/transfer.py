"""Transfer encodings, read tolerantly."""

from __future__ import annotations

import binascii
import re
from typing import Final

_NOT_BASE64: Final = re.compile(rb"[^A-Za-z0-9+/]+")
_PLAIN: Final = frozenset({"", "7bit", "8bit", "binary"})


def transfer_decoded(content: bytes, encoding: str) -> tuple[bytes, str]:
    """Undo a Content-Transfer-Encoding; never fails.

    Args:
        content: The body as it stands in the mail.
        encoding: The header's value.

    Returns:
        The bytes, and a problem (empty for none). An unknown encoding leaves the bytes as they are.
    """
    name = encoding.strip().lower()
    if name == "base64":
        return base64_bytes(content), ""
    if name == "quoted-printable":
        return binascii.a2b_qp(content), ""
    if name in _PLAIN:
        return content, ""
    return content, f"unknown transfer encoding {name[:40]!a} / 未知的传输编码"


def base64_bytes(content: bytes) -> bytes:
    """Decode base64, leaving out what does not belong and completing what is missing.

    Args:
        content: Base64 with line breaks, wrong characters, missing padding.

    Returns:
        The bytes that can be had.
    """
    try:
        return binascii.a2b_base64(content)
    except binascii.Error:
        kept = _NOT_BASE64.sub(b"", content)
        # A single character left over carries six bits, which is no byte.
        kept = kept[: len(kept) - (len(kept) % 4 == 1)]
        return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))
