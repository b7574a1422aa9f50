"""Finds scenarios and recordings below the paths that were given."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from ruledesk.errors import InvalidInput
from ruledesk.pilot.recording import is_recording

_SCENARIOS: Final = (".scenario.yaml", ".scenario.yml")
_YAML: Final = (".yaml", ".yml")
#: A YAML file of any other name is a scenario where it says so; it is looked for no further in.
_SAYS_SO: Final = re.compile(rb"^(?:\xef\xbb\xbf)?scenario[ \t]*:", re.MULTILINE)
_LOOKED_AT: Final = 64 * 1024
_ACCEPTED: Final = ("*.scenario.yaml", "*.scenario.yml", "*.yaml", "*.yml", "*.jsonl")


def find_files(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Find what can be replayed.

    Args:
        paths: Files and folders. A folder is searched, with all below it, for
            ``*.scenario.yaml``, ``*.scenario.yml``, other YAML files with a ``scenario:`` at the
            head, and the ``*.jsonl`` that are recordings.

    Returns:
        The files, each once: in the order of `paths`, those of a folder sorted.

    Raises:
        InvalidInput: A path is not there, is of another kind, or holds nothing to replay.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        files = tuple(_inside(path)) if path.is_dir() else (_checked(path),)
        if not files:
            raise InvalidInput.of(
                "holds no scenario and no recording",
                "不含场景或录制文件",
                field=str(path),
                accepted=("*.scenario.yaml", "*.yaml with scenario: …", "*.jsonl"),
            )
        for file in files:
            found.setdefault(file.resolve(), file)
    return tuple(found.values())


def holds_recording(file: Path) -> bool:
    """Say whether a file is a recording, by its name."""
    return file.suffix == ".jsonl"


def _checked(path: Path) -> Path:
    if not path.exists():
        raise InvalidInput.of("no such file or folder", "文件或目录不存在", field=str(path))
    if path.suffix not in (*_YAML, ".jsonl"):
        raise InvalidInput.of(
            "neither a scenario nor a recording",
            "既不是场景也不是录制文件",
            field=str(path),
            accepted=_ACCEPTED,
        )
    return path


def _inside(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if any(part.startswith(".") for part in path.relative_to(folder).parts):
            continue
        if path.is_file() and (_is_scenario(path) or _is_recording(path)):
            yield path


def _is_scenario(path: Path) -> bool:
    return path.name.endswith(_SCENARIOS) or (path.suffix in _YAML and _says_so(path))


def _says_so(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return _SAYS_SO.search(file.read(_LOOKED_AT)) is not None
    except OSError:
        return False


def _is_recording(path: Path) -> bool:
    return holds_recording(path) and is_recording(path)
