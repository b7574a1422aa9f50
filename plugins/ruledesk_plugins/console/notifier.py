"""Messages as lines of a terminal."""

from __future__ import annotations

import sys
from typing import ClassVar, Final, TextIO

from ruledesk import DeliveryError, InvalidInput, Message, Settings

LONGEST_LINE: Final = 2_000
_STREAMS: Final = ("stderr", "stdout")
_WIDE_SPACE: Final = "\u3000"


def line_of(message: Message) -> str:
    """Write a message as one line without anything that a terminal would act on.

    Args:
        message: The message.

    Returns:
        ``[id] via to <address> (about) subject: text``; line breaks and control characters are
        shown as escapes, and the line is cut after `LONGEST_LINE` characters.
    """
    address = f" <{message.address}>" if message.address else ""
    said = ": ".join(part for part in (message.subject, message.text) if part)
    line = f"[{message.id}] {message.via} {message.to}{address} ({message.about}) {said}"
    shown = "".join(map(_visible, line[:LONGEST_LINE]))
    return shown if len(line) <= LONGEST_LINE else f"{shown}… ({len(line)} characters)"


def _visible(char: str) -> str:
    # Escape sequences in a customer's text must not reach the terminal.
    return char if char.isprintable() or char == _WIDE_SPACE else ascii(char)[1:-1]


class ConsoleNotifier:
    """Prints each message as one line, for trials and for watching a desk at work.

    The stream is looked up at each message, so that redirecting `sys.stderr` works.
    """

    name: ClassVar[str] = "console"

    def __init__(self, settings: Settings) -> None:
        """Read the settings.

        Raises:
            InvalidInput: An unknown key, or a stream other than ``stderr`` and ``stdout``.
        """
        self._stream = settings.only("stream").text("stream", "stderr")
        if self._stream not in _STREAMS:
            raise InvalidInput.of(
                "unknown stream",
                "未知的输出流",
                field=f"{settings.where}.stream",
                value=self._stream,
                accepted=_STREAMS,
            )

    def deliver(self, message: Message) -> None:
        """Print one message; see `ruledesk.Notifier.deliver`.

        Raises:
            DeliveryError: The stream is closed or cannot be written.
        """
        stream: TextIO | None = getattr(sys, self._stream)
        if stream is None:
            raise DeliveryError(f"there is no {self._stream}", permanent=True)
        encoding = stream.encoding or "utf-8"
        line = line_of(message).encode(encoding, "backslashreplace").decode(encoding)
        try:
            stream.write(f"{line}\n")
            stream.flush()
        except (OSError, ValueError) as error:
            raise DeliveryError(f"{self._stream}: {error}") from error

    def close(self) -> None:
        """Do nothing: the stream belongs to the process."""
