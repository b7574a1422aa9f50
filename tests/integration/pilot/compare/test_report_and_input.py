"""``ruledesk pilot compare``: its report for people, its files, and what it is given."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rich.cells import cell_len

from ruledesk.cli.app import run
from ruledesk.cli.session import Session

Command = Callable[..., int]


@pytest.mark.requirement("F5")
def test_the_report_for_people_says_first_how_many(
    shop: Path, capsys: pytest.CaptureFixture[str], ruleset: str, command: Command
) -> None:
    text = ruleset.replace('within = "2h"', 'within = "30m"').replace(
        'name = "to-it"', 'name = "t"'
    )
    (shop / "other.toml").write_text(text, "utf-8")
    assert command(shop, shop / "other.toml", "--tickets", LANG="en_US.UTF-8") == 0
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert lines[0] == "1 of 3 tickets is decided differently (33.3 %)"
    assert "  response: 2h → 30m (due earlier)  1 ticket" in lines
    assert "      a S20260312001: soon; priority = P1" in lines
    assert ["t", "(added)", "0", "2", "0", "2"] in [line.split() for line in lines]
    assert "  a S20260312001 · decided differently" in lines
    assert command(shop, shop / "other.toml", "--tickets", LC_ALL="zh_CN.UTF-8") == 0
    chinese = capsys.readouterr().out
    assert chinese.startswith("3 张工单中有 1 张决策不同（33.3 %）\n")
    for line in (*lines, *chinese.splitlines()):
        assert cell_len(line) <= 80
        assert line == line.rstrip()


def test_fail_on_change(shop: Path, ruleset: str, command: Command) -> None:
    assert command(shop, shop / "shop.toml", "--once", "--fail-on-change") == 0
    (shop / "other.toml").write_text(ruleset.replace('"2h"', '"1h"'), "utf-8")
    assert command(shop, shop / "other.toml", "--once") == 0
    assert command(shop, shop / "other.toml", "--once", "--fail-on-change") == 1


def test_the_report_in_a_file(
    shop: Path, capsys: pytest.CaptureFixture[str], command: Command
) -> None:
    text, data = shop / "report.txt", shop / "report.json"
    assert command(shop, shop / "shop.toml", "--once", "--out", str(text), LANG="en") == 0
    printed = capsys.readouterr().out
    assert printed.startswith("0 of 3 tickets are decided differently")
    assert printed.endswith(f"Written: {text}\n")
    assert "deterministic" in text.read_text("utf-8")
    assert "deterministic" not in printed
    assert command(shop, shop / "shop.toml", "--once", "--out", str(data)) == 0
    assert json.loads(data.read_text("utf-8"))["tickets"]["scanned"] == 3
    capsys.readouterr()
    assert command(shop, shop / "shop.toml", "--out", str(shop / "no" / "x.txt")) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_a_replay_that_is_not_the_same_again_is_told(
    shop: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    command: Command,
) -> None:
    @contextmanager
    def otherwise(_: object) -> Iterator[Callable[[], list[dict[str, str]]]]:
        yield lambda: [{"S20260312001": "other"}]

    monkeypatch.setattr("ruledesk.pilot.comparison.run.replayed_beside", otherwise)
    assert command(shop, shop / "shop.toml", "--fail-on-change", LANG="en") == 1
    text = " ".join(capsys.readouterr().out.split())
    assert "NO: replayed twice, the current ruleset gave other events for S20260312001" in text


# -- scenarios and lines ------------------------------------------------------------------------


def scenario(shop: Path, name: str, line: str, type_: str = "fault") -> None:
    (shop / f"{name}.scenario.yaml").write_text(
        f"""
scenario: {name}
line: {line}
start: 2026-03-12T09:00:00+08:00
steps:
- {{at: 0m, do: submit, with: {{requester: {{id: r}}, type: {type_}, description: x}}}}
- {{at: 1h, expect: {{status: closed}}}}
""",
        "utf-8",
    )


def test_a_folder_of_scenarios_of_several_lines(
    shop: Path, capsys: pytest.CaptureFixture[str], ruleset: str, english_desk: str
) -> None:
    (shop / "desk.toml").write_text(
        english_desk + '[lines.side]\nruleset = "./shop.toml"\n', "utf-8"
    )
    (shop / "two-weeks.jsonl").unlink()
    for name, line in (("one", "shop"), ("two", "shop"), ("three", "side")):
        scenario(shop, name, line)
    (shop / "other.toml").write_text(ruleset.replace('team = "it"', 'team = "sales"'), "utf-8")
    words = ["pilot", "compare", str(shop), "--with", str(shop / "other.toml"), "--json"]
    assert run(words, Session(environment={})) == 2
    assert "--line" in capsys.readouterr().err
    assert run([*words, "--line", "shop"], Session(environment={})) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["recordings"] == {"replayed": 2, "skipped": 1}
    assert data["deterministic"] is True
    assert (data["tickets"]["scanned"], data["tickets"]["decided"]) == (2, 2)
    (matrix,) = (m for m in data["matrices"] if (m["field"], m["moment"]) == ("team", "first"))
    assert [one["recording"] for one in matrix["cells"][0]["samples"]] == ["one", "two"]


def test_tickets_of_other_lines_are_skipped(
    shop: Path,
    capsys: pytest.CaptureFixture[str],
    recording: str,
    english_desk: str,
    command: Command,
) -> None:
    (shop / "desk.toml").write_text(
        english_desk + '[lines.side]\nruleset = "./shop.toml"\n', "utf-8"
    )
    step = json.loads(recording.splitlines()[1])
    more = json.dumps({**step, "at": "2026-03-18T09:00:00+08:00", "as": "d", "line": "side"})
    (shop / "two-weeks.jsonl").write_text(f"{recording}{more}\n", "utf-8")
    assert command(shop, "hotline", "--json", "--once", "--line", "side") == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["tickets"]["scanned"], data["tickets"]["skipped"]) == (1, 3)


# -- bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("candidate", "options", "told"),
    [
        ("hotlin", [], ("--with", "'hotlin'", "accepted: hotline")),
        ("./none.toml", [], ("--with", "no such file or folder", "none.toml")),
        ("hotline", ["--line", "shp"], ("--line", "'shp'", "accepted: shop")),
        ("hotline", ["--engine", "pyton"], ("'pyton'", "python")),
        ("hotline", ["--desk", "nowhere"], ("nowhere",)),
    ],
)
@pytest.mark.requirement("F4")
def test_what_is_not_there(
    shop: Path,
    capsys: pytest.CaptureFixture[str],
    candidate: str,
    options: list[str],
    told: tuple[str, ...],
    command: Command,
) -> None:
    assert command(shop, candidate, "--once", *options, LANG="en") == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    for word in told:
        assert word in captured.err


@pytest.mark.requirement("F4")
def test_a_ruleset_that_does_not_load_tells_its_own_errors(
    shop: Path, capsys: pytest.CaptureFixture[str], ruleset: str, command: Command
) -> None:
    (shop / "other.toml").write_text(ruleset.replace("urgency ==", "urgncy =="), "utf-8")
    assert command(shop, shop / "other.toml", LANG="en") == 2
    error = capsys.readouterr().err
    assert "other.toml" in error
    assert "urgncy" in error


def test_a_recording_of_another_line(
    shop: Path, capsys: pytest.CaptureFixture[str], english_desk: str, command: Command
) -> None:
    (shop / "desk.toml").write_text(
        english_desk + '[lines.side]\nruleset = "./shop.toml"\n', "utf-8"
    )
    assert command(shop, "hotline", "--once", "--line", "side", LANG="en") == 2
    error = capsys.readouterr().err
    assert "the recording has no ticket of this line: 'side' (accepted: shop)" in error


def test_a_folder_without_recordings_and_a_broken_one(
    shop: Path, capsys: pytest.CaptureFixture[str], recording: str, command: Command
) -> None:
    (shop / "two-weeks.jsonl").write_text(recording.replace('"do": "merge"', '"do": "mrge"'))
    assert command(shop, "hotline") == 2
    assert "mrge" in capsys.readouterr().err
    (shop / "empty").mkdir()
    assert run(["pilot", "compare", str(shop / "empty"), "--with", "hotline"]) == 2
