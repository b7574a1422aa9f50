"""The settings of the mailboxes that mails are fetched from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

from attrs import frozen

from ruledesk import InvalidInput, Mailbox, Settings
from ruledesk_plugins.email.maildir import Maildir

#: Seconds between two looks into a mailbox.
EVERY: Final = 30
_LONGEST: Final = 24 * 60 * 60
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,59}")
_NOT_IN_NAME: Final = re.compile(r"[^A-Za-z0-9._+-]+")
_KEPT: Final = 40
_KEYS: Final = ("maildir", "line", "every")


@frozen
class Box:
    """A mailbox as the settings say it: what the desk needs to know, and where the mails are."""

    mailbox: Mailbox
    maildir: Maildir


def read_boxes(settings: Settings) -> Mapping[str, Box]:
    """Read ``maildir``, ``mailboxes`` and ``every`` of the channel's settings.

    Args:
        settings: The table ``[channels.email]``.

    Returns:
        The mailboxes by name.

    Raises:
        InvalidInput: A value is of the wrong type, or two tables name the same folder.
    """
    every = _every(settings, "every", EVERY)
    boxes = {box.mailbox.name: box for box in _short(settings, every)}
    for name, table in _tables(settings).items():
        if not _NAME.fullmatch(name):
            raise _wrong(settings, f"mailboxes.{name}", name, "a name of letters, digits, . _ + -")
        boxes[name] = _long(name, table, every)
    paths = [box.maildir.path for box in boxes.values()]
    for path in paths:
        if paths.count(path) > 1:
            raise InvalidInput.of(
                "the same folder twice",
                "同一文件夹出现两次",
                field=f"{settings.where}.mailboxes",
                value=str(path),
            )
    return boxes


def _short(settings: Settings, every: timedelta) -> Iterator[Box]:
    """``maildir = "mail/incoming"``, or a list of such paths."""
    value = settings.values.get("maildir", [])
    paths = [value] if isinstance(value, str) else value
    if not isinstance(paths, list | tuple) or not all(isinstance(one, str) for one in paths):
        raise _wrong(settings, "maildir", value, "a path, or a list of paths")
    for path in paths:
        if not path.strip():
            raise _wrong(settings, "maildir", path, "the path of a Maildir")
        maildir = Maildir(settings.folder / path, f"{settings.where}.maildir")
        yield Box(Mailbox(_name_of(path), every=every), maildir)


def _long(name: str, settings: Settings, every: timedelta) -> Box:
    """``[channels.email.mailboxes.NAME]``."""
    settings.only(*_KEYS)
    path = settings.text("maildir")
    if not path.strip():
        raise _wrong(settings, "maildir", path, "the path of a Maildir")
    own = _every(settings, "every", every.total_seconds())
    maildir = Maildir(settings.folder / path, f"{settings.where}.maildir")
    return Box(Mailbox(name, settings.text("line"), own), maildir)


def _tables(settings: Settings) -> Mapping[str, Settings]:
    tables = settings.values.get("mailboxes", {})
    if not isinstance(tables, Mapping) or not all(
        isinstance(table, Mapping) for table in tables.values()
    ):
        raise _wrong(settings, "mailboxes", tables, "tables [channels.email.mailboxes.NAME]")
    return {
        name: Settings(table, settings.folder, f"{settings.where}.mailboxes.{name}")
        for name, table in tables.items()
    }


def _every(settings: Settings, key: str, default: float) -> timedelta:
    value = settings.values.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= _LONGEST:
        raise _wrong(settings, key, value, f"seconds, 1 to {_LONGEST}")
    return timedelta(seconds=value)


def _name_of(path: str) -> str:
    """Name a mailbox after its path; a path beyond plain words gets a mark that tells it apart."""
    plain = _NOT_IN_NAME.sub("-", path).strip("-.")
    if plain == path and len(path) <= _KEPT:
        return path
    return f"{plain[:_KEPT].strip('-.') or 'maildir'}-{sha256(path.encode()).hexdigest()[:8]}"


def _wrong(settings: Settings, key: str, value: Any, accepted: str) -> InvalidInput:
    return InvalidInput.of(
        "cannot be used",
        "无法使用",
        field=f"{settings.where}.{key}",
        value=value,
        accepted=(accepted,),
    )


__all__ = ["EVERY", "Box", "read_boxes"]
