"""Statements that are compiled once a database and then run on the driver's own cursor.

SQLAlchemy writes the SQL and converts the values; what it does besides for each execution costs
more than the statement, in a commit of ten of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from attrs import frozen
from sqlalchemy import ClauseElement, Dialect, Table, bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.dialects.sqlite import pysqlite
from sqlalchemy.types import TypeDecorator, TypeEngine

from ruledesk_plugins.sql.columns import converter

Build: TypeAlias = Callable[[str], ClauseElement]

_DIALECTS: Final[Mapping[str, Dialect]] = {
    "sqlite": pysqlite.dialect(),
    "postgresql": psycopg.dialect(paramstyle="format"),  # type: ignore[no-untyped-call]
}


@frozen
class Compiled:
    """SQL of one dialect, and how its values are put in order.

    Attributes:
        sql: The statement as the driver takes it.
        places: The name of each value, and how the driver wants it.
        fixed: Values that are part of the statement itself.
    """

    sql: str
    places: tuple[tuple[str, Callable[[Any], Any] | None], ...]
    fixed: Mapping[str, Any]

    def values(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        """Put the values of an execution in order."""
        if self.fixed:
            row = {**self.fixed, **row}
        return tuple(
            [row[name] if convert is None else convert(row[name]) for name, convert in self.places]
        )


class Statement:
    """A statement whose values are given by name.

    Args:
        build: The statement, or what makes it for a dialect (``sqlite``, ``postgresql``).
    """

    def __init__(self, build: ClauseElement | Build) -> None:
        self._build = build
        self._compiled: dict[str, Compiled] = {}

    def on(self, dialect: str) -> Compiled:
        """Return it as the driver of a dialect takes it."""
        made = self._compiled.get(dialect)
        if made is None:
            made = self._compiled[dialect] = self._compile(dialect)
        return made

    def _compile(self, name: str) -> Compiled:
        dialect = _DIALECTS[name]
        build = self._build
        element = build if isinstance(build, ClauseElement) else build(name)
        compiled: Any = element.compile(dialect=dialect)
        names: Sequence[str] = compiled.positiontup or ()
        places = tuple((one, _converter(compiled.binds[one].type, dialect)) for one in names)
        fixed = {
            one: compiled.binds[one].value for one in names if not compiled.binds[one].required
        }
        return Compiled(str(compiled), places, fixed)


def _converter(type_: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """Return what makes a value what the driver wants; None where it is that already."""
    if isinstance(type_, TypeDecorator):
        return converter(type_, dialect)
    return type_.dialect_impl(dialect).bind_processor(dialect)


def insert_into(dialect: str, table: Table, *columns: str) -> Any:
    """Begin an insert of a row whose values are given by the columns' names.

    Args:
        dialect: ``sqlite`` or ``postgresql``: whose ``ON CONFLICT`` it is to know.
        table: The table.
        columns: The columns that get a value; all where none is named.
    """
    make = postgresql.insert if dialect == "postgresql" else sqlite.insert
    names = columns or tuple(column.name for column in table.columns)
    return make(table).values({name: bindparam(name) for name in names}).inline()


__all__ = ["Compiled", "Statement", "insert_into"]
