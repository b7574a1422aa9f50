"""Ticket numbers in steps: those of the current ruleset's desk, put as the other desk has them."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from quopri import decodestring
from typing import Any, Final

from attrs import evolve

from ruledesk.pilot.values import Raw, Step

#: What may be a number, with its neighbours; then what is left of it without them.
_TOKEN: Final = re.compile(r"[0-9A-Za-z]+(?:[-_/.#][0-9A-Za-z]+)*")
_WORD: Final = re.compile(r"[0-9A-Za-z]+")
#: A word of a mail header that is not ASCII (RFC 2047): charset, encoding, content.
_ENCODED: Final = re.compile(r"=\?([^?\s]+)\?([bBqQ])\?([^?\s]*)\?=")
_LATIN: Final = "latin-1"


class Numbers:
    """Which ticket of the other desk a number of the current one means."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        self._moved: dict[str, str] = {}

    def add(self, old: str, new: str) -> None:
        """Note a ticket's number on both desks; `new` is empty where the other one has none."""
        self._known[old] = new
        if new != old:
            # A number that nobody has: with its own, the step would reach somebody else's ticket.
            self._moved[old] = new or re.sub("[0-9A-Za-z]", "0", old)

    def __contains__(self, old: str) -> bool:
        """Say whether a number of the current desk is known."""
        return old in self._known

    def counterpart(self, old: str) -> str:
        """Return the number on the other desk; empty where it has no such ticket."""
        return self._known.get(old, "")

    def translated(self, step: Step) -> Step:
        """Put the other desk's numbers in place of the current one's, wherever a step has them."""
        if not self._moved:
            return step
        raw = step.raw
        return evolve(
            step,
            fields=self._value(step.fields),
            raw=evolve(raw, content=self._content(raw)) if raw is not None else None,
        )

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {key: self._value(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self._value(inner) for inner in value]
        return value

    def text(self, text: str) -> str:
        """Translate the numbers in a text; a number is a word of its own there."""
        return _TOKEN.sub(self._token, text)

    def _token(self, found: re.Match[str]) -> str:
        whole = self._moved.get(found[0])
        if whole is not None or found[0] in self._known:
            return whole if whole is not None else found[0]
        return _WORD.sub(lambda word: self._moved.get(word[0], word[0]), found[0])

    def _content(self, raw: Raw) -> bytes:
        # Numbers are ASCII, and no byte is lost by reading any bytes as Latin-1.
        text = raw.content.decode(_LATIN)
        if not raw.content_type.startswith("message/"):
            return self.text(text).encode(_LATIN)
        parts, at = [], 0
        for word in _ENCODED.finditer(text):
            parts += [self.text(text[at : word.start()]), _encoded(word, self.text)]
            at = word.end()
        return "".join((*parts, self.text(text[at:]))).encode(_LATIN)


def _encoded(word: re.Match[str], translated: Callable[[str], str]) -> str:
    """Translate an encoded word of a mail's header."""
    try:
        content = word[3].encode("ascii")
        raw = b64decode(content) if word[2] in "bB" else decodestring(content, header=True)
        text = raw.decode(word[1])
        changed = translated(text)
        if changed == text:
            return word[0]
        return f"=?{word[1]}?b?{b64encode(changed.encode(word[1])).decode('ascii')}?="
    except (ValueError, LookupError):  # what cannot be read names no ticket
        return word[0]
