"""Mail that no person wrote; answering it makes loops (C3)."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from ruledesk_plugins.email.headers import Header

#: The header that mail of this desk and of other RuleDesk desks carries.
OWN_HEADER: Final = "x-ruledesk"
_PRECEDENCE: Final = frozenset({"bulk", "junk", "list", "auto_reply"})
_AUTOREPLY: Final = ("x-autoreply", "x-autorespond", "x-auto-reply")
_DAEMONS: Final = frozenset({"mailer-daemon", "mail-daemon", "maildaemon"})
_NONE: Final = frozenset({"", "no", "none", "false", "0"})
_EMPTY_PATH: Final = re.compile(r"<\s*>")


def automatic(header: Header, own: Collection[str]) -> str:
    """Say why a mail was not written by a person.

    Args:
        header: The mail's header.
        own: The desk's own addresses, in lower case.

    Returns:
        The reason, in English and Chinese; empty for a person's mail.
    """
    sender = header.address("from").address
    if OWN_HEADER in header.fields or sender in own:
        return "mail of this desk / 本系统发出的邮件"
    found = _declared(header) or _delivery(header, sender)
    return f"automatic mail ({found}) / 自动邮件" if found else ""


def _declared(header: Header) -> str:
    submitted = _word(header, "auto-submitted")
    if submitted not in _NONE:
        return f"Auto-Submitted: {submitted}"
    precedence = _word(header, "precedence")
    if precedence in _PRECEDENCE:
        return f"Precedence: {precedence}"
    if "list-id" in header.fields:
        return "List-Id"
    if _word(header, "x-auto-response-suppress") not in _NONE:
        return "X-Auto-Response-Suppress"
    return next((name for name in _AUTOREPLY if _word(header, name, "yes") not in _NONE), "")


def _delivery(header: Header, sender: str) -> str:
    if _EMPTY_PATH.fullmatch(header.raw("return-path")):
        return "empty return path"
    if sender.partition("@")[0] in _DAEMONS or header.raw("from").lower() in _DAEMONS:
        return "mailer-daemon"
    return "multipart/report" if header.media_type == "multipart/report" else ""


def _word(header: Header, name: str, empty: str = "") -> str:
    """The first word of a field in lower case; `empty` where the field is there without one."""
    if name not in header.fields:
        return ""
    return header.text(name, 100).lower().partition(";")[0].strip() or empty
