"""Messages as lines of a file."""

from __future__ import annotations

import json
from threading import Lock
from typing import ClassVar, Final

from attrs import asdict

from ruledesk import DeliveryError, InvalidInput, Message, Settings
from ruledesk_plugins.file.journal import LineJournal

DEFAULT_PATH: Final = "data/messages.jsonl"
_BEGINNING: Final = b'{"id": '


def line_of(message: Message) -> bytes:
    """Write a message as one JSON object with the attributes of `Message`, ``id`` first.

    Args:
        message: The message.

    Returns:
        UTF-8 without a line break; a lone surrogate is written as a JSON escape.
    """
    text = json.dumps(asdict(message), ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace")


class FileNotifier:
    """Appends each message to a file as one line of JSON, synced before it counts as sent (F3).

    Delivery is at least once: after a crash between the line and the desk's commit the same
    message is written again, with the same ``id``.
    """

    name: ClassVar[str] = "file"

    def __init__(self, settings: Settings) -> None:
        """Read the settings; the file is opened at the first message.

        Raises:
            InvalidInput: An unknown key, or a path that is empty or no text.
        """
        path = settings.only("path").text("path", DEFAULT_PATH)
        if not path.strip() or "\0" in path:
            raise InvalidInput.of(
                "no path of a file",
                "不是文件路径",
                field=f"{settings.where}.path",
                value=path,
                accepted=(DEFAULT_PATH,),
            )
        self._journal = LineJournal(settings.folder / path, _BEGINNING)
        self._lock = Lock()

    def deliver(self, message: Message) -> None:
        """Append one message; see `ruledesk.Notifier.deliver`.

        Raises:
            DeliveryError: The line is not durable; it may be tried again.
        """
        with self._lock:
            try:
                self._journal.append(line_of(message))
            except OSError as error:
                raise DeliveryError(str(error)) from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._journal.close()
