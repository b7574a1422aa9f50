"""From the URL in ``desk.toml`` to an open store."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar, Final
from urllib.parse import unquote
from uuid import uuid4

from ruledesk.errors import InvalidInput, StorageFault
from ruledesk_plugins.sql import upgrading, writes
from ruledesk_plugins.sql.blobs import BlobFolder, private
from ruledesk_plugins.sql.engine import Database, postgresql_database, sqlite_database
from ruledesk_plugins.sql.store import SQLStore
from ruledesk_plugins.sql.waking import FileWaking, NotifyWaking, Waking

_SQLITE: Final = ("sqlite:///data/desk.db", "sqlite:////var/lib/desk/desk.db")
_POSTGRESQL: Final = (
    "postgresql://user@host/database",
    "postgresql://user@host/database?blobs=/srv/desk/blobs",
)
#: Greedy: a password may hold a ``/`` or an ``@`` that nobody has quoted. Digits and a slash or a
#: question mark are a port.
_PASSWORD: Final = re.compile(r"postgresql://[^:/?#@\[]*:(?!\d*[/?])(?P<secret>.+)@", re.DOTALL)
_QUOTED: Final = re.compile(r"(?:[^\s%@/?#\[\]]|%[0-9A-Fa-f]{2})*")


class SQLiteBackend:
    """Opens ``sqlite:///<path>``: one file, relative to the desk's folder or absolute."""

    scheme: ClassVar[str] = "sqlite"

    @staticmethod
    def open(url: str, folder: Path) -> SQLStore:
        """Open or create a store; see `ruledesk.StorageBackend.open`.

        Raises:
            InvalidInput: The URL names no file.
            StorageFault: It cannot be opened, or is of another revision than this release's.
        """
        path = _file(url, folder)
        database = _reachable(path)
        return _opened(database, BlobFolder(path.with_suffix(".blobs")), FileWaking(database))

    @staticmethod
    def exists(url: str, folder: Path) -> bool:
        """Say whether there is a store, and make none; the arguments are those of `open`."""
        path = _file(url, folder)
        return path.is_file() and path.stat().st_size > 0

    @staticmethod
    def upgrade(url: str, folder: Path) -> Sequence[str]:
        """Bring the tables to the revision of this release.

        Returns:
            The revisions that were gone through; none where nothing was to do.
        """
        return _upgraded(_reachable(_file(url, folder)))

    @staticmethod
    def outgrown(url: str, folder: Path) -> None:
        """No desk is too large; but ``ruledesk check`` tells a URL that cannot be read.

        Raises:
            InvalidInput: The URL names no file.
        """
        _file(url, folder)


class PostgreSQLBackend:
    """Opens ``postgresql://…`` as libpq takes it, with ``blobs=<folder>`` besides."""

    scheme: ClassVar[str] = "postgresql"

    @staticmethod
    def open(url: str, folder: Path) -> SQLStore:
        """Open a store, and make its tables in an empty database; see `StorageBackend.open`.

        Raises:
            InvalidInput: The URL cannot be read, or the driver is not installed.
            Unavailable: The server cannot be reached.
            StorageFault: The tables are of another revision than this release's.
        """
        conninfo, blobs = _server(url, folder)
        database = postgresql_database(conninfo, _named(conninfo))
        return _opened(database, BlobFolder(blobs), NotifyWaking(conninfo, database), conninfo)

    @staticmethod
    def exists(url: str, folder: Path) -> bool:
        """Say whether there is a store, and make none; the arguments are those of `open`."""
        conninfo, _ = _server(url, folder)
        database = postgresql_database(conninfo, _named(conninfo))
        try:
            with database.session() as session:
                return upgrading.revision(session.connection) is not None
        finally:
            database.close()

    @staticmethod
    def upgrade(url: str, folder: Path) -> Sequence[str]:
        """Bring the tables to the revision of this release.

        Returns:
            The revisions that were gone through; none where nothing was to do.
        """
        conninfo, _ = _server(url, folder)
        steps = _upgraded(postgresql_database(conninfo, _named(conninfo)))
        from ruledesk_plugins.sql.jobs_schema import upgrade  # noqa: PLC0415 - of the extra

        return (*steps, *upgrade(conninfo))

    @staticmethod
    def outgrown(url: str, folder: Path) -> None:
        """No desk is too large; but ``ruledesk check`` tells a URL that cannot be read.

        Raises:
            InvalidInput: The URL cannot be read, or the driver is not installed.
        """
        _server(url, folder)


def _opened(database: Database, folder: BlobFolder, waking: Waking, jobs: str = "") -> SQLStore:
    try:
        upgrading.ensure(database)
        id_ = upgrading.store_id(database, lambda: uuid4().hex)
        known = database.read(lambda session: session.row(writes.ANY_BLOB))
        folder.claim(id_, needed=known is not None)
    except BaseException:
        waking.close()
        database.close()
        raise
    return SQLStore(database, folder, waking, jobs)


def _upgraded(database: Database) -> Sequence[str]:
    try:
        return upgrading.upgrade(database)
    finally:
        database.close()


def _file(url: str, folder: Path) -> Path:
    rest = url.removeprefix("sqlite:///")
    name = unquote(rest)
    if rest == url or not name or name.endswith("/") or "?" in rest or "\0" in name:
        raise _no_url(url, _SQLITE)
    return folder / name


def _reachable(path: Path) -> Database:
    """Make sure that the file can be made and written before SQLite says less clearly why not."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "ab", opener=private):
            pass
    except OSError as error:
        reason = error.strerror or str(error)
        raise StorageFault.of(
            f"cannot be opened for writing ({reason})", f"无法打开写入({reason})", field=str(path)
        ) from error
    if not os.access(path.parent, os.W_OK):
        raise StorageFault.of(
            "is in a folder that cannot be written", "所在文件夹不可写", field=str(path)
        )
    return sqlite_database(path)


def _server(url: str, folder: Path) -> tuple[str, Path]:
    """Return what libpq is to be told, and the folder of the blobs."""
    if find_spec("psycopg") is None:
        raise InvalidInput.of(
            "PostgreSQL needs a driver that is not installed; run:"
            " pip install 'ruledesk[postgresql]'",
            "缺少 PostgreSQL 驱动,请运行:pip install 'ruledesk[postgresql]'",
            field="storage",
            value=without_password(url),
        )
    _check_password(url)
    head, _, query = url.partition("?")
    _, scheme, rest = head.partition("postgresql://")
    if not scheme or not rest.partition("/")[2].strip("/"):
        raise _no_url(without_password(url), _POSTGRESQL)
    # What is libpq's stays as it was written: other readers of URLs take a plus for a space.
    given = [part.partition("=") for part in query.split("&") if part]
    blobs = [unquote(value) for name, _, value in given if name == "blobs" and value]
    options = "&".join("".join(part) for part in given if part[0] != "blobs")
    conninfo = f"{head}?{options}" if options else head
    _check_conninfo(conninfo, url)
    return conninfo, folder / (blobs[-1] if blobs else "data/blobs")


def _check_password(url: str) -> None:
    """Refuse a password that libpq would read as a host, a database or something else."""
    found = _PASSWORD.match(url)
    if found and not _QUOTED.fullmatch(found["secret"]):
        raise InvalidInput.of(
            "the password holds characters that must be quoted in a URL (or put it into ~/.pgpass)",
            "密码中有须在地址中转义的字符(也可把密码写入 ~/.pgpass)",
            field="storage",
            value=without_password(url),
            accepted=("%25 for %", "%40 for @", "%2F for /", "%3F for ?", "%23 for #", "%5B for ["),
        )


def _check_conninfo(conninfo: str, url: str) -> None:
    from psycopg import ProgrammingError  # noqa: PLC0415
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415

    try:
        conninfo_to_dict(conninfo)
    except ProgrammingError as error:
        reason = str(error).strip()  # libpq names the parameter that it does not know
        if "parameter" not in reason:
            raise _no_url(without_password(url), _POSTGRESQL) from error
        raise InvalidInput.of(
            f"cannot be read as a PostgreSQL URL ({reason})",
            f"无法作为 PostgreSQL 地址读取({reason})",
            field="storage",
            value=without_password(url),
            accepted=_POSTGRESQL,
        ) from error


def _named(conninfo: str) -> str:
    """Name a database by host and name."""
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415

    given = conninfo_to_dict(conninfo)
    host = given.get("host") or given.get("hostaddr") or "localhost"
    port = f":{given['port']}" if given.get("port") else ""
    return f"postgresql {host}{port}/{given.get('dbname', '')}"


def without_password(url: str) -> str:
    """Write a URL as it may be shown."""
    found = _PASSWORD.match(url)
    if found:
        url = url[: found.start("secret") - 1] + url[found.end("secret") :]
    head, _, query = url.partition("?")
    shown = "&".join(
        part
        for part in query.split("&")
        if not unquote(part).lower().startswith(("password=", "sslpassword="))
    )
    return f"{head}?{shown}" if shown else head


def _no_url(url: str, accepted: tuple[str, ...]) -> InvalidInput:
    return InvalidInput.of(
        "names no database", "不是数据库地址", field="storage", value=url, accepted=accepted
    )


__all__ = ["PostgreSQLBackend", "SQLiteBackend", "without_password"]
