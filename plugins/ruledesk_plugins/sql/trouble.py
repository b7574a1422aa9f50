"""What a driver's errors mean to the desk: try again, begin again, or a person has to look."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ruledesk.errors import Conflict, RuleDeskError, StorageFault, Unavailable

#: PostgreSQL: a number or key that is taken, a deadlock, a lock waited for too long.
_CONFLICTS: Final = frozenset({"23505", "40001", "40P01", "55P03"})
#: PostgreSQL: divided by zero, which is how a commit stops at the number of a deleted ticket.
_DELETED: Final = "22012"
#: PostgreSQL: the server goes, comes, has no connection left, or is the one that only reads.
_AWAY: Final = ("08", "57P", "53300", "25006", "25P03")
_SQLITE: Final[tuple[tuple[str, str, str], ...]] = (
    ("SQLITE_FULL", "cannot be written: the disk is full", "无法写入:磁盘已满"),
    ("SQLITE_READONLY", "cannot be written: it is read-only", "无法写入:只读"),
    ("SQLITE_CANTOPEN", "cannot be opened", "无法打开"),
    ("SQLITE_IOERR", "cannot be read or written", "读写失败"),
    ("SQLITE_CORRUPT", "is damaged", "已损坏"),
    ("SQLITE_NOTADB", "is no SQLite database", "不是 SQLite 数据库"),
)


def deleted_number() -> Conflict:
    """Make the error of a new ticket with the number of a deleted one."""
    return Conflict.of(
        "the number is that of a deleted ticket", "此编号属于已删除的工单", field="ticket.number"
    )


def translated(error: BaseException, where: str) -> RuleDeskError | None:
    """Say in the desk's words what a driver or SQLAlchemy raised.

    Args:
        error: What was raised.
        where: The database, without a password.

    Returns:
        The error to raise instead; None for one that is not about the database.
    """
    if isinstance(error, PoolTimeout):
        return _away(where, "no connection is free")
    cause: Any = error.orig if isinstance(error, DBAPIError) else error
    module = type(cause).__module__.partition(".")[0]
    if module == "sqlite3":
        return _of_sqlite(cause, where)
    if module == "psycopg":
        return _of_postgresql(cause, where)
    return None


def _away(where: str, reason: str) -> Unavailable:
    return Unavailable.of(
        f"the database cannot be reached ({reason})", f"无法连接数据库({reason})", field=where
    )


def _conflict(reason: str) -> Conflict:
    return Conflict.of(f"another change came in between ({reason})", f"与其他更改冲突({reason})")


def _reason(error: Any) -> str:
    """The first line: what follows are hints and, perhaps, values."""
    return str(error).strip().partition("\n")[0]


def _of_postgresql(error: Any, where: str) -> RuleDeskError:
    state = getattr(error, "sqlstate", None) or ""
    if state == _DELETED:
        return deleted_number()
    if state in _CONFLICTS:
        return _conflict(_reason(error))
    lost = type(error).__name__ in {"OperationalError", "ConnectionTimeout", "InterfaceError"}
    if state.startswith(_AWAY) or (not state and lost):
        return _away(where, _reason(error))
    return StorageFault.of(
        f"the database refuses ({_reason(error)})", f"数据库出错({_reason(error)})", field=where
    )


def _of_sqlite(error: Any, where: str) -> RuleDeskError:
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return _conflict("the database is locked by another process")
    if name in {"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"}:
        return _conflict(_reason(error))
    for prefix, en, zh in _SQLITE:
        if name.startswith(prefix):
            return StorageFault.of(f"{en} ({error})", f"{zh}({error})", field=where)
    return StorageFault.of(f"fails ({error})", f"出错({error})", field=where)


__all__ = ["deleted_number", "translated"]
