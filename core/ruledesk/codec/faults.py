"""What is wrong with data that was read, as problems that carry the path of the value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import evolve
from cattrs.errors import (
    AttributeValidationNote,
    BaseValidationError,
    ForbiddenExtraKeysError,
    IterableValidationNote,
)

from ruledesk.errors import ABSENT, InvalidInput, Problem, suggestion


class WrongValue(InvalidInput):
    """A single value cannot be read or written.

    Args:
        en: What is wrong, in English.
        zh: The same in Chinese.
        value: The value that was given.
        accepted: What would be accepted.
        path: Keys and indexes from where the hook was called down to the value.
    """

    def __init__(
        self,
        en: str,
        zh: str,
        value: object = ABSENT,
        accepted: Sequence[str] = (),
        path: str = "",
    ) -> None:
        super().__init__(Problem(en, zh, path, value, tuple(accepted)))

    def under(self, where: str) -> Problem:
        """Return the problem with its path put below `where`."""
        problem = self.problems[0]
        return evolve(problem, field=joined(where, problem.field))

    def below(self, where: str) -> WrongValue:
        """Return the same fault, told from one step further up."""
        problem = self.under(where)
        return WrongValue(problem.en, problem.zh, problem.value, problem.accepted, problem.field)


def problems(fault: BaseException, where: str) -> Iterator[Problem]:
    """Walk a fault of the converter down to the values that caused it.

    Args:
        fault: What cattrs (with detailed validation) or a hook raised.
        where: The path of the object that was being read; empty at the top.

    Yields:
        One problem a wrong value, in the order found.
    """
    if isinstance(fault, BaseValidationError):
        for inner in fault.exceptions:
            yield from problems(inner, _below(inner, where))
    elif isinstance(fault, WrongValue):
        yield fault.under(where)
    elif isinstance(fault, ForbiddenExtraKeysError):
        yield from _unknown_keys(fault, where)
    elif isinstance(fault, KeyError):
        yield Problem("is missing", "缺少", _missing(where, str(fault.args[0])))
    else:
        yield Problem(f"cannot be read ({fault})", f"无法读取({fault})", where)


def _unknown_keys(fault: ForbiddenExtraKeysError, where: str) -> Iterator[Problem]:
    known = [a.alias for a in getattr(fault.cl, "__attrs_attrs__", ())]
    for key in sorted(fault.extra_fields):
        yield Problem(
            "unknown key", "未知的键", joined(where, key), accepted=suggestion(key, known)
        )


def _missing(where: str, key: str) -> str:
    return where if where.rpartition(".")[2] == key else joined(where, key)


def _below(fault: BaseException, where: str) -> str:
    for note in getattr(fault, "__notes__", ()):
        if isinstance(note, AttributeValidationNote):
            return joined(where, note.name)
        if isinstance(note, IterableValidationNote):
            step = note.index
            return joined(where, step) if isinstance(step, str) else f"{where}[{step}]"
    return where


def joined(where: str, step: str) -> str:
    """Put a step below a path; a path that ends in ``: `` is a place in a file."""
    if not step:
        return where
    if not where or where.endswith(": "):
        return where + step
    return f"{where}.{step}"
