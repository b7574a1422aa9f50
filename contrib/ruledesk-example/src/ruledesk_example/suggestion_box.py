"""Tickets from slips of plain text: ``key: value`` lines, an empty line, the suggestion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from ruledesk import ChannelContext, Ignored, Intake, RawInput, Settings, Submission

#: What a slip's keys mean: ticket fields, and those of the requester.
TICKET: Final = {"subject": "subject", "type": "type", "product": "product"}
REQUESTER: Final = {"name": "name", "phone": "phone", "email": "email"}


class SuggestionBox:
    """Reads one slip at a time. What cannot be read is kept in the description, never lost."""

    name: ClassVar[str] = "suggestion_box"

    def __init__(self, settings: Settings) -> None:
        """Read the settings.

        Raises:
            InvalidInput: An unknown key, or a line that is no text.
        """
        self._line = settings.only("line").text("line")

    def receive(self, raw: RawInput, context: ChannelContext) -> Sequence[Intake]:
        """Read a slip; its key ``slip`` is its identity.

        Args:
            raw: The slip, UTF-8.
            context: Knows whether the slip came before.

        Returns:
            One submission; `Ignored` for an empty slip and for one that came before.
        """
        text = raw.content.decode("utf-8", errors="replace").replace("\r\n", "\n")
        if not text.strip():
            return [Ignored("an empty slip")]
        head, _, body = text.strip().partition("\n\n")
        keys, rest = _read(head)
        source = f"suggestion_box:{keys['slip']}" if "slip" in keys else ""
        if source and (ticket := context.ticket_of(source)):
            return [Ignored(f"the slip came before, see {ticket}", source)]
        fields: dict[str, object] = {TICKET[key]: keys[key] for key in TICKET if key in keys}
        fields["description"] = "\n\n".join(part for part in (rest, body.strip()) if part)
        fields["requester"] = {REQUESTER[key]: keys[key] for key in REQUESTER if key in keys}
        return [
            Submission(
                fields,
                line=self._line,
                source=source,
                problem="some lines are no 'key: value' that the box knows" if rest else "",
            )
        ]


def _read(head: str) -> tuple[dict[str, str], str]:
    """Split the head of a slip into known keys and the lines that are none."""
    keys: dict[str, str] = {}
    rest: list[str] = []
    for line in head.splitlines():
        key, colon, value = line.partition(":")
        word = key.strip().lower()
        if colon and word in {*TICKET, *REQUESTER, "slip"} and word not in keys:
            keys[word] = value.strip()
        else:
            rest.append(line)
    return {key: value for key, value in keys.items() if value}, "\n".join(rest)
