"""A store for trials that leaves a trace: data in memory, and a line in a file for each commit."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from ruledesk.errors import InvalidInput, StorageFault
from ruledesk.storage.change import Change
from ruledesk.storage.interface import Store
from ruledesk_plugins.memory import MemoryStore


class AuditedStore(MemoryStore):
    """Writes down what each commit changes before it takes it over.

    Args:
        path: The file; lines are appended.

    Raises:
        StorageFault: Its folder cannot be made.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _fault(path, error) from error

    def _persist(self, change: Change) -> None:
        kinds = [type(step).__name__ for step in change.steps]
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(" ".join([*kinds, *sorted(change.sequences)]) + "\n")
        except OSError as error:  # nothing was changed: the block fails as a whole
            raise _fault(self._path, error) from error


class AuditedBackend:
    """Opens ``audited:<file>``; each opening is a new, empty store."""

    scheme: ClassVar[str] = "audited"

    @staticmethod
    def open(url: str, folder: Path) -> Store:
        """Make a store.

        Args:
            url: ``audited:data/commits.txt``; a relative path is relative to `folder`.
            folder: The desk's folder.

        Raises:
            InvalidInput: The URL names no file.
            StorageFault: Its folder cannot be made.
        """
        name = url.partition(":")[2]
        if not name:
            raise InvalidInput.of("names no file", "不是文件地址", field="storage", value=url)
        return AuditedStore(folder / name)


def _fault(path: Path, error: OSError) -> StorageFault:
    return StorageFault.of(f"cannot be written ({error})", f"无法写入（{error}）", field=str(path))
