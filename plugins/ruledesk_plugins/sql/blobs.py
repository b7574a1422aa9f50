"""Raw inputs and attachments: files named by what is in them, and who needs which.

A blob is kept before the transaction that names it begins. Where the same bytes were in a ticket
that another process deletes meanwhile, they are still needed: `fresh_blobs` says so. A file is
removed after the deletion is stored, under a lock under which nobody can say that it needs it.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import UTC, datetime, timedelta
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
from hashlib import sha256
from pathlib import Path
from typing import Final, TypeVar
from uuid import uuid4

from ruledesk.errors import InvalidInput, StorageFault
from ruledesk_plugins.sql import writes
from ruledesk_plugins.sql.block import lock_of
from ruledesk_plugins.sql.engine import Database
from ruledesk_plugins.sql.schema import unescaped
from ruledesk_plugins.sql.session import Session
from ruledesk_plugins.sql.streams import still

T = TypeVar("T")

_LOGGER: Final = logging.getLogger("ruledesk.storage.sql")
_NAME: Final = re.compile(r"[0-9a-f]{64}")
_OWNER: Final = ".store-id"
#: What PostgreSQL locks while somebody reads all files.
_READ: Final = lock_of("blobs", "read")
#: What a process that died has kept for a ticket is not waited for longer.
_ON_ITS_WAY: Final = timedelta(hours=1)


class BlobFolder:
    """A folder of files named by their SHA-256, in subfolders by its first two digits.

    Args:
        path: The folder; made at the first blob.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def put(self, name: str, content: bytes) -> None:
        """Keep bytes; durable on return.

        Raises:
            StorageFault: They cannot be written.
        """
        path = self._of(name)
        try:
            if not path.exists():
                _make_folder(path.parent)
                _write(path, content)
            _sync_folder(path.parent)
        except OSError as error:
            raise _fault(path, "cannot be written", "无法写入", error) from error

    def get(self, name: str) -> bytes | None:
        """Return kept bytes, None where there are none of this name.

        Raises:
            StorageFault: They cannot be read, or are not what was kept.
        """
        if not _NAME.fullmatch(name):
            return None
        path = self._of(name)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _fault(path, "cannot be read", "无法读取", error) from error
        if sha256(content).hexdigest() != name:
            raise StorageFault.of("is damaged", "已损坏", field=str(path))
        return content

    def remove(self, name: str) -> None:
        """Remove bytes; nothing happens where there are none of this name.

        Raises:
            StorageFault: They cannot be removed.
        """
        if not _NAME.fullmatch(name):
            return
        path = self._of(name)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise _fault(path, "cannot be removed", "无法删除", error) from error

    def names(self) -> Iterator[str]:
        """Name all kept bytes, in order."""
        with suppress(FileNotFoundError):
            for folder in sorted(self.path.iterdir()):
                if len(folder.name) == 2 and folder.is_dir():  # noqa: PLR2004
                    yield from sorted(f.name for f in folder.iterdir() if _NAME.fullmatch(f.name))

    @contextmanager
    def hold(self, *, alone: bool) -> Iterator[bool]:
        """Keep the processes of this machine from removing files, or others from keeping them.

        Args:
            alone: Whether files are about to be removed: nobody else may hold the folder then.

        Yields:
            Whether it is held.
        """
        _make_folder(self.path)
        handle = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            try:
                flock(handle, LOCK_EX | LOCK_NB if alone else LOCK_SH)
            except BlockingIOError:
                yield False
            else:
                yield True
        finally:
            os.close(handle)

    def claim(self, store: str, *, needed: bool) -> None:
        """Make sure that the folder is this store's, and mark a new one.

        Args:
            store: The store's id.
            needed: Whether the store knows blobs that must be here.

        Raises:
            InvalidInput: It is another store's, or empty although it must not be.
            StorageFault: It cannot be read or written.
        """
        mark = self.path / _OWNER
        try:
            owner = mark.read_text().strip()
        except FileNotFoundError:
            owner = ""
        except OSError as error:
            raise _fault(mark, "cannot be read", "无法读取", error) from error
        if owner == store:
            return
        if owner or needed:
            raise InvalidInput.of(
                "is the folder of another store's attachments; PostgreSQL: name this store's own"
                " by ?blobs=PATH in the URL"
                if owner
                else "does not hold this store's attachments; all machines must share their folder",
                "是另一存储的附件文件夹;PostgreSQL 可在地址中用 ?blobs=路径 指定此存储的文件夹"
                if owner
                else "不含此存储的附件;各机器须共用同一文件夹",
                field=str(self.path),
                value=owner or "(no .store-id)",
                accepted=(f".store-id: {store}",),
            )
        try:
            _make_folder(self.path)
            _write(mark, store.encode() + b"\n")
            _sync_folder(self.path)
        except OSError as error:
            raise _fault(mark, "cannot be written", "无法写入", error) from error

    def _of(self, name: str) -> Path:
        return self.path / name[:2] / name


class BlobKeeper:
    """Keeps blobs, and removes those that nobody needs any more.

    Args:
        database: Where it is written who needs which.
        folder: Where the bytes are.
        holder: The name of this opening of the store.
    """

    def __init__(self, database: Database, folder: BlobFolder, holder: str) -> None:
        self._database = database
        self._folder = folder
        self._holder = holder

    def put(self, content: bytes, alone: Callable[[Callable[[Session], None]], None]) -> str:
        """Keep bytes; durable on return.

        Args:
            content: The bytes.
            alone: Runs something in a transaction that writes.

        Returns:
            Their SHA-256 in hex.
        """
        name = sha256(content).hexdigest()

        def note(session: Session) -> None:
            _lock(session, name)
            session.run(
                writes.KEEP_FRESH, blob=name, holder=self._holder, kept_at=datetime.now(UTC)
            )

        alone(note)
        self._folder.put(name, content)
        return name

    def settle(self, names: list[str], alone: Callable[[Callable[[Session], None]], None]) -> None:
        """Remove the files that nobody needs, of blobs that tickets have left."""
        for name in names:
            try:
                alone(lambda session, name=name: self._settle(session, name))  # type: ignore[misc]
            except StorageFault as fault:  # the commit lasts; a later opening makes up for it
                _LOGGER.warning("attachment %s is left over: %s", name, fault)

    def left(self) -> list[str]:
        """Name the blobs that tickets have left, and whose files may still be there."""
        found = self._database.read(lambda session: session.rows(writes.LEFT_BLOBS))
        return [unescaped(name) for (name,) in found]

    def sweep(
        self, now: datetime, alone: Callable[[Callable[[Session], None]], None], holder: str = ""
    ) -> int:
        """Remove what is left over, also what others, who are gone, have left.

        Args:
            now: What was kept long before for a ticket is not waited for any more.
            alone: As for `put`.
            holder: A store that is about to close, whose own are not waited for either.

        Returns:
            How many were left over.
        """
        before = now - _ON_ITS_WAY
        alone(lambda s: s.send(writes.FORGET_FRESH, of_holder=holder, before=before))
        names = self.left()
        self.settle(names, alone)
        return len(names)

    def close(self, alone: Callable[[Callable[[Session], None]], None]) -> None:
        """Wait no more for what this store has kept for tickets."""
        if self._database.read(lambda session: session.row(writes.OWN_FRESH, holder=self._holder)):
            self.sweep(datetime.now(UTC), alone, self._holder)

    @contextmanager
    def still(self) -> Iterator[Session]:
        """Keep everything as it is now, rows and files, for who reads all of it."""
        held: AbstractContextManager[bool] = nullcontext(True)
        if self._database.dialect == "sqlite":
            held = self._folder.hold(alone=False)
        with held, still(self._database, _READ) as session:
            yield session

    def _settle(self, session: Session, name: str) -> None:
        _lock(session, name)
        needed = {by for (by,) in session.rows(writes.NEEDED, blob=name)}
        if not needed and not self._remove(session, name):
            return  # whoever reads all of it settles it then
        if 2 not in needed:  # noqa: PLR2004 -- else it is looked at again once that is known
            session.run(writes.NOT_LEFT, blob=name)

    def _remove(self, session: Session, name: str) -> bool:
        """Remove a file, unless somebody is reading all of them."""
        if session.dialect == "postgresql":
            if session.row(writes.TRY_LOCK, lock=_READ) != (True,):
                return False
            self._folder.remove(name)
            return True
        with self._folder.hold(alone=True) as held:
            if held:
                self._folder.remove(name)
            return held


def _lock(session: Session, name: str) -> None:
    """Let nobody else decide about a blob until the transaction ends."""
    if session.dialect == "postgresql":
        session.run(writes.ADVISORY_LOCK, lock=lock_of("blob", name))


def _make_folder(path: Path) -> None:
    """Make a folder, durably, with those above it."""
    if path.is_dir():
        return
    _make_folder(path.parent)
    path.mkdir(exist_ok=True)
    _sync_folder(path.parent)


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def private(path: str | os.PathLike[str], flags: int) -> int:
    """Open a file that, where it is made, is for its owner and group only: it holds tickets."""
    return os.open(path, flags, 0o640)


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    draft = path.with_name(f"{path.name}.{uuid4().hex}")
    try:
        with open(draft, "xb", opener=private) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _fault(path: Path, en: str, zh: str, error: OSError) -> StorageFault:
    reason = error.strerror or str(error)
    return StorageFault.of(f"{en} ({reason})", f"{zh}({reason})", field=str(path))


__all__ = ["BlobFolder", "BlobKeeper", "private"]
