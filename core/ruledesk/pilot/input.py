"""Reads what goes into a desk besides fields: recorded raw input and attachments."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import Final

from ruledesk.pilot.entry import Entry
from ruledesk.pilot.values import Enclosure, Raw
from ruledesk.rules.sizes import ACCEPTED, parse_size

_LARGEST: Final = 64 * 1024 * 1024
_CONTENT: Final = ("file", "text", "base64", "json")
_BY_KIND: Final = {"text": "text/plain; charset=utf-8", "json": "application/json"}
_BY_SUFFIX: Final = {
    ".eml": "message/rfc822",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
}


def read_raw(entry: Entry, file: Path) -> Raw | None:
    """Read the ``raw`` of a ``receive`` step.

    Args:
        entry: A mapping with one of ``file``, ``text``, ``base64``, ``json``, and optionally
            ``content_type``. Problems are noted on its source.
        file: The scenario or recording; paths are relative to it.

    Returns:
        The input, None where it cannot be read.
    """
    if entry.mapping() is None:
        return None
    entry.only((*_CONTENT, "content_type"))
    kind = _content_kind(entry)
    content = _content(entry, kind, file) if kind else None
    if content is None:
        return None
    default = _BY_KIND.get(kind, "application/octet-stream")
    if kind == "file":
        default = _BY_SUFFIX.get(Path(entry.text("file")).suffix.lower(), default)
    return Raw(content, entry.text("content_type", default))


def read_enclosures(entry: Entry, file: Path) -> tuple[Enclosure, ...]:
    """Read the ``attachments`` of a submission or an action.

    Args:
        entry: A list; each part is the path of a file, or a mapping with ``name``, at most one of
            ``file``, ``text``, ``base64``, ``json``, and optionally ``size``, ``media_type`` and
            ``kind``. Without content there must be a size.
        file: The scenario or recording; paths are relative to it.

    Returns:
        The files that could be read.
    """
    found = (_enclosure(part, file) for part in entry.items())
    return tuple(enclosure for enclosure in found if enclosure is not None)


def _enclosure(entry: Entry, file: Path) -> Enclosure | None:
    if isinstance(entry.value, str):
        content = _file(entry, file)
        return None if content is None else Enclosure(Path(entry.value).name, content)
    if entry.mapping() is None:
        return None
    entry.only((*_CONTENT, "name", "size", "media_type", "kind"))
    sized = entry.has("size")
    given = any(entry.has(key) for key in _CONTENT)
    kind = _content_kind(entry) if given or not sized else ""
    name = _name(entry, kind)
    content = _content(entry, kind, file) if kind else None
    size = _size(entry.at("size"), len(content or b"")) if sized else 0
    if content is None and (kind or not sized):
        return None
    content = _filled(content or b"", size, kind)
    return Enclosure(name, content, entry.text("media_type"), entry.text("kind"))


def _name(entry: Entry, kind: str) -> str:
    """Read a file's name as it is, whatever is in it: what the desk says of it may be the point."""
    if not entry.has("name") and kind == "file":
        return Path(entry.text("file")).name
    if not entry.has("name"):
        entry.missing("name", "the name of the file")
    return entry.text("name")


def _size(entry: Entry, least: int) -> int:
    """Read the size up to which a content is filled."""
    value = entry.value
    size = parse_size(str(value)) if isinstance(value, int | str) else None
    if size is None or isinstance(value, bool):
        entry.problem("is no size", "不是文件大小", value=value, accepted=ACCEPTED)
        return 0
    if not least <= size <= _LARGEST:
        accepted = (f"{least} to {_LARGEST} bytes",)
        entry.problem("out of range", "超出范围", value=value, accepted=accepted)
        return 0
    return size


def _filled(content: bytes, size: int, kind: str) -> bytes:
    """Fill a content up to a size: text stays text, anything else stays what it is."""
    return content.ljust(size, b" " if kind in ("text", "json") else b"\0")


def _content_kind(entry: Entry) -> str:
    given = [key for key in _CONTENT if entry.has(key)]
    if len(given) == 1:
        return given[0]
    entry.problem("exactly one of these is needed", "必须且只能给出其中一项", accepted=_CONTENT)
    return ""


def _content(entry: Entry, kind: str, file: Path) -> bytes | None:
    inner = entry.at(kind)
    if kind == "json":
        return json.dumps(inner.value, ensure_ascii=False).encode("utf-8", "backslashreplace")
    if not isinstance(inner.value, str):
        inner.wrong("a text")
        return None
    if kind == "text":
        return str(inner.value).encode("utf-8", "backslashreplace")
    return _base64(inner) if kind == "base64" else _file(inner, file)


def _base64(entry: Entry) -> bytes | None:
    try:
        return b64decode("".join(entry.value.split()), validate=True)
    except ValueError:
        entry.problem("not base64", "不是 base64 编码", value=entry.value)
        return None


def _file(entry: Entry, file: Path) -> bytes | None:
    """Read a file that lies below the scenario's folder or its ruleset's folder."""
    try:
        path: Path = (file.parent / entry.value).resolve()
        if not any(path.is_relative_to(folder) for folder in _allowed(file)):
            entry.problem(
                "outside the folder of this file",
                "在此文件的目录之外",
                value=entry.value,
                accepted=("a path below the folder of this file or of its ruleset or desk",),
            )
            return None
        if path.stat().st_size > _LARGEST:
            entry.problem("larger than 64 MiB", "大于 64 MiB", value=entry.value)
            return None
        return path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a path with NUL in it
        reason = getattr(error, "strerror", None) or str(error)
        entry.problem(f"cannot be read ({reason})", f"无法读取（{reason}）", value=entry.value)
        return None


def _allowed(file: Path) -> tuple[Path, ...]:
    folder = file.resolve().parent
    parent = folder.parent
    owned = any((parent / name).is_file() for name in ("ruleset.toml", "desk.toml"))
    return (folder, parent) if owned else (folder,)
