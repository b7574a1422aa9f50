"""``ruledesk report`` on a desk, a recording and old records."""

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest

from ruledesk.desk.assembly import open_desk
from ruledesk.desk.config import load_desk

pytestmark = pytest.mark.requirement("E1", "D12", "D13")
ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "how-to" / "diagnose-old-tickets.md"
DAY = ROOT / "rulesets" / "ruledesk_rulesets" / "hotline" / "recordings" / "day.jsonl"


@pytest.fixture
def old(tmp_path):
    """The files of the how-to guide."""
    text = PAGE.read_text("utf-8")
    for language, name in (("csv", "old.csv"), ("toml", "map.toml")):
        (block,) = re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
        (tmp_path / name).write_text(block, "utf-8")
    return tmp_path


def arguments(old):
    return ("report", "--csv", old / "old.csv", "--mapping", old / "map.toml")


def test_the_figures_of_the_guide_are_those_of_its_files(ruledesk, old):
    result = ruledesk(*arguments(old), "--format", "json")
    assert (result.status, result.err) == (0, "")
    data = json.loads(result.out)
    assert (data["total"]["tickets"], data["total"]["overdue"]) == (7, 2)
    assert data["total"]["overdue_rate"] == pytest.approx(0.286, abs=0.001)
    assert data["repeat_complaints"]["tickets"] == ["W004"]
    assert (data["repeat_complaints"]["of"], data["repeat_complaints"]["rate"]) == (5, 0.2)
    lost = data["hand_over"]
    assert (lost["count"], lost["total"], lost["p50"]) == (3, 22 * 3600, 3 * 3600)
    waiting = [one for one in data["hand_overs"] if one["waiting"]]
    assert [(one["to"], one["waiting"]) for one in waiting] == [("售后部", 1)]
    assert data["rows"] == {"rows": 7, "used": 7, "skipped": 0, "blank": 0}


def test_the_commands_of_the_guide_run(ruledesk, old, monkeypatch):
    monkeypatch.chdir(old)
    (block,) = re.findall(r"^```console\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.M)
    commands = [line.removeprefix("$ ruledesk ") for line in block.splitlines()]
    assert len(commands) == 3
    for command in commands:
        assert ruledesk(*command.split()).status == 0
    assert "重复投诉率" in (old / "diagnosis.html").read_text("utf-8")
    book = openpyxl.load_workbook(old / "diagnosis.xlsx")
    assert [row[0] for row in list(book["工单明细"].values)[1:]] == [f"W00{n}" for n in range(1, 8)]


def test_the_error_of_the_guide_is_the_one_that_is_told(ruledesk, old, monkeypatch):
    monkeypatch.chdir(old)
    file = old / "old.csv"
    text = file.read_text("utf-8").replace("2024/03/09 10:00", "2024/03/01 10:00")
    file.write_text(text, "utf-8")
    told = re.search(r"^```text\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.M)[1]
    command = ("report", "--csv", "old.csv", "--mapping", "map.toml")
    result = ruledesk(*command)
    assert (result.status, result.out, result.err) == (2, "", told)
    lenient = ruledesk(*command, "--lenient")
    assert lenient.status == 0
    assert "6 of 7 rows used, 1 skipped" in lenient.out
    assert "old.csv:3" in lenient.err
    assert "1 of 7 rows were left out" in lenient.err


def test_a_gb18030_export_reports_the_same(ruledesk, old):
    before = json.loads(ruledesk(*arguments(old), "--json").out)
    for name, change in (("old.csv", None), ("map.toml", ('"utf-8" ', '"gb18030" '))):
        file = old / name
        text = file.read_text("utf-8")
        if change:
            file.write_text(text.replace(*change), "utf-8")
        else:
            file.write_bytes(text.encode("gb18030"))
    assert json.loads(ruledesk(*arguments(old), "--json").out) == before


def test_periods_cut_the_tickets_by_local_dates(ruledesk, old):
    def numbers(*more):
        result = ruledesk(*arguments(old), "--by", "ticket", "--format", "csv", *more)
        assert result.status == 0, result.err
        return [row[0] for row in csv.reader(io.StringIO(result.out, newline=""))][1:]

    assert numbers("--from", "2024-03-11", "--to", "2024-03-20") == ["W003", "W004"]
    assert numbers("--to", "2024-03-01") == ["W001"]
    assert numbers("--from", "2024-04-08T08:00:01+00:00") == ["W007"]
    assert numbers("--to", "2024-04-08T08:00:00+00:00")[-1] == "W005"
    assert numbers("--line", "none") == []


@pytest.mark.parametrize("since", ["2024-03-20", "0001-01-02"])
def test_a_complaint_from_before_the_period_is_an_earlier_one(ruledesk, old, since):
    result = ruledesk(*arguments(old), "--json", "--from", since)
    assert (result.status, result.err) == (0, "")
    assert json.loads(result.out)["repeat_complaints"]["tickets"] == ["W004"]


def test_a_part_of_a_file_is_as_of_the_whole_file(ruledesk, old):
    def as_of(*more):
        result = ruledesk(*arguments(old), "--json", *more)
        assert result.status == 0, result.err
        return json.loads(result.out)["as_of"]

    assert as_of("--to", "2024-03-05") == as_of()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--from", "yesterday"), "--from: not a date or time: 'yesterday'"),
        (("--from", "2024-03-02", "--to", "2024-03-01"),
         "--to: ends before it begins: '2024-03-01' (accepted: > 2024-03-02)"),
        (("--format", "xlsx"), "--out: a workbook needs a file"),
        (("--out", "report.doc"), "--out: the file name does not say which format is meant"),
        (("--by", "ticket"), "--by: every ticket as a row is a CSV file of its own"),
        (("--out", "no/such/folder.csv"), "cannot be written"),
        (("--out", "no/such/folder.xlsx"), "cannot be written"),
        (("--recording", "x.jsonl"), "--recording: either a recording or a CSV file"),
    ],
)  # fmt: skip
def test_arguments_that_cannot_be_used(ruledesk, old, monkeypatch, more, said):
    monkeypatch.chdir(old)
    result = ruledesk(*arguments(old), *more)
    assert result.status == 2
    assert said in result.err
    assert "Traceback" not in result.err


def test_a_csv_file_without_its_mapping_is_refused(ruledesk, old):
    result = ruledesk("report", "--csv", old / "old.csv")
    assert result.status == 2
    assert "--mapping" in result.err


def test_a_recording_is_replayed_and_named_as_its_desk_does(ruledesk, tmp_path):
    result = ruledesk("report", "--recording", DAY, "--json")
    data = json.loads(result.out)
    assert data["total"]["tickets"] == 241
    assert {one["label"]["zh"] for one in data["groups"]["team"]} >= {"售后维修部", "仓储物流部"}
    assert {one["target"] for one in data["targets"]} == {"response", "update"}
    assert data["hints"]
    out = tmp_path / "day.xlsx"
    assert ruledesk("report", "--recording", DAY, "--out", out).status == 0
    book = openpyxl.load_workbook(out, read_only=True)
    assert len(list(book["工单明细"].values)) == 242
    book.close()


def fill(folder):
    desk = open_desk(load_desk(folder), deliver=False)
    line = next(iter(desk.config.lines))
    start = datetime(2026, 11, 2, 1, tzinfo=UTC)
    with_ = {"requester": {"name": "=1+1", "phone": "138"}, "type": "complaint",
             "description": "late"}  # fmt: skip
    for n in range(3):
        desk.submit(by="requester", line=line, channel="web", fields=with_,
                    at=start + timedelta(days=n))  # fmt: skip
    desk.close()


def test_a_desk_is_reported_from_its_store(ruledesk, desk):
    fill(desk)
    data = json.loads(ruledesk("report", desk, "--json").out)
    assert data["total"]["tickets"] == 3
    assert data["total"]["overdue"] == 3  # nobody has looked at them to this day
    assert data["repeat_complaints"]["count"] == 2
    one = json.loads(
        ruledesk("report", desk, "--json", "--from", "2026-11-03", "--to", "2026-11-03").out
    )
    assert one["total"]["tickets"] == 1
    assert (one["repeat_complaints"]["of"], one["repeat_complaints"]["count"]) == (1, 1)
    text = ruledesk("report", desk, "--locale", "zh")
    assert "重复投诉率" in text.out
    refused = ruledesk("report", desk, "--line", "nothing")
    assert refused.status == 2
    assert "has no such line" in refused.err


def test_where_there_is_no_desk_that_is_said(ruledesk, tmp_path):
    result = ruledesk("report", tmp_path)
    assert result.status == 2
    assert "no desk here" in result.err


def test_a_csv_file_is_written_for_spreadsheets(ruledesk, old):
    out = old / "teams.csv"
    assert ruledesk(*arguments(old), "--by", "team", "--out", out).status == 0
    content = out.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert [row[:2] for row in rows] == [
        ["Team", "Tickets"], ["售后部", "4"], ["客服部", "2"], ["物流部", "1"],
    ]  # fmt: skip


@pytest.mark.requirement("F4")
def test_a_scenario_is_replayed_like_a_recording(ruledesk, tmp_path):
    scenario = DAY.parents[1] / "scenarios" / "accept.scenario.yaml"
    result = ruledesk("report", "--recording", scenario, "--format", "json")
    assert (result.status, json.loads(result.out)["total"]["tickets"]) == (0, 1)
    two = tmp_path / "two.scenario.yaml"
    text = scenario.read_text("utf-8")
    two.write_text(f"{text}\n---\n{text}", "utf-8")
    result = ruledesk("report", "--recording", two, "--locale", "en")
    assert result.status == 2
    assert "several scenarios; a report is made of one replay: 2" in result.err


@pytest.mark.requirement("F3", "F4")
def test_a_report_is_not_written_over_what_it_reads(ruledesk, old):
    before = (old / "old.csv").read_bytes()
    result = ruledesk(*arguments(old), "--by", "ticket", "--out", old / "old.csv", "--locale", "en")
    assert result.status == 2
    assert "--out: is what the report is made from" in result.err
    assert (old / "old.csv").read_bytes() == before
