"""The tables of procrastinate, which keeps background jobs on PostgreSQL, in a schema of their own.

They are made from the files that the installed procrastinate brings, and brought up to date by its
own migrations, in the order of their versions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import resources
from importlib.metadata import version
from typing import Any, Final, TypeAlias

import psycopg
from psycopg import sql

from ruledesk.errors import StorageFault

Connection: TypeAlias = psycopg.Connection[Any]
Version: TypeAlias = tuple[int, ...]

#: Name of the schema beside ``public``; beside another one, that one's name with this suffix.
SCHEMA: Final = "ruledesk_jobs"
_SUFFIX: Final = "_jobs"
#: Only one process makes or changes the tables; any number will do.
_LOCK: Final = 0x52_44_4A_4F
_MIGRATION: Final = re.compile(r"(\d+)\.(\d+)\.(\d+)_(\d+)_\w+\.sql")
_HAS_VERSION: Final = """
SELECT 1 FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE nspname = %s AND relname = 'ruledesk_version'
"""
#: What procrastinate does not keep: its version, and the error of a job that failed.
_MORE: Final = """
CREATE TABLE ruledesk_version (version text NOT NULL);
CREATE TABLE ruledesk_errors (
    job_id bigint PRIMARY KEY REFERENCES procrastinate_jobs (id) ON DELETE CASCADE,
    at timestamptz NOT NULL DEFAULT now(),
    error text NOT NULL
);
"""


def schema_of(connection: Connection) -> str:
    """Name the schema of the jobs of the desk whose tables a connection finds first."""
    row = connection.execute("SELECT current_schema()").fetchone()
    current = row[0] if row is not None else None
    return SCHEMA if current in (None, "public") else f"{current}{_SUFFIX}"


def enter(connection: Connection, schema: str) -> None:
    """Let a connection find the tables of the jobs, and nothing else."""
    connection.execute("SELECT set_config('search_path', %s, false)", [_quoted(schema)])


def apply(connection: Connection) -> None:
    """Make the tables, or bring them up to date; in a transaction of its own, or the caller's.

    Args:
        connection: To the desk's database, with its usual search path.

    Raises:
        StorageFault: They were made by a newer procrastinate than the installed one.
    """
    schema = schema_of(connection)
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        found = _found(connection, schema)
        if found == _installed():
            return
        identifier = sql.Identifier(schema)
        connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(identifier))
        row = connection.execute("SELECT current_setting('search_path')").fetchone()
        before = row[0] if row is not None else ""
        connection.execute("SELECT set_config('search_path', %s, true)", [_quoted(schema)])
        for statements in [_fresh()] if found is None else _steps(found, _installed()):
            connection.execute(statements.encode())
        connection.execute("DELETE FROM ruledesk_version")
        text = ".".join(map(str, _installed()))
        connection.execute("INSERT INTO ruledesk_version VALUES (%s)", [text])
        connection.execute("SELECT set_config('search_path', %s, true)", [before])


def upgrade(url: str) -> tuple[str, ...]:
    """Bring the tables of background jobs up to date; they are made where there are none.

    Args:
        url: Of the desk's database, as libpq reads it.

    Returns:
        The version that they are of now; none where nothing was to do.

    Raises:
        StorageFault: The server cannot be reached, or they are of a newer version.
    """
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            before = _found(connection, schema_of(connection))
            apply(connection)
    except psycopg.Error as error:
        said = " ".join(str(error).split())
        raise StorageFault.of(
            f"the tables of background jobs: {said}", f"后台任务的数据表：{said}", field="storage"
        ) from error
    if before == _installed():
        return ()
    return (f"jobs {'.'.join(map(str, _installed()))}",)


def ensure(connection: Connection) -> None:
    """Make the tables where there are none, as an empty database gets its tables.

    Raises:
        StorageFault: They are older than the installed procrastinate, or newer.
    """
    found = _found(connection, schema_of(connection))
    if found is None:
        apply(connection)
    elif found != _installed():
        raise StorageFault.of(
            "the tables of background jobs are of an older version; run `ruledesk storage upgrade`",
            "后台任务的数据表版本较旧；请运行 `ruledesk storage upgrade`",
            field="storage",
            value=".".join(map(str, found)),
            accepted=(".".join(map(str, _installed())),),
        )


def _found(connection: Connection, schema: str) -> Version | None:
    """Return the version of the tables, None where there are none.

    Raises:
        StorageFault: They are newer than the installed procrastinate.
    """
    # Asked of the tables of the catalogue: to_regclass may answer what was so before the lock.
    if connection.execute(_HAS_VERSION, [schema]).fetchone() is None:
        return None
    table = sql.Identifier(schema, "ruledesk_version")
    row = connection.execute(sql.SQL("SELECT version FROM {}").format(table)).fetchone()
    found = _version(row[0]) if row is not None else ()
    if found > _installed():
        raise StorageFault.of(
            "the tables of background jobs are of a newer version than this program knows",
            "后台任务的数据表版本比本程序更新",
            field="storage",
            value=".".join(map(str, found)),
            accepted=(".".join(map(str, _installed())),),
        )
    return found


def _installed() -> Version:
    return _version(version("procrastinate"))


def _version(text: str) -> Version:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


def _fresh() -> str:
    folder = resources.files("procrastinate.sql")
    return (folder / "schema.sql").read_text(encoding="utf-8") + _MORE


def _steps(found: Version, installed: Version) -> Iterator[str]:
    """Yield procrastinate's migrations after a version, in order."""
    files = (resources.files("procrastinate.sql") / "migrations").iterdir()
    named = sorted((match, file) for file in files if (match := _place(file.name)) is not None)
    for place, file in named:
        if found < place[:3] <= installed:
            yield file.read_text(encoding="utf-8")


def _place(name: str) -> tuple[int, int, int, int, str] | None:
    match = _MIGRATION.fullmatch(name)
    if match is None:
        return None
    return int(match[1]), int(match[2]), int(match[3]), int(match[4]), name


def _quoted(schema: str) -> str:
    return sql.Identifier(schema).as_string(None)


__all__ = ["SCHEMA", "Connection", "apply", "ensure", "enter", "schema_of", "upgrade"]
