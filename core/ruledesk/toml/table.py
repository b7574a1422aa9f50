"""A table of a TOML file, read key by key into typed values."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, TypeVar

from ruledesk.errors import ABSENT, Problem, suggestion
from ruledesk.model.values import Text
from ruledesk.toml.problems import Problems

T = TypeVar("T")
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_NO_TEXT: Final = Text("", "")


def joined(path: str, key: str) -> str:
    """Append a key to a key path, quoted where TOML would want it quoted."""
    shown = key if _BARE_KEY.fullmatch(key) else json.dumps(key, ensure_ascii=False)
    return f"{path}.{shown}" if path else shown


class Table:
    """A table of a TOML file, read key by key.

    A value of the wrong type is a problem and reads as the default, so that reading goes on and
    everything wrong is told at once.

    Attributes:
        data: The raw table.
        where: The name of the file.
        path: Key path of the table in the file; empty for the document itself.
        problems: Shared by all tables of a file.
    """

    def __init__(
        self,
        data: Mapping[str, Any],
        where: str,
        problems: Problems | None = None,
        path: str = "",
    ) -> None:
        self.data: Mapping[str, Any] = {str(key): value for key, value in data.items()}
        self.where = where
        self.path = path
        self.problems = Problems() if problems is None else problems
        self._known: dict[str, None] = {}

    # -- problems -----------------------------------------------------------------------------

    def field(self, *keys: str) -> str:
        """Name a key, or one of a table in this table, for errors: ``<file>: key.path``."""
        path = self.path
        for key in keys:
            path = joined(path, key)
        return f"{self.where}: {path}" if path else self.where

    def problem(
        self, key: str, en: str, zh: str, value: Any = ABSENT, accepted: Sequence[str] = ()
    ) -> None:
        """Remember that something is wrong with a key, or with the table where `key` is empty.

        `key` may be a path below this table (``set.priority``); the other arguments are those of
        `Problem`.
        """
        path = ".".join(part for part in (self.path, key) if part)
        field = f"{self.where}: {path}" if path else self.where
        self.problems.add(Problem(en, zh, field, value, tuple(accepted)))

    def done(self) -> None:
        """Report the keys that were not asked for, with what may have been meant."""
        # Keys in underscores are notes that a loader made, nothing that people write.
        known = [key for key in self._known if not key.startswith("__")]
        for key, value in self.data.items():
            if key not in self._known:
                near = suggestion(key, known)
                self.problems.add(Problem("unknown key", "未知的键", self.field(key), value, near))

    # -- values -------------------------------------------------------------------------------

    def __contains__(self, key: str) -> bool:
        return key in self.data

    def text(self, key: str, default: str = "", *, required: bool = False) -> str:
        """Read a text; where `required`, it must be there and not be blank."""
        value = self._typed(key, default, lambda v: isinstance(v, str), "a text", required)
        if required and key in self.data and isinstance(value, str) and not value.strip():
            self.problem(key, "must not be empty", "不能为空", value)
        return value

    def integer(
        self, key: str, default: int = 0, *, required: bool = False, minimum: int | None = None
    ) -> int:
        """Read a whole number, at least `minimum` where one is given."""
        value = self._typed(key, default, _is_integer, "a whole number", required)
        return self._at_least(key, value, default, minimum)

    def number(
        self,
        key: str,
        default: float = 0.0,
        *,
        required: bool = False,
        minimum: float | None = None,
    ) -> float:
        """Read a finite number, at least `minimum` where one is given."""
        value = self._typed(key, default, _is_number, "a number", required)
        return float(self._at_least(key, value, default, minimum))

    def flag(self, key: str, default: bool = False, *, required: bool = False) -> bool:
        """Read true or false."""
        return self._typed(key, default, lambda v: isinstance(v, bool), "true, false", required)

    def texts(
        self, key: str, default: tuple[str, ...] = (), *, required: bool = False
    ) -> tuple[str, ...]:
        """Read a list of texts."""
        value = self._typed(key, default, _is_texts, "a list of texts", required)
        return tuple(value)

    def enum(
        self, key: str, accepted: Collection[str], default: str = "", *, required: bool = False
    ) -> str:
        """Read one of a few words."""
        value = self._typed(key, default, lambda v: isinstance(v, str), "a text", required)
        if key in self.data and value != default and value not in accepted:
            self.problem(key, "unknown value", "未知的值", value, suggestion(value, accepted))
            return default
        return value

    def enums(
        self, key: str, accepted: Collection[str], default: tuple[str, ...] = ()
    ) -> tuple[str, ...]:
        """Read a list of words from a few; the same word twice is a problem."""
        values = self.texts(key, default)
        for value in values:
            if value not in accepted:
                self.problem(key, "unknown value", "未知的值", value, suggestion(value, accepted))
        self.no_doubles(key, values)
        return tuple(value for value in values if value in accepted)

    def no_doubles(self, key: str, values: Sequence[str]) -> None:
        """Report what stands in a list more than once."""
        for value in dict.fromkeys(value for value in values if values.count(value) > 1):
            self.problem(key, "named more than once", "重复出现", value)

    def localized(self, key: str, default: Text = _NO_TEXT, *, required: bool = False) -> Text:
        """Read ``{ en = …, zh = … }``, or one text for both languages.

        Where only one language is given, it serves for both.
        """
        wanted = "a text, or { en = …, zh = … }"
        value = self._typed(key, None, lambda v: isinstance(v, str | Mapping), wanted, required)
        if value is None:
            return default
        if isinstance(value, str):
            return Text(value, value)
        table = Table(value, self.where, self.problems, joined(self.path, key))
        en, zh = table.text("en"), table.text("zh")
        table.done()
        return Text(en or zh, zh or en)

    def value(self, key: str) -> Any:
        """Read whatever stands there, None where nothing does."""
        self._known[key] = None
        return self.data.get(key)

    # -- tables -------------------------------------------------------------------------------

    def mapping(self, key: str) -> Mapping[str, Any]:
        """Read a table as it is; empty where there is none."""
        value: Mapping[str, Any] = self._typed(
            key, {}, lambda v: isinstance(v, Mapping), "a table", False
        )
        return value

    def table(self, key: str) -> Table:
        """Read a table, to be read key by key; empty where there is none."""
        return Table(self.mapping(key), self.where, self.problems, joined(self.path, key))

    def tables(self, key: str) -> list[Table]:
        """Read a list of tables (``[[key]]``); key paths count them from 1: ``rules[2].when``."""
        none: list[Mapping[str, Any]] = []
        values = self._typed(key, none, _is_tables, "a list of tables", False)
        path = joined(self.path, key)
        return [
            Table(value, self.where, self.problems, f"{path}[{number}]")
            for number, value in enumerate(values, start=1)
        ]

    def children(self, key: str) -> dict[str, Table]:
        """Read a table of tables (``[teams.it]``, ``[teams.sales]``), by name."""
        table = self.table(key)
        return {
            name: Table(value, self.where, self.problems, joined(table.path, name))
            for name, value in table.data.items()
            if table.is_table(name, value)
        }

    def is_table(self, key: str, value: Any) -> bool:
        """Say whether a value is a table; it is a problem where it is none."""
        if isinstance(value, Mapping):
            return True
        self.problem(key, "wrong type", "类型错误", value, ("a table",))
        return False

    # -- helpers ------------------------------------------------------------------------------

    def _typed(
        self, key: str, default: T, fits: Callable[[Any], bool], accepted: str, required: bool
    ) -> T:
        self._known[key] = None
        if key not in self.data:
            if required:
                self.problem(key, "is missing", "缺少此项", accepted=(accepted,))
            return default
        value: T = self.data[key]
        if fits(value):
            return value
        self.problem(key, "wrong type", "类型错误", value, (accepted,))
        return default

    def _at_least(self, key: str, value: T, default: T, minimum: float | None) -> T:
        if minimum is None or key not in self.data or float(str(value)) >= minimum:
            return value
        self.problem(key, "too small", "太小", value, (f">= {minimum:g}",))
        return default


def _is_integer(value: object) -> bool:
    # True and False are integers to Python, but not to a person who writes a file.
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_texts(value: object) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)


def _is_tables(value: object) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(item, Mapping) for item in value)
