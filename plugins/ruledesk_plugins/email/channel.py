"""Mails as tickets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final

from ruledesk import (
    ChannelContext,
    Fetched,
    File,
    FollowUp,
    Ignored,
    Intake,
    InvalidInput,
    Mailbox,
    Problem,
    RawInput,
    Settings,
    Submission,
)
from ruledesk_plugins.email.automatic import automatic
from ruledesk_plugins.email.body import Body, read_body
from ruledesk_plugins.email.headers import Address, Header
from ruledesk_plugins.email.mailboxes import read_boxes
from ruledesk_plugins.email.mime import Part, read_mail
from ruledesk_plugins.email.quotes import Folded, fold
from ruledesk_plugins.email.text import one_line
from ruledesk_plugins.email.thread import source_of, ticket_bounced, ticket_of

#: Characters of a description, what a ruleset's text field takes by default; a longer text is
#: attached in full.
LONGEST_DESCRIPTION: Final = 10_000
LONGEST_SUBJECT: Final = 500
_NO_SUBJECT: Final = "(no subject / 无主题)"
_DERIVED_SUBJECT: Final = 80
_FORWARD: Final = re.compile(r"\s*(?:fwd?|wg|转发|轉寄)\s*[:：]", re.IGNORECASE)
_NO_REPLY: Final = ("noreply", "no-reply", "no_reply", "donotreply", "do-not-reply")


class EmailChannel:
    """Takes mails as they come from a mailbox: RFC 5322 bytes (C3, E2).

    Nobody is there to be told, so a mail is never refused: what can be read of it becomes a ticket
    with a note of the problem, and the desk has kept the raw mail.
    """

    name: ClassVar[str] = "email"

    def __init__(self, settings: Settings) -> None:
        """Read the settings.

        Raises:
            InvalidInput: An unknown key or a value of the wrong type.
        """
        settings.only("line", "mailbox", "own_addresses", "fields", "maildir", "mailboxes", "every")
        self._line = settings.text("line")
        own = (settings.text("mailbox"), *_texts(settings, "own_addresses"))
        self._own = frozenset(address.strip().lower() for address in own if address.strip())
        self._fields = _table(settings, "fields")
        self._boxes = read_boxes(settings)

    def receive(self, raw: RawInput, context: ChannelContext) -> Sequence[Intake]:
        """Understand one mail; see `ruledesk.Channel.receive`. Never raises.

        Returns:
            One `Ignored` for automatic mail, with the ticket that it is about; one `FollowUp` for
            a reply; else one `Submission`.
        """
        mail = read_mail(raw.content)
        source = source_of(mail.header, raw.content)
        reason = automatic(mail.header, self._own)
        if reason:
            number = ticket_bounced(mail, source, context)
            return [Ignored(f"{reason}; ticket {number}" if number else reason, source)]
        number = ticket_of(mail.header, source, context)
        body = read_body(mail)
        sender = sender_of(mail.header)
        if number:
            return [_follow_up(number, body, sender, source)]
        return [self._submission(mail, body, sender, source)]

    # -- fetching; see `ruledesk.Fetching` --------------------------------------------------------

    def mailboxes(self) -> Sequence[Mailbox]:
        """Name the mailboxes that the settings say."""
        return [box.mailbox for box in self._boxes.values()]

    def fetch(self, mailbox: str) -> Iterator[Fetched]:
        """Yield the new mails of a mailbox, oldest first.

        Raises:
            InvalidInput: Its folder is not there, or is no Maildir.
        """
        return self._boxes[mailbox].maildir.fetch()

    def faults(self) -> Sequence[Problem]:
        """Say which folders are not there, or are no Maildirs."""
        problems = (box.maildir.problem() for box in self._boxes.values())
        return [problem for problem in problems if problem is not None]

    def _submission(self, mail: Part, body: Body, sender: Address, source: str) -> Submission:
        subject = mail.header.text("subject", LONGEST_SUBJECT)
        # What is forwarded is the matter itself.
        folded = Folded(body.text.strip()) if _FORWARD.match(subject) else fold(body.text)
        description, files, problems = _cut(folded.text, body.files)
        problems = (*body.problems, *problems)
        if not sender.address:
            problems = ("no sender address / 没有发件人地址", *problems)
        if folded.quoted:
            files = (*files, File("quoted.txt", folded.quoted.encode(), "text/plain"))
        return Submission(
            fields={
                **self._fields,
                "subject": subject or _subject(description),
                "description": description,
                "requester": _requester(sender),
            },
            files=files,
            line=self._line,
            source=source,
            problem="; ".join(problems),
            lenient=True,
        )


def sender_of(header: Header) -> Address:
    """Say who wrote a mail.

    Args:
        header: The mail's header.

    Returns:
        The address of From; of Reply-To where From has none or is a no-reply address; else of
        Sender or Return-Path. The name that goes with it, else the one in From.
    """
    written = header.address("from")
    reply_to = header.address("reply-to")
    local = written.address.partition("@")[0]
    if reply_to.address and (not local or local.startswith(_NO_REPLY)):
        return Address(reply_to.name or written.name, reply_to.address)
    if written.address:
        return written
    others = (header.address(name).address for name in ("sender", "return-path"))
    return Address(written.name, next(filter(None, others), ""))


def _requester(sender: Address) -> Mapping[str, str]:
    named = {"name": sender.name, "email": sender.address}
    return {key: value for key, value in named.items() if value}


def _follow_up(number: str, body: Body, sender: Address, source: str) -> FollowUp:
    # What it quotes is in the ticket already, and in the raw mail.
    text, files, _ = _cut(fold(body.text).text, body.files)
    return FollowUp(number, text, sender.address, files, source)


def _subject(description: str) -> str:
    return one_line(description, _DERIVED_SUBJECT) or _NO_SUBJECT


def _cut(text: str, files: tuple[File, ...]) -> tuple[str, tuple[File, ...], tuple[str, ...]]:
    """Cut a text, with the whole of it as one more file and a problem that says so."""
    if len(text) <= LONGEST_DESCRIPTION:
        return text, files, ()
    problem = (
        f"the text was cut after {LONGEST_DESCRIPTION} characters, text.txt has all of it / "
        "正文过长已截断，全文见 text.txt"
    )
    whole = File("text.txt", text.encode(), "text/plain")
    return text[:LONGEST_DESCRIPTION].rstrip(), (*files, whole), (problem,)


def _texts(settings: Settings, key: str) -> tuple[str, ...]:
    values = settings.values.get(key, [])
    if isinstance(values, list | tuple) and all(isinstance(value, str) for value in values):
        return tuple(values)
    raise _wrong(settings, key, "a list of texts")


def _table(settings: Settings, key: str) -> Mapping[str, Any]:
    table = settings.values.get(key, {})
    if isinstance(table, Mapping):
        return dict(table)
    raise _wrong(settings, key, 'a table of ticket field to value, {type = "consult"}')


def _wrong(settings: Settings, key: str, accepted: str) -> InvalidInput:
    return InvalidInput.of(
        "wrong type",
        "类型错误",
        field=f"{settings.where}.{key}",
        value=settings.values[key],
        accepted=(accepted,),
    )
