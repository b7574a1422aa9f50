"""Which ticket a mail belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Final

from ruledesk import ChannelContext
from ruledesk_plugins.email.headers import Header
from ruledesk_plugins.email.mime import Part

#: Mails named in References that are looked up, newest first; the first of the thread too.
MOST_REFERENCES: Final = 50
_LONGEST_SOURCE: Final = 250
_MOST_NUMBERS: Final = 5
_NUMBER: Final = re.compile(r"[\[【]\s*#\s*([^\[\]【】\s]{1,64})\s*[\]】]")
_QUOTED_ID: Final = re.compile(rb"^[ \t>]*Message-ID:[ \t\r\n]{0,8}(<[^<>\s]{1,250}>)", re.I | re.M)
_QUOTED_SUBJECT: Final = re.compile(rb"^[ \t>]*Subject:([^\r\n]{1,1000})", re.I | re.M)
#: Bytes of a bounce in which the original's header is sought, and how many ids and subjects.
_BOUNCE_SEARCHED: Final = 256 * 1024
_MOST_QUOTED: Final = 5


def source_of(header: Header, mail: bytes) -> str:
    """Name a mail so that the same mail has the same name however often it comes.

    Args:
        header: Its header.
        mail: Its bytes, for a mail without a Message-ID.

    Returns:
        ``mail:<id>`` with the brackets of the Message-ID, or ``mail:sha256:…``.
    """
    ids = header.message_ids("message-id")
    return _source(ids[0]) if ids else f"mail:sha256:{sha256(mail).hexdigest()}"


def ticket_of(header: Header, source: str, context: ChannelContext) -> str | None:
    """Find the ticket that a mail continues (E2).

    Args:
        header: The mail's header.
        source: The mail's own name, which its references may repeat.
        context: The desk.

    Returns:
        The number: by In-Reply-To and References, newest first, else by a number in square
        brackets of the subject (``[#G20231001001]``) that exists; None for a new ticket.
    """
    references = header.message_ids("references")
    newest = [
        *header.message_ids("in-reply-to")[:MOST_REFERENCES],
        *references[:-MOST_REFERENCES:-1],
    ]
    found = _by_ids((*newest, *references[:1]), source, context)
    return found or _by_numbers(header.text("subject"), context)


def ticket_bounced(mail: Part, source: str, context: ChannelContext) -> str | None:
    """Find the ticket whose mail an automatic mail answers, also by the mail it returns.

    Args:
        mail: The automatic mail.
        source: Its own name.
        context: The desk.

    Returns:
        The number, None where it is about no ticket.
    """
    found = ticket_of(mail.header, source, context)
    if found:
        return found
    body = mail.raw_until(_BOUNCE_SEARCHED)
    ids = [id_.decode("ascii", "replace") for id_ in _QUOTED_ID.findall(body)[:_MOST_QUOTED]]
    subjects = [words.decode("utf-8", "replace") for words in _QUOTED_SUBJECT.findall(body)]
    return _by_ids(ids, source, context) or next(
        filter(None, (_by_numbers(words, context) for words in subjects[:_MOST_QUOTED])), None
    )


def _source(message_id: str) -> str:
    if len(message_id) <= _LONGEST_SOURCE:
        return f"mail:{message_id}"
    return f"mail:sha256:{sha256(message_id.encode()).hexdigest()}"


def _by_ids(ids: Iterable[str], own: str, context: ChannelContext) -> str | None:
    sources = (source for source in dict.fromkeys(map(_source, ids)) if source != own)
    return next(filter(None, map(context.ticket_of, sources)), None)


def _by_numbers(subject: str, context: ChannelContext) -> str | None:
    return next(filter(context.has_ticket, _numbers(subject)), None)


def _numbers(subject: str) -> Iterator[str]:
    for found in list(_NUMBER.finditer(subject))[:_MOST_NUMBERS]:
        yield found[1]
