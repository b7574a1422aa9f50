"""Reads the TOML file that maps the columns of old records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from ruledesk.calendar import business_calendar, from_mapping
from ruledesk.calendar.zone import zone
from ruledesk.errors import InvalidInput, suggestion
from ruledesk.reports.records.cells import EXCEL
from ruledesk.reports.records.mapping import (
    ENCODINGS,
    ENCODINGS_SHOWN,
    FIELDS,
    SCORES,
    Deadline,
    HandOverColumns,
    RecordMapping,
)
from ruledesk.targets.limit import Limit
from ruledesk.toml import Problems, Table, read_toml

_YES: Final = ("是", "Y", "y", "yes", "Yes", "YES", "true", "True", "TRUE", "1", "超时", "已超时")
#: A day that every format can write and read back.
_PROBE: Final = datetime(2024, 11, 12, 13, 14, 15, tzinfo=UTC)


def load_mapping(path: Path, timezone: str) -> RecordMapping:
    """Read a mapping.

    Args:
        path: A TOML file with tables ``file``, ``columns``, ``values.<field>``,
            ``targets.<name>``, ``calendar`` and ``[[hand_overs]]``.
        timezone: IANA name of the zone of times that say none, where the file names no other.

    Returns:
        The mapping.

    Raises:
        InvalidInput: Everything that is wrong, each with its key path.
    """
    problems = Problems()
    root = Table(read_toml(path), str(path), problems)
    file = _read_file(root.table("file"), timezone)
    columns = _read_columns(root.table("columns"))
    mapping = RecordMapping(
        **file,
        calendar=_read_calendar(root, file["zone"].key),
        columns=columns,
        values=_read_values(root, columns),
        deadlines=tuple(
            _read_deadline(name, table) for name, table in root.children("targets").items()
        ),
        hand_overs=tuple(_read_hand_over(table) for table in root.tables("hand_overs")),
    )
    root.done()
    problems.raise_if_any()
    return mapping


def _read_file(table: Table, timezone: str) -> dict[str, Any]:
    encoding = table.text("encoding", "utf-8")
    if encoding.lower() not in ENCODINGS:
        table.problem("encoding", "unknown encoding", "未知的编码", encoding, ENCODINGS_SHOWN)
    delimiter = table.text("delimiter", ",")
    if len(delimiter) != 1 or delimiter in '"\r\n':
        table.problem(
            "delimiter", "not one character", "不是单个字符", delimiter, (",", ";", "\\t", "|")
        )
        delimiter = ","
    found = zone("UTC")
    try:
        found = zone(table.text("timezone", timezone), table.field("timezone"))
    except InvalidInput as error:
        table.problems.extend(error)
    values = {
        "encoding": ENCODINGS.get(encoding.lower(), "utf-8-sig"),
        "delimiter": delimiter,
        "zone": found,
        "dates": _read_dates(table),
        "as_of": _read_as_of(table),
    }
    table.done()
    return values


def _read_dates(table: Table) -> tuple[str, ...]:
    formats = table.texts("dates")
    for form in formats:
        if form == EXCEL:
            continue
        try:
            readable = datetime.strptime(_PROBE.strftime(form), form).year == _PROBE.year  # noqa: DTZ007
        except ValueError:
            readable = False
        if not readable:
            accepted = ("%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M:%S", EXCEL)
            table.problem("dates", "not a date format", "不是日期格式", form, accepted)
    return formats


def _read_as_of(table: Table) -> datetime | None:
    value = table.value("as_of")
    if value is None:
        return None
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    accepted = ("2026-11-02T09:00:00+08:00",)
    table.problem("as_of", "not a time with an offset", "不是带时区的时间", value, accepted)
    return None


def _read_columns(table: Table) -> dict[str, str]:
    columns: dict[str, str] = {}
    for column in table.data:
        name = table.text(column)
        if name in columns.values():
            table.problem(column, "another column holds this field", "另一列已对应此字段", name)
        elif name not in FIELDS and not (name.startswith(SCORES) and name != SCORES):
            table.problem(column, "unknown field", "未知字段", name, suggestion(name, FIELDS))
        else:
            columns[column] = name
    if "created_at" not in columns.values():
        table.problem(
            "",
            "no column for created_at",
            "没有对应 created_at 的列",
            accepted=('"…" = "created_at"',),
        )
    return columns


def _read_values(root: Table, columns: Mapping[str, str]) -> dict[str, dict[str, str]]:
    values = {}
    for name, table in root.children("values").items():
        if name not in columns.values() and name != "team":
            table.problem(
                "", "no column holds this field", "没有列对应此字段", name,
                suggestion(name, columns.values()),
            )  # fmt: skip
        values[name] = {word: table.text(word) for word in table.data}
    return values


def _read_calendar(root: Table, timezone: str) -> Any:
    table = root.mapping("calendar")
    if not table:
        return business_calendar()
    try:
        return from_mapping(table, root.field("calendar"), timezone=timezone)
    except InvalidInput as error:
        root.problems.extend(error)
        return business_calendar()


def _read_deadline(name: str, table: Table) -> Deadline:
    by = table.text("by")
    if by and by not in FIELDS:
        table.problem("by", "unknown field", "未知字段", by, suggestion(by, FIELDS))
    deadline = Deadline(
        target=name,
        due=table.text("due"),
        within=_read_within(table, by),
        by=by,
        met=table.text("met"),
        breached=table.text("breached"),
        yes=frozenset(table.texts("yes", _YES)),
    )
    table.done()
    if not (deadline.due or deadline.within or deadline.breached):
        accepted = ("due", "within", "breached")
        table.problem("", "nothing says what was promised", "没有说明时限", accepted=accepted)
    return deadline


def _read_within(table: Table, by: str) -> dict[str, Limit]:
    value = table.value("within")
    if value is None:
        return {}
    if by and not isinstance(value, Mapping):
        accepted = ('within = { urgent = "4h", normal = "24h" }',)
        table.problem(
            "within", "one limit for each word of `by`", "须按 by 的每个值给出时限", value, accepted
        )
        return {}
    limits = value if isinstance(value, Mapping) else {"": value}
    found = {}
    for word, limit in limits.items():
        try:
            found[str(word)] = Limit.parse(limit, table.field("within", *filter(None, [word])))
        except InvalidInput as error:
            table.problems.extend(error)
    if isinstance(value, Mapping) and not by:
        table.problem(
            "by",
            "which field the limits depend on",
            "时限取决于哪个字段",
            accepted=("urgency", "priority"),
        )
    return found


def _read_hand_over(table: Table) -> HandOverColumns:
    columns = HandOverColumns(
        from_team=table.text("from", required=True),
        to_team=table.text("to", required=True),
        at=table.text("at", required=True),
        taken_at=table.text("taken", required=True),
    )
    table.done()
    return columns
