"""From rows of old records to cases; what is wrong with a row names file, line and column (E1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from attrs import define, field

from ruledesk.errors import InvalidInput, Problem
from ruledesk.insight.case import DONE, WITHDRAWN, Case, HandOver, Promise
from ruledesk.insight.history import problem_of
from ruledesk.model.ticket import Status
from ruledesk.reports.records.cells import (
    CellError,
    Times,
    read_reopens,
    read_score,
    read_status,
)
from ruledesk.reports.records.mapping import (
    INSTANTS,
    OTHERWISE,
    REQUESTER,
    SCORES,
    TEXTS,
    Deadline,
    HandOverColumns,
    RecordMapping,
)
from ruledesk.reports.records.rows import Row, read_rows

T = TypeVar("T")
#: So many problems are told; nobody reads more of one kind.
_TOLD: Final = 50
_NO: Final = frozenset({"", "-", "/", "无", "N/A", "NULL", "null"})


@define
class Intake:
    """What became of the rows of a file.

    Attributes:
        rows: Rows that are not blank.
        blank: Blank ones.
        skipped: Rows that could not be used and were left out.
        problems: What was wrong with them; the first fifty.
        latest: The last thing that happened in any row that was used; None where none was.
    """

    rows: int = 0
    blank: int = 0
    skipped: int = 0
    problems: list[Problem] = field(factory=list)
    latest: datetime | None = None

    @property
    def used(self) -> int:
        """Rows that became tickets."""
        return self.rows - self.skipped


def read_cases(
    path: Path, mapping: RecordMapping, intake: Intake, *, lenient: bool = False
) -> Iterator[Case]:
    """Stream the tickets of a file.

    Args:
        path: A CSV file.
        mapping: What its columns mean.
        intake: Told what becomes of each row.
        lenient: Leave out rows that cannot be used, instead of refusing the file.

    Yields:
        A case for each row.

    Raises:
        InvalidInput: The file cannot be read; or, unless `lenient`, rows cannot be used: the first
            fifty problems, each with file, line, column, value and what would be accepted. Raised
            at the end, after the usable rows.
    """
    reading = _Reading(path, mapping)
    for read in read_rows(path, mapping):
        if read is None:
            intake.blank += 1
            continue
        intake.rows += 1
        case = None if isinstance(read, Problem) else reading.case(read)
        if case is not None:
            yield case
            continue
        intake.skipped += 1
        found = [read] if isinstance(read, Problem) else reading.problems
        intake.problems += found[: _TOLD - len(intake.problems)]
        if not lenient and len(intake.problems) >= _TOLD:
            break
    if intake.problems and not lenient:
        raise InvalidInput(*intake.problems)


class _Reading:
    """Reads rows; remembers the numbers that there were."""

    def __init__(self, path: Path, mapping: RecordMapping) -> None:
        self._path = path
        self._mapping = mapping
        self._columns = {held: column for column, held in mapping.columns.items()}
        self._scores = {
            held.removeprefix(SCORES): column
            for held, column in self._columns.items()
            if held.startswith(SCORES)
        }
        self._times = Times(mapping.dates, mapping.zone)
        self._lines: dict[str, int] = {}
        self._row = Row(0, {})
        self.problems: list[Problem] = []

    def case(self, row: Row) -> Case | None:
        """Read a row; None where anything is wrong with it: `problems` says what."""
        self._row = row
        self.problems = []
        times = {name: self._time(self._columns.get(name, "")) for name in INSTANTS}
        created = times["created_at"]
        if created is None and not self.problems:
            self._problem("created_at", "is empty", "为空", accepted=("a time",))
        texts = {name: self._text(name) for name in TEXTS}
        self._check_number(texts)
        if created is None:
            return None
        self._check_order(times)
        case = self._made(created, texts, times)
        return None if self.problems else case

    def _made(
        self, created: datetime, texts: dict[str, str], times: Mapping[str, datetime | None]
    ) -> Case:
        status = self._status(times)
        closed = times["closed_at"] or (times["resolved_at"] if status in DONE else None)
        known: dict[str, Any] = {
            **texts,
            **times,
            "created_at": created,
            "closed_at": closed,
            "problem": texts["problem"]
            or problem_of("", texts["product"], texts["category"], texts["type"]),
        }
        asked = [self._text(name) for name in REQUESTER]
        return Case(
            **known,
            status=status,
            requester=next((one for one in asked if one), ""),
            requester_name=self._text("requester.name"),
            reopens=self._read("reopens", read_reopens) or 0,
            rating=self._read("rating", read_score),
            scores=self._read_scores(),
            promises={
                one.target: promise
                for one in self._mapping.deadlines
                if (promise := self._promise(one, known, status)) is not None
            },
            hand_overs=tuple(
                found
                for columns in self._mapping.hand_overs
                if (found := self._hand_over(columns, (times["resolved_at"], closed))) is not None
            ),
        )

    # -- cells ------------------------------------------------------------------------------------

    def _cell(self, column: str) -> str:
        return self._row.cells[column] if column else ""

    def _text(self, name: str) -> str:
        return self._translated(name, self._cell(self._columns.get(name, "")))

    def _translated(self, name: str, cell: str) -> str:
        return self._mapping.values.get(name, {}).get(cell, cell)

    def _read(self, name: str, read: Callable[[str], T]) -> T | None:
        column = self._columns.get(name, "")
        text = self._text(name)
        return None if text in _NO else self._try(column, read, text)

    def _read_scores(self) -> dict[str, int]:
        found = {name: self._read(SCORES + name, read_score) for name in self._scores}
        return {name: score for name, score in found.items() if score is not None}

    def _time(self, column: str) -> datetime | None:
        text = self._cell(column)
        return None if text in _NO else self._try(column, self._times.read, text)

    def _try(self, column: str, read: Callable[[str], T], text: str) -> T | None:
        try:
            return read(text)
        except CellError as error:
            one = error.problem
            self._add(column, one.en, one.zh, one.value, one.accepted)
            return None

    def _status(self, times: Mapping[str, datetime | None]) -> Status:
        found = self._read("status", read_status)
        if found is not None:
            return found
        return Status.CLOSED if times["closed_at"] or times["resolved_at"] else Status.NEW

    # -- deadlines and hand-overs -----------------------------------------------------------------

    def _promise(self, one: Deadline, known: Mapping[str, Any], status: Status) -> Promise | None:
        said = self._cell(one.breached)
        if said:
            return Promise("breached" if said in one.yes else "met")
        due = self._due(one, known)
        if due is None:
            return None
        met = self._met(one, known)
        if met is not None:
            return Promise("met" if met <= due else "breached")
        return Promise("cancelled") if status in WITHDRAWN | DONE else Promise("open", due)

    def _met(self, one: Deadline, known: Mapping[str, Any]) -> datetime | None:
        if one.met:
            return self._time(one.met)
        # Who is given the solution, or sees the ticket closed, has been answered too.
        names: tuple[str, ...] = ("resolved_at", "closed_at")
        if one.target == "response":
            names = ("responded_at", *names)
        return next((known[name] for name in names if known[name] is not None), None)

    def _due(self, one: Deadline, known: Mapping[str, Any]) -> datetime | None:
        due = self._time(one.due)
        if due is not None or not one.within:
            return due
        word = str(known.get(one.by) or "") if one.by else ""
        limit = one.within.get(word) or one.within.get(OTHERWISE)
        if limit is None:
            self._add(
                self._columns.get(one.by, one.by),
                f"[targets.{one.target}] has no limit for this",
                f"[targets.{one.target}] 未给出对应的时限",
                word,
                (*one.within, OTHERWISE),
            )
            return None
        return limit.due(known["created_at"], self._mapping.calendar)

    def _hand_over(
        self, columns: HandOverColumns, ends: tuple[datetime | None, ...]
    ) -> HandOver | None:
        one, other = (
            self._translated("team", self._cell(column))
            for column in (columns.from_team, columns.to_team)
        )
        if one in _NO or other in _NO or one == other:
            return None
        at, taken = self._time(columns.at), self._time(columns.taken_at)
        if at is None:
            if self._cell(columns.at) in _NO:
                self._add(columns.at, "is empty, though there was a hand-over",
                          "为空，但该行有转办", self._cell(columns.at), ("a time",))  # fmt: skip
            return None
        # Without a word of when it was taken up, the solution and the closing say the latest.
        known = [moment for moment in ((taken,) if taken else ends) if moment is not None]
        end = min((moment for moment in known if moment >= at), default=None)
        if known and end is None:
            self._before(columns.taken_at, columns.at)
        return HandOver(one, other, at, end)

    # -- problems ---------------------------------------------------------------------------------

    def _check_number(self, texts: dict[str, str]) -> None:
        number = texts["number"]
        if not number:
            if "number" in self._columns:
                self._problem("number", "is empty", "为空", accepted=("a ticket number",))
            texts["number"] = f"#{self._row.line}"
            return
        first = self._lines.setdefault(number, self._row.line)
        if first != self._row.line:
            self._problem(
                "number",
                f"the same number as on line {first}",
                f"与第 {first} 行的编号重复",
                accepted=("each number once",),
            )

    def _check_order(self, times: Mapping[str, datetime | None]) -> None:
        created = times["created_at"]
        for name in INSTANTS[1:]:
            at = times[name]
            if at is not None and created is not None and at < created:
                self._before(self._columns[name], self._columns["created_at"])

    def _before(self, column: str, other: str) -> None:
        self._add(
            column,
            f"earlier than {other}",
            f"早于 {other}",
            self._cell(column),
            (f"{self._cell(other)} or later",),
        )

    def _problem(self, name: str, en: str, zh: str, accepted: tuple[str, ...]) -> None:
        column = self._columns[name]
        self._add(column, en, zh, self._cell(column), accepted)

    def _add(self, column: str, en: str, zh: str, value: Any, accepted: tuple[str, ...]) -> None:
        where = f"{self._path}:{self._row.line}: {column}"
        self.problems.append(Problem(en, zh, where, value, accepted))
