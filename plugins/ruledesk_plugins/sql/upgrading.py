"""Revisions of the tables: creating them, moving them on, refusing what is not known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, select, text

from ruledesk.errors import StorageFault
from ruledesk_plugins.sql.engine import Database
from ruledesk_plugins.sql.schema import meta, metadata

_SCRIPTS: Final = Path(__file__).parent / "migrations"
#: The revisions in order. Their files begin with them, so that opening a store needs no Alembic.
REVISIONS: Final = tuple(sorted(one.name[:4] for one in _SCRIPTS.glob("versions/[0-9]*.py")))
HEAD: Final = REVISIONS[-1]
#: Whether there is a table that says of which revision the others are.
_VERSIONED: Final = {
    "sqlite": text("SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'"),
    "postgresql": text("SELECT to_regclass('alembic_version') IS NOT NULL"),
}
#: Two processes that create the same tables at once.
_LOCK: Final = 7_275_108_365_001


def revision(connection: Connection) -> str | None:
    """Return the revision of the tables; None where there are none of ours."""
    if not connection.execute(_VERSIONED[connection.dialect.name]).scalar():
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def _refuse_others(connection: Connection) -> None:
    """Refuse a database where the tables' names are taken; nobody makes ours at the same time.

    Raises:
        StorageFault: They are.
    """
    taken = sorted(set(inspect(connection).get_table_names()) & metadata.tables.keys())
    if taken:
        raise StorageFault.of(
            f"has tables of the same names that are no desk's ({', '.join(taken)})",
            f"已有同名但不属于服务台的表({', '.join(taken)})",
            field="storage",
        )


def ensure(database: Database) -> None:
    """Make sure that the tables are those of this release; create them in an empty database.

    Raises:
        StorageFault: They are of an older release, or of one that is not known.
    """
    with database.session() as session:
        known = revision(session.connection)
    if known is None:
        upgrade(database)
        return
    check_known(known, database.where)
    if known != HEAD:
        raise StorageFault.of(
            f"is of revision {known}, this release needs {HEAD}; stop all processes of the desk,"
            " make a backup, and run: ruledesk storage upgrade",
            f"版本为 {known},本版本需要 {HEAD};请停止所有进程,备份后运行:ruledesk storage upgrade",
            field=database.where,
        )


def check_known(known: str, where: str) -> None:
    """Refuse a revision that this release does not know.

    Raises:
        StorageFault: It is of a newer release, or of another program.
    """
    if known not in REVISIONS:
        raise StorageFault.of(
            "is of a revision that this release does not know; nothing was changed: run the release"
            " that wrote it, or a newer one",
            "数据库版本未知,未做任何更改:请使用写入它的版本或更新的版本",
            field=where,
            value=known,
            accepted=REVISIONS,
        )


def upgrade(database: Database, to: str = HEAD) -> Sequence[str]:
    """Bring the tables to a revision, all of the way or not at all.

    Args:
        database: Where.
        to: The revision.

    Returns:
        The revisions that were gone through; none where nothing was to do.
    """
    with database.session() as session, session.transaction(_begin(database)):
        connection = session.connection
        if database.dialect == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        known = revision(connection)
        if known is None:
            _refuse_others(connection)
        else:
            check_known(known, database.where)
        start = 0 if known is None else REVISIONS.index(known) + 1
        steps = REVISIONS[start : REVISIONS.index(to) + 1]
        if steps:
            _run(connection, to)
        return steps


def _begin(database: Database) -> str:
    return "BEGIN EXCLUSIVE" if database.dialect == "sqlite" else "BEGIN"


def _run(connection: Connection, to: str) -> None:
    from alembic import command  # noqa: PLC0415 -- slow to import, and hardly ever needed
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def store_id(database: Database, make: Callable[[], str]) -> str:
    """Return the store's id, which ties the folder of blobs to it; made at the first opening."""
    asked = select(meta.c.value).where(meta.c.key == "store_id")
    with database.session() as session:
        found = session.connection.execute(asked).scalar()
        if found is None:
            with session.transaction(database.begin):
                insert = text(
                    "INSERT INTO meta (key, value) VALUES ('store_id', :id) ON CONFLICT DO NOTHING"
                )
                session.connection.execute(insert, {"id": make()})
            found = session.connection.execute(asked).scalar()
    return str(found)


__all__ = ["HEAD", "REVISIONS", "check_known", "ensure", "revision", "store_id", "upgrade"]
