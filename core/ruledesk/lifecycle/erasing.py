"""Erasing a person from a ticket's events: ``erased(event) -> event``, pure (C13).

What somebody wrote, and what leads to the person, is replaced by a mark or emptied. What is counted
stays: kinds, versions, instants, who of the desk acted, codes, ratings, targets, and which rule
decided. What nobody has said of that it is a code is taken for personal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from attrs import evolve as with_changes
from attrs import field, frozen

from ruledesk.model import event as ev
from ruledesk.model.action import Body
from ruledesk.model.decision import Decision
from ruledesk.model.event import Event
from ruledesk.model.message import VIAS, Delivery, Message
from ruledesk.model.ticket import Attachment, Call, Requester, Target
from ruledesk.model.values import Value, changed
from ruledesk.rules.expression.facts import CHANGED
from ruledesk.rules.expression.types import FieldType
from ruledesk.rules.facts import STANDARD
from ruledesk.rules.ruleset import Ruleset

#: Stands where words were.
MARK: Final = "[erased 已删除]"
#: Why a message that still waited is not sent.
UNSENT: Final = "not sent: the person was erased 未发送：该客户信息已清除"

#: Attributes of events that hold codes of the desk, never what a person wrote.
CODES: Final = frozenset(
    (
        "agent", "category", "channel", "cleared", "hook", "impact", "into", "line", "message",
        "names", "other", "owner", "plugin", "priority", "raised", "rule", "targets", "team",
        "timers", "to", "unbroken", "unmet", "urgency", "verdict",
    )
)  # fmt: skip
#: The same, where the name says something else in another kind of event.
_CODES_OF: Final[Mapping[type[Body], frozenset[str]]] = {
    ev.TargetWarned: frozenset({"name"}),
    ev.TargetBreached: frozenset({"name"}),
    ev.PersonErased: frozenset({"reason"}),
}
#: Fields that statistics count or that people of the desk set; their words stay.
_CODED_FIELDS: Final = frozenset(
    (
        "type", "category", "urgency", "impact", "priority", "product", "number", "line", "channel",
        "status", "flags", "team", "agent", "lacks", "plan.approval", "event.by", "event.target",
        CHANGED, "requester.level", "requester.kind", "requester.region",
    )
)  # fmt: skip
_CODED_PREFIXES: Final = ("counts.", "scores.", "targets.")
#: Parts of the requester that lead to the person where nothing else is said.
_PERSONAL: Final = "requester."
_WORDED: Final = frozenset({"enum", "tree", "set"})
_WORD: Final = re.compile(r"[a-z][a-z0-9_.-]{0,39}")
_SCALARS: Final = (bool, int, float, datetime, Target)


@frozen
class Eraser:
    """Erases one person from one line's tickets.

    Attributes:
        pseudonym: What the requester is called from then on.
        types: What the ruleset says of the fields that it knows, by name.
        groups: The line's correlations that read nothing personal: these groups stay.
    """

    pseudonym: str
    types: Mapping[str, FieldType] = field(factory=lambda: STANDARD)
    groups: frozenset[str] = frozenset()

    @classmethod
    def of(cls, pseudonym: str, ruleset: Ruleset | None) -> Eraser:
        """Make the eraser for the tickets of a line.

        Args:
            pseudonym: As above.
            ruleset: The line's; None where the desk no longer has the line, and fields of its own
                are all taken for personal.
        """
        if ruleset is None:
            return cls(pseudonym)
        types = {**STANDARD, **ruleset.schema.fields}
        groups = frozenset(
            name
            for name, correlation in ruleset.correlations.items()
            if all(_is_coded(part, types.get(part)) for part in correlation.key)
        )
        return cls(pseudonym, types, groups)

    def event(self, event: Event) -> Event:
        """Erase the person from an event; what was erased before stays as it is."""
        return changed(event, body=self._body(event.body))

    def delivery(self, delivery: Delivery) -> Delivery:
        """Erase the person from a message; one that waited is not sent any more."""
        message = _message(delivery.message)
        if delivery.state == "waiting":
            return with_changes(delivery, message=message, state="failed", error=UNSENT)
        error = delivery.error if delivery.error == UNSENT else _text(delivery.error)
        return with_changes(delivery, message=message, error=error)

    def requester(self, requester: Requester) -> Requester:
        """Leave of a requester what is counted: level, kind and region."""
        return changed(
            requester,
            id=self.pseudonym,
            name=_text(requester.name),
            phone="",
            email="",
            company=_text(requester.company),
        )

    # -- what events hold -----------------------------------------------------------------------

    def _body(self, body: Body) -> Body:
        kept = CODES | _CODES_OF.get(type(body), frozenset())
        return changed(
            body,
            **{
                name: self._attribute(name, value)
                for name, value in body.__dict__.items()
                if name not in kept
            },
        )

    def _attribute(self, name: str, value: Any) -> Any:
        match name:
            case "source" | "raw":
                return ""
            case "fields":
                return {one: self._given(one, given) for one, given in value.items()}
            case "scores":
                return {self._name(one): score for one, score in value.items()}
            case "missing" | "fills":
                return tuple(dict.fromkeys(map(self._name, value)))
            case "keys":
                return tuple(dict.fromkeys(map(self._key, value)))
            case "kind_of":
                return _word(value)
            case "via":
                return value if value in VIAS else _text(value)
            case _:
                return self._value(value)

    def _value(self, value: Any) -> Any:
        match value:
            case str():
                return _text(value)
            case tuple():
                return tuple(map(self._value, value))
            case Requester():
                return self.requester(value)
            case Call():
                return changed(value, id=_text(value.id), caller="")
            case Attachment():
                return _attachment(value)
            case Message():
                return _message(value)
            case Decision():
                return self._decision(value)
            case _ if value is None or isinstance(value, _SCALARS):
                return value
        msg = f"what is personal in a {type(value).__name__} is not known"
        raise TypeError(msg)

    def _decision(self, decision: Decision) -> Decision:
        """Keep which rule decided what; the facts and outcomes lose their words."""
        facts = {name: self._known(name, value) for name, value in decision.facts.items()}
        return changed(
            decision,
            facts=facts,
            outcome={
                name: self._known(name, value) if _is_field(name) else value
                for name, value in decision.outcome.items()
            },
            incident=_text(decision.incident),
        )

    # -- values by the name of their field ------------------------------------------------------

    def _given(self, name: str, value: Value) -> Value:
        """Erase a value that becomes the ticket's: ways to reach the person are emptied."""
        if name in ("requester.phone", "requester.email"):
            return ""
        return self._known(name, value)

    def _known(self, name: str, value: Value) -> Value:
        """Erase a value, unless it is known to be a code, a number or a time."""
        if name == "requester.id":
            return self.pseudonym if value else value
        type_ = self.types.get(name)
        if not _is_coded(name, type_):
            return _hidden(value)
        if name in _CODED_FIELDS or name.startswith(_CODED_PREFIXES) or type_ is None:
            return value
        words = (value,) if isinstance(value, str) else value if isinstance(value, tuple) else ()
        return value if all(word in type_.values for word in words) else _hidden(value)

    def _name(self, name: str) -> str:
        """Keep the name of a field or score; what people call it in their own words goes."""
        known = any(f"{part}{name}" in self.types for part in ("", "custom.", "scores."))
        return name if known else _word(name)

    def _key(self, key: str) -> str:
        """Put the person's own groups together: nobody new is counted with them."""
        line, name, _ = key.rsplit("/", 2) if key.count("/") > 1 else ("", key, "")
        return key if name in self.groups else f"{line}/{name}/{self.pseudonym}"


def _text(text: str) -> str:
    return MARK if text else ""


def _attachment(attachment: Attachment) -> Attachment:
    """Keep that there was a file, of which kind and size; its bytes go."""
    return changed(
        attachment,
        name=_text(attachment.name),
        media_type=_media_type(attachment.media_type),
        sha256="",
        kind=_word(attachment.kind),
        original=_text(attachment.original),
    )


def _message(message: Message) -> Message:
    """Take the words away, also from what agents were told; agents' addresses stay."""
    return changed(
        message,
        address="" if message.to == "requester" else message.address,
        subject=_text(message.subject),
        text=_text(message.text),
    )


def _hidden(value: Value) -> Value:
    """Replace any value; one that says nothing stays."""
    if value is None or value in ("", ()):
        return value
    return (MARK,) if isinstance(value, tuple) else MARK


def _is_field(name: str) -> bool:
    """Say whether an outcome is a field of the ticket; the others are words of the ruleset."""
    return name in STANDARD or name.startswith((_PERSONAL, "custom."))


def _is_coded(name: str, type_: FieldType | None) -> bool:
    """Say whether a field holds codes, numbers or times, and nothing that leads to the person."""
    if name in _CODED_FIELDS or name.startswith(_CODED_PREFIXES):
        return True
    if type_ is None or name.startswith(_PERSONAL):
        return False
    return type_.kind != "text" and (type_.kind not in _WORDED or bool(type_.values))


def _media_type(text: str) -> str:
    return text if re.fullmatch(r"[a-z]+/[\w.+-]{1,80}", text) else _text(text)


def _word(text: str) -> str:
    """Keep a word as rulesets have them; one with blanks or capitals is somebody's own."""
    return text if _WORD.fullmatch(text) else _text(text)
