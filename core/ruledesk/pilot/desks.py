"""Chooses the desk that a scenario or recording runs on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ruledesk.desk.config import FILE, DeskConfig, load_desk
from ruledesk.errors import InvalidInput
from ruledesk.pilot.values import Head
from ruledesk.toml import read_toml

_PEOPLE = ("teams", "agents")


def choose_desk(head: Head, lines: Iterable[str], folder: Path | None = None) -> DeskConfig:
    """Choose and complete the desk of a scenario or recording.

    `folder` goes before a path in the file, so that a day can be tried on a changed desk, and that
    before the nearest folder upward from the file with a ``desk.toml``; with none of them the desk
    is empty. An inline ``desk`` replaces what it names: its people all people, its lines those of
    the same name. A line that is used and not defined runs by the ruleset of its name.

    Args:
        head: The head of the scenario or recording.
        lines: Every business line that is used.
        folder: The desk asked for on the command line.

    Returns:
        The configuration; its rulesets have not been looked at.

    Raises:
        InvalidInput: A desk cannot be used.
    """
    inline = head.desk if isinstance(head.desk, Mapping) else None
    base = folder or (
        _named(head, head.desk) if isinstance(head.desk, str) else nearest_desk(head.file)
    )
    config = load_desk(base) if base is not None else None
    wanted = [line for line in dict.fromkeys(lines) if line]
    if config is not None and inline is None and all(line in config.lines for line in wanted):
        return config
    document = _document(config)
    where = config.where if config is not None else str(head.file)
    if inline is not None:
        where = f"{head.file}:{head.desk_line}: desk"
        document = _overlaid(document, _anchored(inline, head.file.parent), where)
    own_lines = document.get("lines", {})
    if isinstance(own_lines, Mapping):  # else the configuration says what is wrong with it
        made = {line: {"ruleset": line} for line in wanted if line not in own_lines}
        document["lines"] = {**own_lines, **made}
    home = config.folder if config is not None else head.file.parent.absolute()
    return DeskConfig.from_mapping(document, folder=home, where=where)


def nearest_desk(file: Path) -> Path | None:
    """Find the nearest folder, from a file's own upward, that is a desk."""
    for folder in file.resolve().parents:
        if (folder / FILE).is_file():
            return folder
    return None


def _named(head: Head, path: str) -> Path:
    desk = head.file.parent / path
    if desk.is_file() or (desk / FILE).is_file():
        return desk
    raise InvalidInput.of(
        "no desk here",
        "此处没有服务台",
        field=f"{head.file}:{head.desk_line}: desk",
        value=path,
        accepted=(f"the folder of a {FILE}, relative to this file",),
    )


def _document(config: DeskConfig | None) -> dict[str, Any]:
    return read_toml(config.folder / FILE) if config is not None else {}


def _anchored(inline: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Make paths of rulesets absolute: those of an inline desk are relative to its file."""
    document = dict(inline)
    lines = document.get("lines")
    if isinstance(lines, Mapping):
        document["lines"] = {name: _anchored_line(line, folder) for name, line in lines.items()}
    return document


def _anchored_line(line: Any, folder: Path) -> Any:
    if not isinstance(line, Mapping) or not isinstance(line.get("ruleset"), str):
        return line
    ruleset = line["ruleset"]
    if "/" not in ruleset and not ruleset.endswith(".toml"):
        return line
    return {**line, "ruleset": str((folder / ruleset).absolute())}


def _overlaid(base: dict[str, Any], inline: dict[str, Any], where: str) -> dict[str, Any]:
    result = dict(base)
    # People belong together: a team of the one with agents of the other would make no sense.
    if any(key in inline for key in _PEOPLE):
        result = {key: value for key, value in result.items() if key not in _PEOPLE}
    for key, value in inline.items():
        below = result.get(key)
        if key in ("desk", "lines") and isinstance(below, Mapping):
            if not isinstance(value, Mapping):
                raise InvalidInput.of(
                    "wrong type", "类型错误", field=f"{where}.{key}", value=value,
                    accepted=("a mapping",),
                )  # fmt: skip
            result[key] = {**below, **value}
        else:
            result[key] = value
    return result
