"""Messages with exclamation marks, appended to a text file."""

from __future__ import annotations

from typing import ClassVar

from ruledesk import DeliveryError, Message, Settings


class Shout:
    """Writes each message as one line."""

    name: ClassVar[str] = "shout"

    def __init__(self, settings: Settings) -> None:
        """Read the settings.

        Raises:
            InvalidInput: An unknown key, or a path that is no text.
        """
        self._path = settings.folder / settings.only("path").text("path", "data/shouts.txt")

    def deliver(self, message: Message) -> None:
        """Append a message.

        Raises:
            DeliveryError: The file cannot be written; trying again may help.
        """
        words = " ".join(f"{message.subject} {message.text}".split())
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(f"{message.id} HEY {message.address or message.to}: {words}!!!\n")
        except OSError as error:
            raise DeliveryError(str(error)) from error

    def close(self) -> None:
        """Nothing is held open."""
