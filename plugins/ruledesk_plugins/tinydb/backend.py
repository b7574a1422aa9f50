"""What ``tinydb:`` URLs name."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from ruledesk.errors import InvalidInput, Problem
from ruledesk.storage.interface import Store
from ruledesk_plugins.tinydb.outgrown import outgrown
from ruledesk_plugins.tinydb.store import TinyDBStore


class TinyDBBackend:
    """Opens ``tinydb:<file>``."""

    scheme: ClassVar[str] = "tinydb"

    @staticmethod
    def open(url: str, folder: Path) -> Store:
        """Open or create a store.

        Args:
            url: ``tinydb:data/desk.json``; a relative path is relative to `folder`.
            folder: The desk's folder.

        Raises:
            InvalidInput: The URL names no file.
            StorageFault: It cannot be opened.
        """
        return TinyDBStore(_file(url, folder))

    @staticmethod
    def exists(url: str, folder: Path) -> bool:
        """Say whether there is a store, and make none; the arguments are those of `open`."""
        return _file(url, folder).is_file()

    @staticmethod
    def outgrown(url: str, folder: Path) -> Problem | None:
        """Say whether the file is larger than this store is meant for.

        Args:
            url: As for `open`.
            folder: As for `open`.

        Returns:
            What was measured, the limit, and the command that moves the desk; None while it fits.

        Raises:
            InvalidInput: The URL names no file.
        """
        return outgrown(_file(url, folder), url)


def _file(url: str, folder: Path) -> Path:
    scheme, _, rest = url.partition(":")
    if scheme != TinyDBBackend.scheme or not rest or rest.endswith("/"):
        raise InvalidInput.of(
            "names no file",
            "不是文件地址",
            field="storage",
            value=url,
            accepted=("tinydb:data/desk.json",),
        )
    return folder / rest
