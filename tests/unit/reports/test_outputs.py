"""The same figures in every kind of output; what people wrote never becomes a formula or markup."""

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from ruledesk.errors import InvalidInput
from ruledesk.insight.case import Case, HandOver, Promise
from ruledesk.model.ticket import Status
from ruledesk.model.values import Text
from ruledesk.reports.csv_out import write_csv, write_tickets
from ruledesk.reports.json_out import report_data
from ruledesk.reports.labels import Labels
from ruledesk.reports.make import make_report
from ruledesk.reports.page import report_page
from ruledesk.reports.report import Source
from ruledesk.reports.shown import duration, harmless
from ruledesk.reports.text import write_text
from ruledesk.reports.xlsx import write_xlsx

pytestmark = pytest.mark.requirement("D12", "E1")
START = datetime(2026, 11, 2, tzinfo=UTC)
EVIL = '=HYPERLINK("http://evil";"x")'
MARKUP = "<script>alert(1)</script>"


def cases(count=5):
    for n in range(count):
        made = START + timedelta(hours=n)
        yield Case(
            number=f"T{n}",
            created_at=made,
            team=EVIL if n == 0 else "it",
            category=MARKUP,
            subject=("+1", "-2", "@x", "\tx", "fine")[n % 5],
            requester="R",
            type="complaint",
            status=Status.CLOSED,
            resolved_at=made + timedelta(hours=2),
            closed_at=made + timedelta(hours=3),
            promises={"resolution": Promise("breached" if n in (1, 2, 3) else "met")},
            hand_overs=(HandOver("a", "it", made, made + timedelta(hours=1)),),
            rating=n % 5 + 1,
            scores={"attitude": 5},
        )


@pytest.fixture
def report():
    def made(by=(), locale="en", found=cases):
        labels = Labels({("team", "it"): Text("IT team", "信息部")})
        source = Source("Desk", ZoneInfo("Asia/Shanghai"), "zh", labels, found, START)
        return make_report(source, locale, by)

    return made


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", "＝1"])
def test_what_looks_like_a_formula_is_kept_from_being_one(text):
    assert harmless(text) == f"'{text}"
    assert harmless(f"x{text}") == f"x{text}"
    assert harmless("") == ""


def read_csv(write, made):
    stream = io.StringIO(newline="")
    write(made, stream)
    return list(csv.reader(io.StringIO(stream.getvalue(), newline="")))


def test_csv_of_one_table_has_a_row_a_group_and_bare_numbers(report):
    head, first, second = read_csv(write_csv, report(by=("team",)))
    assert head[:3] == ["Team", "Tickets", "Share"]
    assert first[:3] == ["IT team", "4", "0.8"]
    assert second[0] == f"'{EVIL}"
    assert dict(zip(head, first, strict=True))["Handling p50"] == "7200.0"


def test_csv_of_all_tables_is_one_table_of_figures(report):
    rows = read_csv(write_csv, report())
    assert rows[0] == ["table", "group", "figure", "amount"]
    assert ["Summary", "Overdue rate", "Value", "0.6"] in rows
    assert ["By team", "IT team", "Tickets", "4"] in rows
    assert ["Hand-overs between teams", "a → IT team", "Lost in all", "18000"] in rows
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]


def test_csv_of_tickets_has_them_all_with_local_times(report):
    head, *rows = read_csv(write_tickets, report(by=("ticket",)))
    assert [row[0] for row in rows] == ["T0", "T1", "T2", "T3", "T4"]
    first = dict(zip(head, rows[0], strict=True))
    assert first["Created"] == "2026-11-02 08:00:00"
    assert (first["Team"], first["Subject"]) == (f"'{EVIL}", "'+1")
    assert (first["Handling"], first["Missed targets"]) == ("7200", "")


def test_a_workbook_has_a_sheet_for_each_table_and_every_ticket(report, tmp_path):
    file = tmp_path / "r.xlsx"
    write_xlsx(report(), file)
    book = openpyxl.load_workbook(file)
    assert book.sheetnames[0] == "Summary"
    assert {"By month", "By team", "Targets", "Improvement hints", "Tickets"} <= {*book.sheetnames}
    assert not [c for sheet in book for row in sheet for c in row if c.data_type == "f"]
    teams = list(book["By team"].values)
    assert teams[0][:3] == ("Team", "Tickets", "Share")
    assert teams[1][:3] == ("IT team", 4, 0.8)
    assert teams[1][teams[0].index("Handling p50 (h)")] == 2
    tickets = list(book["Tickets"].values)
    assert len(tickets) == 6
    first = dict(zip(tickets[0], tickets[1], strict=True))
    assert first["Created"] == datetime(2026, 11, 2, 8)  # noqa: DTZ001 - as sheets do
    assert first["Team"] == EVIL  # whole, as a text with the quote prefix
    place = tickets[0].index("Team") + 1
    assert book["Tickets"].cell(2, place).data_type == "s"
    assert book["Tickets"].cell(2, place).quotePrefix
    hinted = list(book["Improvement hints – Tickets"].values)
    assert tuple(row[1] for row in hinted[1:4]) == ("T1", "T2", "T3")


def test_tickets_beyond_a_sheet_go_on_in_the_next(report, tmp_path):
    file = tmp_path / "r.xlsx"
    write_xlsx(report(found=lambda: cases(25)), file, most_rows=11)
    book = openpyxl.load_workbook(file)
    sheets = [name for name in book.sheetnames if name.startswith("Tickets")]
    assert sheets == ["Tickets", "Tickets 2", "Tickets 3"]
    found = [row[0] for name in sheets for row in list(book[name].values)[1:]]
    assert found == [f"T{n}" for n in range(25)]
    assert all(next(book[name].values)[0] == "Number" for name in sheets)


class _Page(HTMLParser):
    """Notes what a page loads, and whether its elements are closed."""

    def __init__(self):
        super().__init__()
        self.open, self.loaded, self.scripts = [], [], 0

    def handle_starttag(self, tag, attrs):
        self.loaded += [v for k, v in attrs if k in ("src", "href", "srcset", "data")]
        self.scripts += tag == "script"
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_the_page_stands_alone_and_is_well_formed(report, locale):
    text = report_page(report(locale=locale))
    page = _Page()
    page.feed(text)
    assert page.open == page.loaded == []
    assert page.scripts == 0
    assert "url(" not in text
    assert "@import" not in text
    assert "&lt;script&gt;" in text
    assert f'lang="{"zh-CN" if locale == "zh" else "en"}"' in text
    assert ("重复投诉率" if locale == "zh" else "Repeat-complaint rate") in text
    # Every chart has its figures as a table beside it.
    assert text.count("<svg") == 2
    assert text.count("<table>") >= 8
    assert re.search(r"<th scope=\"row\">(IT team|信息部)</th><td class=\"n\">4</td>", text)


def test_json_has_the_figures_bare(report):
    data = report_data(report())
    again = json.loads(json.dumps(data))
    assert again["total"]["overdue_rate"] == 0.6
    assert again["total"]["handling"]["p95"] == 7200
    assert again["repeat_complaints"]["count"] == 4
    assert again["groups"]["team"][0]["label"] == {"en": "IT team", "zh": "信息部"}
    assert again["hints"][0]["tickets"] == ["T1", "T2", "T3"]


def test_text_fits_a_terminal_and_moves_no_cursor(report):
    stream = io.StringIO()
    write_text(
        report(found=lambda: [Case("T\x1b[2J", START, team="\x1b[31m" * 40)]), stream, ["team"]
    )
    assert "\x1b" not in stream.getvalue()
    assert max(map(len, stream.getvalue().splitlines())) <= 80


def test_no_tickets_is_said_everywhere(report, tmp_path):
    made = report(found=lambda: iter(()))
    assert "There are no tickets" in report_page(made)
    assert report_data(made)["total"]["overdue_rate"] is None
    write_xlsx(made, tmp_path / "r.xlsx")
    assert "Tickets" in openpyxl.load_workbook(tmp_path / "r.xlsx").sheetnames


@pytest.mark.parametrize(
    ("seconds", "en", "zh"),
    [(0, "0 s", "0秒"), (59, "59 s", "59秒"), (3600, "1 h", "1小时"),
     (3661, "1 h 1 min", "1小时 1分"),
     (86_400 + 5, "1 d", "1天"), (90_061, "1 d 1 h", "1天 1小时")],
)  # fmt: skip
def test_durations_are_told_by_their_two_largest_units(seconds, en, zh):
    assert (duration(seconds, "en"), duration(seconds, "zh")) == (en, zh)


def test_a_workbook_that_fails_half_way_leaves_what_was_there(report, tmp_path):
    def broken():
        yield from cases()
        if written:
            raise OSError(28, "No space left on device")

    written = False
    made = report(found=broken)
    written = True
    file = tmp_path / "r.xlsx"
    file.write_bytes(b"before")
    with pytest.raises(InvalidInput, match="No space left"):
        write_xlsx(made, file)
    assert file.read_bytes() == b"before"
    assert [one.name for one in tmp_path.iterdir()] == ["r.xlsx"]
