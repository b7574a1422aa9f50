"""A calendar from a table of a desk's or ruleset's TOML file.

```toml
[calendars.phone]
timezone = "Asia/Shanghai"
hours = {mon-fri = [["09:00", "12:00"], ["13:00", "18:00"]], sat = [["10:00", "16:00"]]}
holidays = "CN"                       # or dates; or both: ["CN", "2027-01-01"]
makeup_hours = [["09:00", "17:00"]]   # for make-up working days; default: Monday's hours
dates = {2026-12-31 = [["09:00", "12:00"]], 2026-05-04 = []}
```
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ruledesk.calendar import china
from ruledesk.calendar.instants import EPOCH_ORDINAL
from ruledesk.calendar.schedule import Reader, Schedule, Spans
from ruledesk.calendar.work import WorkCalendar
from ruledesk.errors import InvalidInput, Problem, suggestion

_HOLIDAYS: Final = (china.COUNTRY, "a list of dates")
_KEYS: Final = ("timezone", "hours", "holidays", "makeup_hours", "dates")


def from_mapping(
    data: Mapping[str, Any], where: str, *, timezone: str = china.TIMEZONE
) -> WorkCalendar:
    """Read a calendar (requirement F1).

    Args:
        data: ``hours`` (required) and ``dates`` as `WorkCalendar` takes them; ``timezone``;
            ``holidays``: ``"CN"`` for the public holidays of China, a list of dates, or a list
            that holds both. With ``CN`` the make-up working days are open with Monday's hours,
            or ``makeup_hours``; a date that is listed under ``holidays`` stays closed, and
            ``dates`` go before everything.
        where: Key path of the table, for errors.
        timezone: What holds where the table names none: the desk's own.

    Returns:
        The calendar.

    Raises:
        InvalidInput: A key is unknown, missing or cannot be used; all problems at once, each with
            its key path.
    """
    if not isinstance(data, Mapping):
        raise InvalidInput.of(
            "a table is needed", "需要表", field=where, value=data, accepted=_KEYS
        )
    reader = Reader()
    reader.problems += _key_problems(data, where)
    tz = reader.zone(data.get("timezone", timezone), f"{where}.timezone")
    hours = reader.hours(data.get("hours", {}), f"{where}.hours")
    country, listed = _holidays(data.get("holidays", ()))
    if isinstance(listed, str):
        reader.problems.append(
            Problem("unknown holidays", "未知的节假日", f"{where}.holidays", listed, _HOLIDAYS)
        )
        listed = ()
    closed = reader.holidays(listed, f"{where}.holidays")
    own = reader.dates(data.get("dates", {}), f"{where}.dates")
    if country:
        makeup = hours[0]
        if "makeup_hours" in data:
            makeup = reader.spans(data["makeup_hours"], f"{where}.makeup_hours")
        own = _makeup_days(makeup, closed) | own
        closed |= {day.toordinal() - EPOCH_ORDINAL for day in china.public_holidays()}
    if reader.problems or tz is None:
        raise InvalidInput(*reader.problems)
    return WorkCalendar.from_schedule(Schedule(tz, hours, closed, own, country))


def _key_problems(data: Mapping[str, Any], where: str) -> list[Problem]:
    problems = [
        Problem("unknown key", "未知的键", f"{where}.{key}", value, suggestion(str(key), _KEYS))
        for key, value in data.items()
        if key not in _KEYS
    ]
    if "hours" not in data:
        problems.append(
            Problem("the hours are missing", "缺少 hours", f"{where}.hours", accepted=("a table",))
        )
    if "makeup_hours" in data and not _holidays(data.get("holidays", ()))[0]:
        problems.append(
            Problem(
                "make-up working days come with the public holidays of a country",
                "调休时段须与法定节假日一起使用",
                f"{where}.makeup_hours",
                data["makeup_hours"],
                (f'holidays = "{china.COUNTRY}"',),
            )
        )
    return problems


def _holidays(given: Any) -> tuple[str, Any]:
    """Split the public holidays of a country from dates that are listed."""
    if given == china.COUNTRY:
        return china.COUNTRY, ()
    if isinstance(given, list | tuple) and china.COUNTRY in given:
        return china.COUNTRY, [item for item in given if item != china.COUNTRY]
    return "", given


def _makeup_days(spans: Spans, closed: frozenset[int]) -> dict[int, Spans]:
    days = {day.toordinal() - EPOCH_ORDINAL for day in china.makeup_days()}
    return dict.fromkeys(days - closed, spans)
