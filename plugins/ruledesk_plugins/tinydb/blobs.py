"""Raw inputs and attachments: one file each, named by what is in it."""

from __future__ import annotations

import os
import re
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Final
from uuid import uuid4

from ruledesk.errors import StorageFault
from ruledesk_plugins.tinydb.files import Files
from ruledesk_plugins.tinydb.journal import fault

_NAME: Final = re.compile(r"[0-9a-f]{64}")


def blob_name(content: bytes) -> str:
    """Return the name of bytes: their SHA-256 in hex."""
    return sha256(content).hexdigest()


class BlobFolder:
    """A folder of files named by their SHA-256, in subfolders by its first two digits.

    Args:
        folder: The folder; made at the first blob.
        files: The file system.
    """

    def __init__(self, folder: Path, files: Files) -> None:
        self._folder = folder
        self._files = files

    def put(self, name: str, content: bytes) -> None:
        """Keep bytes; durable on return.

        Args:
            name: Their `blob_name`, which whoever keeps them has worked out already.
            content: The bytes.

        Raises:
            StorageFault: They cannot be written.
        """
        path = self._folder / name[:2] / name
        try:
            self._files.make_folder(path.parent)
            if not path.exists():
                self._write(path, content)
            self._files.sync_folder(path.parent)
        except OSError as error:
            raise fault(path, "cannot be written", "无法写入", error) from error

    def get(self, name: str) -> bytes | None:
        """Return kept bytes, None where there are none of this name.

        Raises:
            StorageFault: They cannot be read, or are not what was kept.
        """
        if not _NAME.fullmatch(name):
            return None
        path = self._folder / name[:2] / name
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise fault(path, "cannot be read", "无法读取", error) from error
        if sha256(content).hexdigest() != name:
            raise StorageFault.of("is damaged", "已损坏", field=str(path))
        return content

    def names(self) -> list[str]:
        """Name all blobs that are kept.

        Raises:
            StorageFault: The folder cannot be read.
        """
        try:
            folders = sorted(self._folder.iterdir()) if self._folder.is_dir() else []
            paths = chain.from_iterable(f.iterdir() for f in folders if f.is_dir())
            names = sorted(path.name for path in paths)
        except OSError as error:
            raise fault(self._folder, "cannot be read", "无法读取", error) from error
        return [name for name in names if _NAME.fullmatch(name)]

    def has(self, name: str) -> bool:
        """Say whether there are bytes of this name."""
        return (self._folder / name[:2] / name).exists()

    def remove(self, name: str) -> None:
        """Remove bytes; nothing happens where there are none of this name.

        Raises:
            StorageFault: They cannot be removed.
        """
        path = self._folder / name[:2] / name
        if not _NAME.fullmatch(name) or not path.exists():
            return
        try:
            self._files.remove(path)
            self._files.sync_folder(path.parent)
        except OSError as error:
            raise fault(path, "cannot be removed", "无法删除", error) from error

    def _write(self, path: Path, content: bytes) -> None:
        draft = path.with_name(f"{path.name}.{uuid4().hex}")
        file = self._files.create(draft)
        try:
            self._files.write(file, content, 0)
            self._files.sync(file)
            self._files.rename(draft, path)
        except OSError:
            self._files.remove(draft)
            raise
        finally:
            os.close(file)
