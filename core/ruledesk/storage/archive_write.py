"""Writing a backup: one file, which is there whole and durable, or not at all."""

from __future__ import annotations

import gzip
import os
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from tempfile import mkstemp
from typing import Any, BinaryIO, Final

from ruledesk.codec import canonical
from ruledesk.errors import InvalidInput, StorageFault
from ruledesk.storage import archive_format as form
from ruledesk.storage.archive_format import Manifest
from ruledesk.storage.copying import Progress
from ruledesk.storage.interface import Store
from ruledesk.storage.record import Blob, Readable
from ruledesk.storage.record_lines import kind_of
from ruledesk.storage.tally import Tally, readable

#: Level of compression: the store is read from while the backup is written.
_FAST: Final = 1


def write_backup(
    store: Store, path: Path, made_at: datetime, version: str, progress: Progress | None = None
) -> Manifest:
    """Write all that a store holds into one file, while others go on writing to the store.

    Args:
        store: What is read, as it is at one instant.
        path: The file; it must not exist yet, and is there only once it is whole.
        made_at: The present, aware.
        version: Of RuleDesk.
        progress: Told how many records were written.

    Returns:
        What the backup says of itself.

    Raises:
        InvalidInput: The file exists, or something in the store cannot be read.
        StorageFault: The file cannot be written.
    """
    if path.exists():
        raise _exists(path)
    with _durable(path) as file, store.snapshot() as records:
        tally = Tally()
        with closing(_Writer(file, made_at, version)) as writer:
            for done, record in enumerate(readable(records), 1):
                writer.add(record, tally.add(record))
                if progress is not None:
                    progress(done)
            return writer.finish(tally)


class _Writer:
    """Puts records into the members of an archive, in bounded memory."""

    def __init__(self, file: BinaryIO, made_at: datetime, version: str) -> None:
        self._made_at, self._version = made_at, version
        # No name and no time in the header: each of its bytes is known to who checks the file.
        self._gzip = gzip.GzipFile("", "wb", _FAST, file, mtime=0)
        self._tar: Any = tarfile.open(  # noqa: SIM115 - closed by `close`
            fileobj=self._gzip, mode="w|", format=tarfile.PAX_FORMAT
        )
        self._members: dict[str, str] = {}
        self._kind, self._part, self._lines = "", 0, BytesIO()
        head = {"format": form.FORMAT, "made_at": made_at.isoformat(), "ruledesk": version}
        self._add(form.HEAD, _document(head))

    def add(self, record: Readable, line: bytes) -> None:
        """Add a record, and the line it is written as; they come kind by kind."""
        kind = kind_of(record)
        if kind != self._kind:
            self._flush()
            self._kind, self._part = kind, 0
        if isinstance(record, Blob):
            self._add(form.blob_name(record.name), record.content)
            return
        self._lines.write(line)
        if self._lines.tell() >= form.PART:
            self._flush()

    def finish(self, tally: Tally) -> Manifest:
        """End the archive with its manifest."""
        self._flush()
        manifest = Manifest(
            self._made_at, self._version, tally.counts, tally.digest(), self._members
        )
        self._add(form.MANIFEST, _document(form.manifest_data(manifest)))
        self._tar.close()
        self._gzip.close()
        return manifest

    def close(self) -> None:
        """Give up what is not finished; nothing happens after `finish`."""
        for part in (self._tar, self._gzip):
            with suppress(OSError, ValueError):
                part.close()

    def _flush(self) -> None:
        content = self._lines.getvalue()
        if content:
            self._part += 1
            name = form.lines_name(self._kind, self._part)
            self._members[name] = sha256(content).hexdigest()
            self._add(name, content)
            self._lines = BytesIO()

    def _add(self, name: str, content: bytes) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime = len(content), 0o600, int(self._made_at.timestamp())
        self._tar.addfile(info, BytesIO(content))
        self._tar.members.clear()  # it would remember each of a million


def _document(data: Mapping[str, Any]) -> bytes:
    return canonical(data) + b"\n"


@contextmanager
def _durable(path: Path) -> Iterator[BinaryIO]:
    """Open a draft beside a file; it takes the file's name once it is on the disk."""
    try:
        number, name = mkstemp(suffix=".part", prefix=f"{path.name}.", dir=path.parent)
    except OSError as error:
        raise _unwritable(path, error) from error
    draft = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)  # unlike a rename, it takes nobody's place
        draft.unlink()
        _sync_folder(path.parent)
    except FileExistsError:
        raise _exists(path) from None
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _exists(path: Path) -> InvalidInput:
    return InvalidInput.of(
        "exists already; nothing was written", "文件已存在，未写入任何内容", field=str(path)
    )


def _unwritable(path: Path, error: OSError) -> StorageFault:
    return StorageFault.of(
        f"cannot be written ({error.strerror})", f"无法写入（{error.strerror}）", field=str(path)
    )
