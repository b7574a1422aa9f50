"""Reading a backup: checked as a whole first, and only then record by record."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, BinaryIO, Final

from ruledesk.codec import parse
from ruledesk.errors import InvalidInput, RuleDeskError
from ruledesk.storage import archive_format as form
from ruledesk.storage.archive_format import Manifest
from ruledesk.storage.copying import Progress, fill
from ruledesk.storage.interface import Store
from ruledesk.storage.record import Blob, Record
from ruledesk.storage.record_lines import record_from_line
from ruledesk.storage.tally import Tally, tallied

_CHUNK: Final = 1 << 20
#: Of the ten bytes before the compressed data: what it is, no flags, no time. The last two say how
#: hard it was compressed and where.
_GZIP: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00"
_BROKEN: Final = (EOFError, zlib.error, gzip.BadGzipFile, tarfile.TarError)


def restore(
    path: Path, target: Store, progress: Progress | None = None, checking: Progress | None = None
) -> Manifest:
    """Fill an empty store from a backup: all of it, or nothing.

    Args:
        path: What `write_backup` wrote.
        target: An empty store.
        progress: Told how many records were stored.
        checking: Told how many of them were read again.

    Returns:
        What the backup says of itself.

    Raises:
        InvalidInput: It is no backup, is damaged or of a newer format, or the store is not empty:
            nothing is stored.
        CopyDiffers: The store holds something else than what it was given.
    """
    with _opened(path) as file:
        manifest = _check(file, str(path))
        fill(target, _agreeing(_records(file, str(path)), manifest, str(path)), progress, checking)
    return manifest


def check_backup(path: Path) -> Manifest:
    """Read a whole backup and compare it with its manifest.

    Args:
        path: What `write_backup` wrote.

    Returns:
        What it says of itself.

    Raises:
        InvalidInput: It is no backup, is damaged, or of a newer format.
    """
    with _opened(path) as file:
        return _check(file, str(path))


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise InvalidInput.of(
            f"cannot be read ({error.strerror})", f"无法读取（{error.strerror}）", field=str(path)
        ) from error
    with file:
        yield file


def _check(file: BinaryIO, where: str) -> Manifest:
    """Compare every member with the manifest, which comes last."""
    manifest: Manifest | None = None
    digests: dict[str, str] = {}
    blobs = 0
    for number, (name, content) in enumerate(_members(file, where)):
        if manifest is not None:
            raise form.damaged(f"{name} is behind the manifest", f"清单之后还有 {name}", where)
        if number == 0:
            form.check_format(_document(name, content, form.HEAD, where), where)
        elif name == form.MANIFEST:
            data = _document(name, content, form.MANIFEST, where)
            manifest = form.manifest_from_data(data, where)
        elif form.blob_of(name):
            blobs += 1
            _check_digest(name, content, form.blob_of(name), where)
        else:
            digests[name] = sha256(content).hexdigest()
    if manifest is None:
        raise form.damaged("it has no end", "文件不完整", where)
    _compare(manifest, digests, blobs, where)
    return manifest


def _compare(manifest: Manifest, digests: dict[str, str], blobs: int, where: str) -> None:
    for name in sorted(digests.keys() ^ manifest.members.keys()):
        how = ("is missing", "缺少") if name in manifest.members else ("is too much", "多余")
        raise form.damaged(f"{name} {how[0]}", f"{name} {how[1]}", where)
    for name, digest in digests.items():
        if digest != manifest.members[name]:
            raise _changed(name, where)
    if blobs != manifest.counts["blob"]:
        raise form.damaged(
            f"it has {blobs} blobs of {manifest.counts['blob']}",
            f"附件应有 {manifest.counts['blob']} 个，实有 {blobs} 个",
            where,
        )


def _records(file: BinaryIO, where: str) -> Iterator[Record]:
    for name, content in _members(file, where):
        kind = form.kind_of_lines(name)
        if kind:
            for number, line in enumerate(content.splitlines(keepends=True), 1):
                yield record_from_line(kind, line, f"{where}: {name}:{number}")
        elif form.blob_of(name):
            yield Blob(form.blob_of(name), content)


def _agreeing(records: Iterator[Record], manifest: Manifest, where: str) -> Iterator[Record]:
    """Pass the records on; before the end, refuse them all where the manifest counts others."""
    tally = Tally()
    yield from tallied(records, tally)
    if dict(tally.counts) != dict(manifest.counts) or tally.digest() != manifest.digest:
        raise form.damaged("its records are not those counted", "记录与清单不符", where)


def _members(file: BinaryIO, where: str) -> Iterator[tuple[str, bytes]]:
    """Stream the members from the beginning, each in memory as long as it is looked at.

    Raises:
        InvalidInput: The file is truncated, changed, or no archive.
    """
    file.seek(0)
    if file.read(len(_GZIP)) != _GZIP:
        raise form.no_backup(where)
    file.seek(0)
    try:
        with gzip.GzipFile(fileobj=file, mode="rb") as stream:
            yield from _of_tar(stream, where)
            while stream.read(_CHUNK):  # to the checksum at the very end
                pass
    except _BROKEN as error:
        raise form.damaged(str(error) or "cut off", str(error) or "文件不完整", where) from None
    except OSError as error:
        raise InvalidInput.of(
            f"cannot be read ({error.strerror})", f"无法读取（{error.strerror}）", field=where
        ) from error


def _of_tar(stream: gzip.GzipFile, where: str) -> Iterator[tuple[str, bytes]]:
    source: Any = stream
    tar: Any
    with tarfile.open(fileobj=source, mode="r|") as tar:
        while (member := tar.next()) is not None:
            tar.members.clear()  # it would remember each of a million
            taken: IO[bytes] | None = tar.extractfile(member) if member.isfile() else None
            if taken is None:
                raise form.damaged(f"{member.name} is no file", f"{member.name} 不是文件", where)
            yield member.name, taken.read()


def _document(name: str, content: bytes, expected: str, where: str) -> Any:
    if name != expected:
        raise form.no_backup(where)
    try:
        return parse(content, f"{where}: {name}")
    except RuleDeskError:
        raise _changed(name, where) from None


def _check_digest(name: str, content: bytes, digest: str, where: str) -> None:
    if sha256(content).hexdigest() != digest:
        raise _changed(name, where)


def _changed(name: str, where: str) -> InvalidInput:
    return form.damaged(f"{name} was changed", f"{name} 已被改动", where)
