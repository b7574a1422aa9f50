"""Mails as they come over the wire."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime
from email.utils import format_datetime
from typing import Any


def mail(
    sender: tuple[str, str],
    to: str,
    subject: str,
    text: str,
    at: datetime,
    *,
    message_id: str,
    answers: str = "",
    automatic: str = "",
    charset: str = "utf-8",
) -> dict[str, Any]:
    """Write a mail (RFC 5322).

    Written out by hand, since what the standard library makes of it differs between versions.

    Args:
        sender: Name and address of who writes it.
        to: The desk's address.
        subject: The subject line.
        text: The body.
        at: When it was sent.
        message_id: Its identity, without brackets.
        answers: The identity of the mail that it answers; empty for none.
        automatic: The value of ``Auto-Submitted``; empty for mail of a person.
        charset: ``utf-8`` or ``gb18030``, for header and body.

    Returns:
        The ``raw`` of a ``receive`` step: ``text``, or ``base64`` where it is no UTF-8.
    """
    header = [
        f"From: {_word(sender[0], charset)} <{sender[1]}>",
        f"To: {to}",
        f"Subject: {_word(subject, charset)}",
        f"Message-ID: <{message_id}>",
        f"Date: {format_datetime(at)}",
    ]
    if answers:
        header += [f"In-Reply-To: <{answers}>", f"References: <{answers}>"]
    if automatic:
        header.append(f"Auto-Submitted: {automatic}")
    header += [
        "MIME-Version: 1.0",
        f"Content-Type: text/plain; charset={charset}",
        "Content-Transfer-Encoding: 8bit",
    ]
    content = "\r\n".join([*header, "", text, ""])
    if charset == "utf-8":
        return {"text": content, "content_type": "message/rfc822"}
    encoded = b64encode(content.encode(charset)).decode("ascii")
    return {"base64": encoded, "content_type": "message/rfc822"}


def _word(text: str, charset: str) -> str:
    if text.isascii():
        return text
    return f"=?{charset}?B?{b64encode(text.encode(charset)).decode('ascii')}?="
