"""Web forms as tickets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, ClassVar, Final

from ruledesk import (
    ChannelContext,
    Intake,
    InvalidInput,
    RawInput,
    Refused,
    Settings,
    Submission,
)
from ruledesk_plugins.web.fields import ticket_fields
from ruledesk_plugins.web.form import Reader, read_form
from ruledesk_plugins.web.json_form import read_json
from ruledesk_plugins.web.multipart import read_multipart
from ruledesk_plugins.web.urlencoded import read_urlencoded

READERS: Final[Mapping[str, Reader]] = {
    "application/json": read_json,
    "application/x-www-form-urlencoded": read_urlencoded,
    "multipart/form-data": read_multipart,
}
_KEYS: Final = ("idempotency_key", "submission_id")
_LONGEST_KEY: Final = 200


class WebChannel:
    """Takes form posts: JSON, URL-encoded, or multipart with files (A2, B4, C4, E2).

    The sender is there to be told, so whatever cannot be understood is refused with its field or
    position (F4).
    """

    name: ClassVar[str] = "web"

    def __init__(self, settings: Settings) -> None:
        """Read the settings.

        Raises:
            InvalidInput: An unknown key or a value of the wrong type.
        """
        settings.only("line", "mapping")
        self._line = settings.text("line")
        self._mapping = _mapping(settings)

    def receive(self, raw: RawInput, context: ChannelContext) -> Sequence[Intake]:  # noqa: ARG002
        """Understand one form; see `ruledesk.Channel.receive`.

        Returns:
            One `Submission`. Its line is the form's ``line``, else the setting's; its source is
            made of ``idempotency_key`` or ``submission_id`` where the form has one.

        Raises:
            Refused: What is wrong with the form, by field.
        """
        form = read_form(raw, READERS)
        values = dict(form.values)
        keys = [_label(values.pop(key), key) for key in _KEYS if key in values]
        line = _label(values.pop("line"), "line") if "line" in values else ""
        return [
            Submission(
                fields=ticket_fields(values, self._mapping, typed=form.typed),
                files=form.files,
                line=line or self._line,
                source=_source(next(filter(None, keys), "")),
                textual=not form.typed,
            )
        ]


def _mapping(settings: Settings) -> Mapping[str, str]:
    mapping = settings.values.get("mapping", {})
    if isinstance(mapping, Mapping) and all(isinstance(name, str) for name in mapping.values()):
        return dict(mapping)
    raise InvalidInput.of(
        "wrong type",
        "类型错误",
        field=f"{settings.where}.mapping",
        value=mapping,
        accepted=('a table of form name to ticket field, {betreff = "subject"}',),
    )


def _label(value: Any, field: str) -> str:
    text = "" if value is None else value
    if not isinstance(text, str) or len(text) > _LONGEST_KEY or (text and not text.isprintable()):
        raise Refused.of(
            "must be one short text",
            "必须是一个简短文本",
            field=field,
            value=value,
            accepted=(f"up to {_LONGEST_KEY} printable characters",),
        )
    return text.strip()


def _source(key: str) -> str:
    # Hashed, so that nobody can name the input of another channel by a clever key.
    return f"web:{sha256(key.encode()).hexdigest()}" if key else ""
