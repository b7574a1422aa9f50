"""Coverage and the mutation check, from the command line, on a small desk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ruledesk.cli.app import run
from ruledesk.pilot.play import play

RULESET = """
[ruleset]
name = "shop"
version = "1.0.0"
[fields.description]
required = true
[fields.type]
kind = "enum"
values = ["fault", "question"]
[stages.route]
sets = ["team"]
default = { team = "sales" }
[[stages.route.rules]]
name = "to-it"
manual = "A9"
when = 'type == "fault"'
set = { team = "it" }
[[stages.route.tables]]
name = "by-channel"
fields = ["channel"]
sets = ["team"]
rows = [{ name = "phone", is = ["phone"], set = ["it"] }]
[targets.response]
met_by = ["accepted"]
[[targets.response.limits]]
name = "in-time"
within = "2h"
[[reactions]]
name = "flag-late"
on = ["target_breached"]
when = 'priority == "none" or status == "new"'
raise_flags = ["late"]
[[reactions]]
name = "tell"
on = ["submitted"]
when = 'type == "fault"'
send = [{ to = ["requester"], via = ["sms"], template = "hello" }]
[templates.hello]
text = "Hello"
"""
CHILD = """
[ruleset]
name = "child"
version = "2.0.0"
extends = "./shop.toml"
[[stages.route.rules]]
name = "own"
when = 'type == "question"'
set = { team = "it" }
"""
WEAK = """
scenario: Weak
line: shop
start: 2026-03-12T09:00:00+08:00
steps:
- {at: 0m, do: submit, with: {requester: {name: Z, phone: "1"}, type: fault, description: x}}
- {at: 3h, expect: {status: new}}
"""
STRONG = """
scenario: Strong
line: shop
start: 2026-03-12T09:00:00+08:00
steps:
- at: 0m
  do: submit
  with: {requester: {name: Z, phone: "1"}, type: fault, description: x}
  expect:
    team: it
    targets.response.due: 2026-03-12T11:00:00+08:00
    sent: [{about: hello}]
- {at: 3h, expect: {flags: {contains: late}}}
- {at: 3h, do: submit, with: {requester: {name: Y, phone: "2"}}, refused: description}
- {at: 3h, do: submit, with: {requester: {name: Y, phone: "2"}, type: other, description: x},
   refused: type}
- at: 4h
  do: submit
  channel: phone
  with: {requester: {name: Y, phone: "2"}, type: question, description: x}
  expect: {team: it, agent: A1}
- {at: 5h, do: accept, by: "agent:A1", expect: {targets.response.state: met}}
- at: 6h
  do: submit
  with: {requester: {name: Y, phone: "2"}, type: question, description: x}
  expect: {team: sales, not_sent: [{about: hello}]}
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shop_desk: str) -> Path:
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    (tmp_path / "shop.toml").write_text(RULESET, "utf-8")
    (tmp_path / "desk.toml").write_text(shop_desk, "utf-8")
    return tmp_path


def write(shop: Path, text: str, name: str = "one") -> None:
    (shop / f"{name}.scenario.yaml").write_text(text, "utf-8")


def summary(text: str) -> dict[str, Any]:
    last: dict[str, Any] = json.loads(text.splitlines()[-1])
    return last


def test_coverage_says_what_nothing_shows(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(shop, WEAK)
    assert run(["pilot", "run", str(shop), "--coverage", "--engine", "python"]) == 0
    text = capsys.readouterr().out
    assert "shop@1.0.0 · shown by scenarios: 5/9 (55.6 %)" in text
    assert f"  {shop / 'shop.toml'}\n" in text
    told = [line for line in text.splitlines() if line.startswith("  - ")]
    assert told == [
        "  - table row by-channel/phone (route): never fired",
        "  - target response: never met",
        "  - form field description: never refused as missing",
        "  - form field type: never refused for its value",
    ]


def test_a_scenario_that_shows_everything(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(shop, STRONG)
    options = ["--coverage-min", "100", "--engine", "python", "--json"]
    assert run(["pilot", "run", str(shop), *options]) == 0
    (covered,) = summary(capsys.readouterr().out)["coverage"]
    assert covered["missing"] == []
    assert (covered["parts"], covered["shown"], covered["percent"]) == (9, 9, 100.0)


def test_too_little_coverage_is_no(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(shop, WEAK)
    command = ["pilot", "run", str(shop), "--engine", "python", "--json"]
    assert run([*command, "--coverage-min", "55"]) == 0
    assert run([*command, "--coverage-min", "56"]) == 1
    data = summary(capsys.readouterr().out)
    assert data["summary"]["failed"] == 0
    assert data["coverage"][0]["missing"][0] == {
        "kind": "row", "name": "by-channel/phone", "place": "route", "way": "",
        "file": str(shop / "shop.toml"), "manual": [],
    }  # fmt: skip
    assert run(command) == 0
    assert "coverage" not in summary(capsys.readouterr().out)


def test_what_is_extended_counts_where_it_stands(
    shop: Path, capsys: pytest.CaptureFixture[str], shop_desk: str
) -> None:
    (shop / "child.toml").write_text(CHILD, "utf-8")
    lines = '[lines.child]\nruleset = "./child.toml"\n'
    (shop / "desk.toml").write_text(lines + shop_desk, "utf-8")
    write(shop, STRONG.replace("line: shop", "line: child").replace("team: sales", "team: it"))
    options = ["--engine", "python", "--coverage", "--json"]
    run(["pilot", "run", str(shop), *options])
    (only,) = summary(capsys.readouterr().out)["coverage"]
    # What the child inherits has scenarios of its own; the line `shop` was not used.
    assert (only["ruleset"], only["parts"], only["percent"]) == ("child@2.0.0", 1, 100.0)
    write(shop, WEAK, "two")
    run(["pilot", "run", str(shop), *options])
    child, base = summary(capsys.readouterr().out)["coverage"]
    assert (child["ruleset"], base["ruleset"]) == ("child@2.0.0", "shop@1.0.0")
    # The child's tickets have shown what stands in the other file, but for what its own rule hides.
    assert [one["name"] for one in base["missing"]] == ["by-channel/phone"]


# -- mutation ---------------------------------------------------------------------------------


def mutate(shop: Path, *options: str) -> int:
    return run(["pilot", "mutate", str(shop / "shop.toml"), *options])


def test_every_change_is_noticed_by_a_good_scenario(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(shop, STRONG)
    assert mutate(shop, "--json", "--min", "100") == 0
    data = summary(capsys.readouterr().out)
    # 2 rules and 2 reactions deleted and flipped, a limit deleted and doubled, a target deleted.
    assert (data["mutants"], data["killed"], data["percent"]) == (11, 11, 100.0)
    assert data["survived"] == data["stillborn"] == []


def test_survivors_are_told_and_too_many_are_no(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(shop, WEAK)
    assert mutate(shop) == 1
    text = capsys.readouterr().out
    assert "survived: rule to-it (route) [A9]: deleted" in text
    assert "survived: rule to-it (route) [A9]: condition negated" in text
    assert "survived: limit in-time (response): duration doubled" in text
    assert "survived: target response: deleted" in text
    assert "shop@1.0.0: 11 mutants, 0 noticed (0.0 %), 11 survived, 0 stillborn" in text
    assert mutate(shop, "--min", "0", "--locale", "zh") == 0
    assert "存活: 规则 to-it (route) [A9]: 条件取反" in capsys.readouterr().out


def test_only_the_files_own_parts_are_changed_also_below_what_extends_it(
    shop: Path, capsys: pytest.CaptureFixture[str], shop_desk: str
) -> None:
    (shop / "child.toml").write_text(CHILD, "utf-8")
    lines = '[lines.child]\nruleset = "./child.toml"\n'
    (shop / "desk.toml").write_text(lines + shop_desk, "utf-8")
    write(shop, STRONG.replace("line: shop", "line: child").replace("team: sales", "team: it"))
    assert run(["pilot", "mutate", str(shop / "child.toml"), "--json"]) == 0
    data = summary(capsys.readouterr().out)
    assert (data["ruleset"], data["mutants"], data["killed"]) == ("child@2.0.0", 2, 2)
    assert mutate(shop, "--json", "--min", "0") == 0
    data = summary(capsys.readouterr().out)
    # The child's own rule stands in for the row; all else is noticed on the child's line.
    assert data["mutants"] == 11
    assert {one["name"] for one in data["survived"]} <= {"by-channel/phone"}


def test_a_scenario_that_fails_unchanged_is_unusable(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(shop, STRONG.replace("team: sales", "team: nowhere"))
    assert mutate(shop) == 2
    assert "fails without any change" in capsys.readouterr().err


def test_a_ruleset_that_no_scenario_runs(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(shop, STRONG)
    (shop / "child.toml").write_text(CHILD, "utf-8")
    assert run(["pilot", "mutate", str(shop / "child.toml")]) == 2
    assert "no scenario runs a line by this ruleset" in capsys.readouterr().err
    assert run(["pilot", "mutate", str(shop / "none.toml")]) == 2
    assert "no such file" in capsys.readouterr().err


def test_a_desk_that_crashes_has_noticed_nothing(
    shop: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def crashing(desk: Any, head: Any, steps: Any) -> Any:
        if not desk.rulesets["shop"].targets:
            raise KeyError("response")
        return play(desk, head, steps)

    monkeypatch.setattr("ruledesk.pilot.mutation.play", crashing)
    write(shop, STRONG)
    assert mutate(shop, "--json", "--min", "100") == 1
    data = summary(capsys.readouterr().out)
    assert (data["mutants"], data["killed"], data["stillborn"]) == (11, 10, [])
    (crashed,) = data["crashed"]
    assert (crashed["kind"], crashed["change"]) == ("target", "deleted")
    assert crashed["why"] == "KeyError: 'response'"
    assert mutate(shop) == 1
    text = capsys.readouterr().out
    assert "crashed: target response: deleted: KeyError: 'response' (" in text
    assert "11 mutants, 10 noticed (90.9 %), 0 survived, 0 stillborn, 1 crashed;" in text
