"""What exports make of times, and what a file says of an end where a column does not (E1)."""

from datetime import UTC, datetime

import pytest

from ruledesk.errors import InvalidInput
from ruledesk.reports.labels import labels_of, with_file_words

pytestmark = pytest.mark.requirement("E1")
MAPPING = """\
[file]
dates = ["excel", "%Y年%m月%d日 %p%I:%M", "%Y/%m/%d %p %I:%M", "%Y-%m-%d %H:%M"]
[columns]
"Made" = "created_at"
"Said" = "responded_at"
"Solved" = "resolved_at"
"Closed" = "closed_at"
"Team" = "team"
"""
HEAD = "Made,Said,Solved,Closed,Team,From,At,Taken\n"
RESPONSE = '[targets.response]\nwithin = "4h"\n'
HAND_OVER = '[[hand_overs]]\nfrom = "From"\nto = "Team"\nat = "At"\ntaken = "Taken"\n'


@pytest.mark.parametrize(
    ("cell", "hour", "minute"),
    [
        ("46204.375", 9, 0),
        ("46204", 0, 0),
        ("2026年7月1日 下午3:05", 15, 5),
        ("2026/7/1 上午 9:00", 9, 0),
        ("2026/7/1 PM 12:30", 12, 30),
        ("2026-07-01 09:00", 9, 0),
    ],
)
def test_times_as_spreadsheets_export_them(records, cell, hour, minute):
    (case,) = records(f"{HEAD}{cell},,,,,,,\n", mapping=MAPPING).cases
    assert case.created_at == datetime(2026, 7, 1, (hour - 8) % 24, minute, tzinfo=UTC).replace(
        day=1 if hour >= 8 else 30, month=7 if hour >= 8 else 6
    )


@pytest.mark.parametrize("cell", ["1", "999999", "nan", "inf", "4.6e4x"])
def test_a_number_that_is_no_date_of_a_spreadsheet(records, cell):
    with pytest.raises(InvalidInput, match="not a time"):
        records(f"{HEAD}{cell},,,,,,,\n", mapping=MAPPING)


@pytest.mark.parametrize(
    ("row", "state"),
    [
        ("2026-07-01 09:00,,2026-07-01 12:00,2026-07-03 12:00,it,,,", "met"),
        ("2026-07-01 09:00,,2026-07-01 14:00,2026-07-03 12:00,it,,,", "breached"),
        ("2026-07-01 09:00,,,2026-07-01 12:00,it,,,", "met"),
        ("2026-07-01 09:00,2026-07-01 14:00,2026-07-01 12:00,,it,,,", "breached"),
    ],
)
def test_who_got_the_solution_has_been_answered(records, row, state):
    (case,) = records(f"{HEAD}{row}\n", RESPONSE, MAPPING).cases
    assert case.promises["response"].state == state


@pytest.mark.parametrize(
    ("solved", "closed", "hours"),
    [
        ("2026-07-01 12:00", "2026-07-02 12:00", 2),
        ("2026-07-01 09:30", "2026-07-01 13:00", 3),
        ("", "2026-07-01 11:00", 1),
    ],
)
def test_a_hand_over_ends_with_the_solution_at_the_latest(records, solved, closed, hours):
    row = f"2026-07-01 09:00,,{solved},{closed},it,sales,2026-07-01 10:00,\n"
    (case,) = records(HEAD + row, HAND_OVER, MAPPING).cases
    (one,) = case.hand_overs
    assert (one.taken_at - one.at).total_seconds() == hours * 3600


def test_a_hand_over_after_everything_ended_is_refused(records):
    row = "2026-07-01 09:00,,2026-07-01 10:00,2026-07-01 11:00,it,sales,2026-07-01 12:00,\n"
    with pytest.raises(InvalidInput, match="Taken: earlier than At"):
        records(HEAD + row, HAND_OVER, MAPPING)


@pytest.mark.requirement("F5")
def test_words_of_the_file_name_what_nothing_else_names():
    labels = with_file_words(labels_of(None, ()), {"type": {"质量投诉": "quality", "Q": "other"}})
    assert labels("type", "quality").zh == labels("problem", "quality").zh == "质量投诉"
    assert labels("type", "quality").en == "quality"
    assert labels("type", "other").zh == "other"
    assert labels("status", "closed").zh == "已关闭"
