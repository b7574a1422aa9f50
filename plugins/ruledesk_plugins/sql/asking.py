"""Questions in SQL that is put together by hand, on both databases.

SQLAlchemy's own expressions would be as long, and cost more to write for each page than the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from ruledesk_plugins.sql.schema import Instant, escaped, shortened


class Stored(str):
    """Text as it is stored already."""

    __slots__ = ()


_NAMED: Final = re.compile(r"(?<!:):([a-z]\w*)")
_INSTANT: Final = Instant()


def ask(
    connection: Connection, sql: str, values: Mapping[str, Any] | None = None
) -> Sequence[Sequence[Any]]:
    """Run a statement and fetch all that it returns.

    Args:
        connection: Where to run it.
        sql: The statement, with values as ``:name`` and without percent signs.
        values: The values; times and text are written as the database keeps them.

    Returns:
        The rows as the driver gives them; none for a statement that returns none.
    """
    dialect = connection.dialect
    bound = {
        name: _INSTANT.process_bind_param(value, dialect)
        if isinstance(value, datetime)
        else _text(value)
        if isinstance(value, str)
        else value
        for name, value in (values or {}).items()
    }
    if dialect.name == "postgresql":
        sql = _NAMED.sub(r"%(\1)s", sql)
    result = connection.exec_driver_sql(sql, bound)
    return result.fetchall() if result.returns_rows else ()


def _text(value: str) -> str:
    return str(value) if isinstance(value, Stored) else escaped(value)


def value_list(values: dict[str, Any], name: str, of: Iterable[str]) -> str:
    """Name each of several values, for ``IN (…)``.

    Args:
        values: Gets the values, as ``<name>0``, ``<name>1`` …
        name: Begins their names.
        of: The values; words are written as keys are.

    Returns:
        ``:name0, :name1``.
    """
    names = []
    for place, value in enumerate(of):
        values[f"{name}{place}"] = Stored(shortened(value))
        names.append(f":{name}{place}")
    return ", ".join(names)


def moment(connection: Connection, value: Any) -> Any:
    """Read a time as the driver gave it; anything else stays as it is."""
    if isinstance(value, str) and connection.dialect.name == "sqlite":
        return datetime.fromisoformat(value)
    return _INSTANT.process_result_value(value, connection.dialect)


__all__ = ["ask", "moment", "value_list"]
