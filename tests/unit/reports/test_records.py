"""Old records from CSV: what is read, and what is told of every row that cannot be (E1)."""

from datetime import UTC, datetime

import pytest

from ruledesk.errors import InvalidInput
from ruledesk.model.ticket import Status
from ruledesk.reports.records.cases import Intake, read_cases
from ruledesk.reports.records.reading import load_mapping

pytestmark = pytest.mark.requirement("E1")
HEAD = "No,Made,Solved,State,Phone,Stars\n"
ROW = "A1,2024-03-01 09:00,2024-03-01 11:30,closed,138,5\n"
COLUMNS = """\
[file]
dates = ["%Y/%m/%d %H:%M", "%Y-%m-%d"]
[columns]
"Made" = "created_at"
"Urgency" = "urgency"
"Solved" = "resolved_at"
"Team" = "team"
"""


def problems(error):
    return [(p.field.rpartition("/")[2], p.en, p.value) for p in error.value.problems]


def test_a_row_becomes_a_case(records):
    (case,) = records(HEAD + ROW).cases
    assert case.number == "A1"
    assert case.created_at == datetime(2024, 3, 1, 1, 0, tzinfo=UTC)
    assert case.resolved_at == case.closed_at == datetime(2024, 3, 1, 3, 30, tzinfo=UTC)
    assert (case.status, case.requester, case.rating) == (Status.CLOSED, "138", 5)


def test_bom_blank_lines_quotes_and_blanks_around_cells(records):
    content = '\n\n"No",Made,Solved,State,Phone,Stars\n,,,,,\n\n'
    content += 'A1, 2024-03-01 09:00 ,,"in progress","1""3\n8",\n'
    read = records(b"\xef\xbb\xbf" + content.encode())
    (case,) = read.cases
    assert (case.requester, case.status) == ('1"3\n8', Status.IN_PROGRESS)
    assert (read.intake.rows, read.intake.blank, read.intake.used) == (1, 2, 1)


@pytest.mark.parametrize("encoding", ["gb18030", "gbk", "big5", "utf-16"])
def test_encodings(records, encoding):
    content = HEAD + ROW.replace("closed", "已關閉" if encoding == "big5" else "已关闭")
    more = '[values.status]\n"已關閉" = "closed"\n'
    codec = {"gbk": "gb18030"}.get(encoding, encoding)
    mapping = f'[file]\nencoding = "{encoding}"\ndates = ["%Y-%m-%d %H:%M"]\n' + "".join(
        f'{line}\n' for line in ('[columns]', '"No" = "number"', '"Made" = "created_at"',
                                 '"State" = "status"')
    )  # fmt: skip
    (case,) = records(content.encode(codec), more, mapping).cases
    assert case.status is Status.CLOSED


def test_a_wrong_encoding_names_the_line_and_what_it_may_be(records):
    content = HEAD.encode() + ROW.encode() + ROW.replace("closed", "已关闭").encode("gb18030")
    with pytest.raises(InvalidInput) as error:
        records(content)
    (problem,) = error.value.problems
    assert problem.field.endswith("old.csv:3")
    assert problem.en == "not utf-8 text"
    assert problem.accepted == ('encoding = "gb18030"',)


@pytest.mark.parametrize(
    ("row", "field", "said", "value"),
    [
        ("A1,yesterday,,,,", "old.csv:2: Made", "not a time", "yesterday"),
        ("A1,2024-02-30 09:00,,,,", "old.csv:2: Made", "not a time", "2024-02-30 09:00"),
        ("A1,,,,,", "old.csv:2: Made", "is empty", ""),
        (",2024-03-01 09:00,,,,", "old.csv:2: No", "is empty", ""),
        ("A1,2024-03-01 09:00,2024-02-01 09:00,,,", "old.csv:2: Solved", "earlier than Made",
         "2024-02-01 09:00"),
        ("A1,2024-03-01 09:00,,done,,", "old.csv:2: State",
         "unknown status; say what it means under [values.status]", "done"),
        ("A1,2024-03-01 09:00,,,,6", "old.csv:2: Stars", "not such a whole number", "6"),
        ("A1,2024-03-01 09:00,,,,nan", "old.csv:2: Stars", "not such a whole number", "nan"),
        ("A1,2024-03-01 09:00,,", "old.csv:2", "the row has 4 cells, the header 6", "A1"),
        ("A1,2024-03-01 09:00,,,,,7", "old.csv:2", "the row has 7 cells, the header 6", "7"),
        (ROW.strip() + "\n" + ROW.strip(), "old.csv:3: No", "the same number as on line 2", "A1"),
    ],
)  # fmt: skip
def test_a_bad_row_names_file_line_column_value_and_what_is_accepted(
    records, row, field, said, value
):
    with pytest.raises(InvalidInput) as error:
        records(f"{HEAD}{row}\n")
    assert problems(error) == [(field, said, value)]
    (problem,) = error.value.problems
    assert problem.zh
    assert problem.accepted
    read = records(f"{HEAD}{row}\nZ9,2024-03-02 09:00,,,,\n", lenient=True)
    assert read.cases[-1].number == "Z9"
    assert read.intake.skipped == 1
    assert len(read.intake.problems) == 1


def test_lines_are_counted_through_cells_of_several_lines(records):
    with pytest.raises(InvalidInput) as error:
        records(HEAD + 'A1,2024-03-01 09:00,,,"1\n2\n3",\nA2,never,,,,\n')
    assert problems(error) == [("old.csv:5: Made", "not a time", "never")]


def test_every_bad_row_is_told_up_to_fifty(records):
    with pytest.raises(InvalidInput) as error:
        records(HEAD + "".join(f"A{n},x,,,,\n" for n in range(80)))
    assert len(error.value.problems) == 50
    read = records(HEAD + "".join(f"A{n},x,,,,\n" for n in range(80)), lenient=True)
    assert (read.intake.skipped, len(read.intake.problems)) == (80, 50)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "holds no rows"),
        ("\n,\n", "holds no rows"),
        ("No,Made,State,Phone,Stars\n", "no such column"),
        ("No,Made,Made,Solved,State,Phone,Stars\n",
         "the header has this column more than once"),
        (HEAD + 'A1,"2024-03-01 09:00,,,,\n', "not valid CSV: unexpected end of data"),
        (HEAD + 'A1,"2024"-03-01 09:00,,,,\n', "not valid CSV: ',' expected after '\"'"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_use_is_refused_also_leniently(records, content, said):
    with pytest.raises(InvalidInput) as error:
        records(content, lenient=True)
    assert [problem.en for problem in error.value.problems] == [said]


def test_a_missing_file_is_told(records, tmp_path):
    records(HEAD + ROW)
    mapping = load_mapping(tmp_path / "map.toml", "UTC")
    with pytest.raises(InvalidInput, match="cannot be read"):
        list(read_cases(tmp_path / "none.csv", mapping, Intake()))


# -- deadlines and hand-overs -------------------------------------------------------------------


def test_limits_by_word_and_in_working_time(records):
    content = (
        "Made,Urgency,Solved,Team\n"
        "2024/03/01 09:00,high,2024/03/01 13:00,it\n"
        "2024/03/01 09:00,high,2024/03/01 13:01,it\n"
        "2024/03/01 17:00,low,2024/03/04 17:00,it\n"  # a Friday; one working day later
        "2024-03-01,low,2024/03/04 18:01,it\n"
        "2024/03/01 09:00,low,,it\n"
    )
    more = '[targets.resolution]\nby = "urgency"\nwithin = { high = "4h", "*" = "1wd" }\n'
    cases = records(content, more, COLUMNS).cases
    states = [case.promises["resolution"].state for case in cases]
    assert states == ["met", "breached", "met", "breached", "open"]
    assert cases[0].number == "#2"
    assert cases[4].promises["resolution"].due == datetime(2024, 3, 4, 1, 0, tzinfo=UTC)


def test_a_word_without_a_limit_is_no_silent_exception(records):
    more = '[targets.resolution]\nby = "urgency"\nwithin = { high = "4h" }\n'
    with pytest.raises(InvalidInput) as error:
        records("Made,Urgency,Solved,Team\n2024-03-01,low,,it\n", more, COLUMNS)
    assert problems(error) == [
        ("old.csv:2: Urgency", "[targets.resolution] has no limit for this", "low")
    ]


def test_due_columns_met_columns_and_columns_that_say_it_themselves(records):
    content = (
        "Made,Urgency,Solved,Team,Due,First,Late\n"
        "2024/03/01 09:00,,2024/03/01 13:00,it,2024/03/01 12:00,2024/03/01 11:00,是\n"
        "2024/03/01 09:00,,2024/03/01 12:00,it,2024/03/01 12:00,2024/03/01 12:30,否\n"
        "2024/03/01 09:00,,,it,,,\n"
    )
    more = (
        '[targets.resolution]\ndue = "Due"\n'
        '[targets.response]\ndue = "Due"\nmet = "First"\n'
        '[targets.own]\nbreached = "Late"\n'
    )
    one, other, none = records(content, more, COLUMNS).cases
    assert {n: p.state for n, p in one.promises.items()} == {
        "resolution": "breached", "response": "met", "own": "breached",
    }  # fmt: skip
    assert {n: p.state for n, p in other.promises.items()} == {
        "resolution": "met", "response": "breached", "own": "met",
    }  # fmt: skip
    assert none.promises == {}


def test_hand_overs_are_read_from_their_columns(records):
    content = (
        "Made,Urgency,Solved,Team,Before,At,Taken\n"
        "2024/03/01 09:00,,2024/03/01 18:00,it,sales,2024/03/01 10:00,2024/03/01 12:00\n"
        "2024/03/01 09:00,,,it,sales,2024/03/01 10:00,\n"
        "2024/03/01 09:00,,,it,it,,\n"
        "2024/03/01 09:00,,,it,,,\n"
    )
    more = (
        '[values.team]\nsales = "Sales"\n'
        '[[hand_overs]]\nfrom = "Before"\nto = "Team"\nat = "At"\ntaken = "Taken"\n'
    )
    cases = records(content, more, COLUMNS).cases
    (one,) = cases[0].hand_overs
    assert (one.from_team, one.to_team) == ("Sales", "it")
    assert (one.taken_at - one.at).total_seconds() == 7200
    assert cases[1].hand_overs[0].taken_at is None
    assert cases[2].hand_overs == cases[3].hand_overs == ()
    bad = "Made,Urgency,Solved,Team,Before,At,Taken\n2024/03/01 09:00,,,it,sales,,\n"
    with pytest.raises(InvalidInput) as error:
        records(bad, more, COLUMNS)
    assert problems(error) == [("old.csv:2: At", "is empty, though there was a hand-over", "")]
    swapped = "2024/03/01 09:00,,,it,sales,2024/03/01 12:00,2024/03/01 10:00\n"
    with pytest.raises(InvalidInput, match="Taken: earlier than At"):
        records(bad.splitlines()[0] + "\n" + swapped, more, COLUMNS)


# -- the mapping --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("toml", "where", "said"),
    [
        ('[columns]\n"A" = "number"\n', "map.toml: columns", "no column for created_at"),
        ('[columns]\n"A" = "created_at"\n"B" = "nummer"\n', "map.toml: columns.B", "unknown field"),
        ('[columns]\n"A" = "created_at"\n"B" = "created_at"\n', "map.toml: columns.B",
         "another column holds this field"),
        ('[file]\nencoding = "ebcdic"\n[columns]\n"A" = "created_at"\n', "map.toml: file.encoding",
         "unknown encoding"),
        ('[file]\ntimezone = "Asia/Shangai"\n[columns]\n"A" = "created_at"\n',
         "map.toml: file.timezone", "unknown time zone"),
        ('[file]\ndates = ["%H:%M"]\n[columns]\n"A" = "created_at"\n', "map.toml: file.dates",
         "not a date format"),
        ('[file]\ndelimiter = ";;"\n[columns]\n"A" = "created_at"\n', "map.toml: file.delimiter",
         "not one character"),
        ('[file]\nas_of = 2024-04-01T00:00:00\n[columns]\n"A" = "created_at"\n',
         "map.toml: file.as_of", "not a time with an offset"),
        ('[columns]\n"A" = "created_at"\n[targets.x]\n', "map.toml: targets.x",
         "nothing says what was promised"),
        ('[columns]\n"A" = "created_at"\n[targets.x]\nwithin = "soon"\n',
         "map.toml: targets.x.within", "no such limit"),
        ('[columns]\n"A" = "created_at"\n[targets.x]\nwithin = { a = "1h" }\n',
         "map.toml: targets.x.by", "which field the limits depend on"),
        ('[columns]\n"A" = "created_at"\n[targets.x]\nby = "urgency"\nwithin = "1h"\n',
         "map.toml: targets.x.within", "one limit for each word of `by`"),
        ('[columns]\n"A" = "created_at"\n[values.status]\na = "closed"\n',
         "map.toml: values.status", "no column holds this field"),
        ('[columns]\n"A" = "created_at"\n[[hand_overs]]\nfrom = "B"\nto = "C"\nat = "D"\n',
         "map.toml: hand_overs[1].taken", "is missing"),
        ('[columns]\n"A" = "created_at"\n[colums]\n', "map.toml: colums", "unknown key"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_mapping_names_its_key(records, toml, where, said):
    with pytest.raises(InvalidInput) as error:
        records("A\n", mapping=toml)
    assert (where, said) in [(field, en) for field, en, _ in problems(error)]
