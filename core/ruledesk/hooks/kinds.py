"""The kinds of component that a plugin can provide, as the interfaces the desk calls.

A plugin registers classes (see `ruledesk.hooks.spec`); the desk makes one object of each that
``desk.toml`` uses. A rule engine is the sixth kind; its interface is `ruledesk.rules.engine`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeAlias, runtime_checkable

from attrs import field, frozen

from ruledesk.errors import InvalidInput, Problem, suggestion
from ruledesk.model.message import Message
from ruledesk.model.people import Candidate
from ruledesk.model.ticket import Call, Ticket
from ruledesk.storage.interface import Store


@frozen
class Settings:
    """What ``desk.toml`` says for one component.

    Attributes:
        values: The table of the component, without keys that the desk itself reads.
        folder: The desk's folder; relative paths in settings are relative to it.
        where: The key path, for errors (``desk.toml: notifiers.file``).
    """

    values: Mapping[str, Any] = field(factory=dict)
    folder: Path = field(factory=Path)
    where: str = ""

    def only(self, *known: str) -> Settings:
        """Refuse keys that the component does not know.

        Raises:
            InvalidInput: A key is not one of `known`.
        """
        for key, value in self.values.items():
            if key not in known:
                raise InvalidInput.of(
                    "unknown key",
                    "未知的键",
                    field=f"{self.where}.{key}",
                    value=value,
                    accepted=suggestion(key, known),
                )
        return self

    def text(self, key: str, default: str = "") -> str:
        """Read a text setting.

        Raises:
            InvalidInput: The value is no text.
        """
        return str(self._typed(key, default, str, "text"))

    def flag(self, key: str, default: bool = False) -> bool:
        """Read a true/false setting.

        Raises:
            InvalidInput: The value is neither.
        """
        return bool(self._typed(key, default, bool, "true or false"))

    def _typed(self, key: str, default: Any, kind: type, accepted: str) -> Any:
        value = self.values.get(key, default)
        if not isinstance(value, kind):
            raise InvalidInput.of(
                "wrong type",
                "类型错误",
                field=f"{self.where}.{key}",
                value=value,
                accepted=(accepted,),
            )
        return value


# -- channels ---------------------------------------------------------------------------------


@frozen
class RawInput:
    """What came in, before anybody understood it. The desk keeps it before it asks the channel."""

    content: bytes
    content_type: str = "application/octet-stream"


@frozen
class File:
    """A file that came with the input.

    `kind` is what the sender calls it (``screenshot``), by a word of the ruleset; empty to go by
    its content.
    """

    name: str
    content: bytes
    media_type: str = ""
    kind: str = ""


@frozen
class Submission:
    """The input is a new ticket.

    Attributes:
        fields: What is known, by the names of the contract (``requester`` is a mapping).
        files: Attachments.
        line: The business line, where the input says it; else the channel's setting decides.
        by: The actor: ``requester`` or ``agent:<id>``.
        source: The channel's identity of the input; the same source twice is one ticket.
        problem: Why the input could be read only in part; the ticket is made all the same.
        lenient: The sender cannot be told what is wrong, so what the form refuses is left out and
            the ticket is flagged ``incomplete``, rather than refused (mail, a missed call).
        textual: Values are text as typed into a form; numbers and times are read from it.
    """

    fields: Mapping[str, Any]
    files: tuple[File, ...] = ()
    line: str = ""
    by: str = "requester"
    source: str = ""
    problem: str = ""
    lenient: bool = False
    textual: bool = False


@frozen
class FollowUp:
    """The input belongs to a ticket that exists: more information or a note.

    Attributes:
        ticket: The ticket's number.
        sender: Address of who wrote; compared with the requester's.
    """

    ticket: str
    text: str
    sender: str = ""
    files: tuple[File, ...] = ()
    source: str = ""


@frozen
class CallSeen:
    """The telephone system said something of a call; `call` is all that is known now.

    Attributes:
        agent: Staff number of who answered, where the system says it.
        missed: The call ended unanswered; the desk makes a call-back ticket of it.
    """

    call: Call
    agent: str = ""
    missed: bool = False


@frozen
class Ignored:
    """The input is kept and logged but makes no ticket (automatic mail, a repeated call event)."""

    reason: str
    source: str = ""


Intake: TypeAlias = Submission | FollowUp | CallSeen | Ignored


class ChannelContext(Protocol):
    """What a channel may ask the desk while it reads an input."""

    @property
    def now(self) -> datetime:
        """The desk's clock."""

    def ticket_of(self, source: str) -> str | None:
        """Return the ticket that an input with this identity went to."""

    def has_ticket(self, number: str) -> bool:
        """Say whether a ticket with this number exists."""

    def call(self, id: str) -> tuple[Call, str] | None:  # noqa: A002
        """Return what is known of a call, and its ticket's number (empty while it has none)."""


class Channel(Protocol):
    """Turns native input into intake. Made once with its settings; keeps no state of its own."""

    name: ClassVar[str]

    def __init__(self, settings: Settings) -> None: ...

    def receive(self, raw: RawInput, context: ChannelContext) -> Sequence[Intake]:
        """Understand one input.

        Args:
            raw: The input as it came.
            context: Questions to the desk.

        Returns:
            What the input means; never empty (say `Ignored` and why).

        Raises:
            Refused: The sender can be told what is wrong, and is. Anything else that is raised
                becomes a ticket with the raw input attached, flagged ``plugin_fault``.
        """


@frozen
class Mailbox:
    """A place from which a channel fetches input.

    Attributes:
        name: Unique within the channel; letters, digits, ``.``, ``_``, ``+`` and ``-``.
        line: The business line of what is in it; empty to go by the channel's.
        every: How often it is looked into.
    """

    name: str
    line: str = ""
    every: timedelta = timedelta(seconds=30)


@frozen
class Fetched:
    """An input that is still in its mailbox.

    Attributes:
        raw: The input as it is there.
        done: Acknowledges it, so that it is not fetched again. Called once the desk has kept and
            taken it; a crash before that fetches it again.
        name: What logs call it.
    """

    raw: RawInput
    done: Callable[[], None]
    name: str = ""


@runtime_checkable
class Fetching(Protocol):
    """What a channel has besides, whose input is fetched rather than brought (optional).

    The desk looks into each mailbox by itself, in the background, in one process at a time.
    """

    def mailboxes(self) -> Sequence[Mailbox]:
        """Name the mailboxes that the settings say; none where they say none."""

    def fetch(self, mailbox: str) -> Iterator[Fetched]:
        """Yield what is in a mailbox, oldest first, reading each when it is asked for.

        Args:
            mailbox: The name of one of `mailboxes`.

        Raises:
            InvalidInput: The mailbox is not there, or cannot be read. What cannot be read of a
                single input is no reason: it is yielded as an input that says so.
        """

    def faults(self) -> Sequence[Problem]:
        """Say what is wrong with the mailboxes, for ``ruledesk check``; nothing is fetched."""


# -- notifiers --------------------------------------------------------------------------------


class DeliveryError(Exception):
    """A message was not delivered.

    Args:
        reason: What the other side said.
        permanent: Whether trying again is pointless.
    """

    def __init__(self, reason: str, *, permanent: bool = False) -> None:
        super().__init__(reason)
        self.permanent = permanent


class Notifier(Protocol):
    """Delivers messages. May be given a message twice; the id is then the same."""

    name: ClassVar[str]

    def __init__(self, settings: Settings) -> None: ...

    def deliver(self, message: Message) -> None:
        """Deliver one message.

        Raises:
            DeliveryError: It was not delivered.
        """

    def close(self) -> None:
        """Release what is held."""


# -- dispatch ---------------------------------------------------------------------------------


class Dispatcher(Protocol):
    """Chooses one of the agents who may get a ticket."""

    name: ClassVar[str]

    def choose(self, ticket: Ticket, candidates: Sequence[Candidate]) -> str:
        """Choose.

        Args:
            ticket: The ticket to be given.
            candidates: At least one, in the order of the configuration.

        Returns:
            The staff number of one candidate; a pure function of the arguments.
        """


# -- storage ----------------------------------------------------------------------------------


class StorageBackend(Protocol):
    """Opens stores whose URL begins with `scheme`; see also the optional protocols beside it."""

    scheme: ClassVar[str]

    @staticmethod
    def open(url: str, folder: Path) -> Store:
        """Open or create a store.

        Args:
            url: ``scheme:rest`` as in ``desk.storage``.
            folder: The desk's folder; relative paths are relative to it.

        Raises:
            StorageFault: It cannot be opened: locked by another process, damaged, not writable.
        """


@runtime_checkable
class Findable(Protocol):
    """What a storage backend has besides that can look for a store and make none (optional)."""

    @staticmethod
    def exists(url: str, folder: Path) -> bool:
        """Say whether there is a store; takes what `StorageBackend.open` takes."""


@runtime_checkable
class Upgradable(Protocol):
    """What a storage backend has besides whose stores have revisions (optional)."""

    @staticmethod
    def upgrade(url: str, folder: Path) -> Sequence[str]:
        """Bring a store to the form of this version; takes what `StorageBackend.open` takes.

        Returns:
            The names of the revisions applied, in order; none where there was nothing to do.
        """


@runtime_checkable
class Outgrowable(Protocol):
    """What a storage backend has besides that a desk can become too large for (optional)."""

    @staticmethod
    def outgrown(url: str, folder: Path) -> Problem | None:
        """Say whether a desk is too large for the store, for ``ruledesk check``.

        Nothing is opened or locked: a desk may be running on it.

        Args:
            url: ``scheme:rest`` as in ``desk.storage``.
            folder: The desk's folder.

        Returns:
            What was measured, the limit, and where the desk can move; None while it fits.
        """


__all__ = [
    "CallSeen",
    "Candidate",
    "Channel",
    "ChannelContext",
    "DeliveryError",
    "Dispatcher",
    "Fetched",
    "Fetching",
    "File",
    "Findable",
    "FollowUp",
    "Ignored",
    "Intake",
    "Mailbox",
    "Notifier",
    "Outgrowable",
    "RawInput",
    "Settings",
    "StorageBackend",
    "Submission",
    "Upgradable",
]
