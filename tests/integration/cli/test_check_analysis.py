"""`ruledesk check` tells what the analysis of the desk's rulesets finds."""

import json

import pytest

OVERLAPPING = """
[[stages.priority.rules]]
name = "priority-crowd"
when = 'urgency == "urgent" and affected_users >= 100'
set = { priority = "critical" }
[templates.greeting]
text = { en = "Hello", zh = "您好" }
"""
HEAD = '[ruleset]\nname = "mine"\nversion = "1"\nextends = "hotline"\n'


def own(desk, more):
    """Let the desk's line run by a ruleset of its own."""
    path = desk / "mine.toml"
    path.write_text(HEAD + more, encoding="utf-8")
    text = (desk / "desk.toml").read_text(encoding="utf-8")
    text = text.replace('ruleset = "hotline"', 'ruleset = "./mine.toml"')
    (desk / "desk.toml").write_text(text, encoding="utf-8")
    return path


def append(desk, text):
    with (desk / "desk.toml").open("a", encoding="utf-8") as file:
        file.write(text)


@pytest.mark.requirement("F4")
def test_findings_have_code_rule_file_and_witness(ruledesk, desk):
    path = own(desk, OVERLAPPING)
    result = ruledesk("check", desk, "--json")
    assert result.status == 1
    data = json.loads(result.out)
    overlap, unused = data["findings"]
    assert (overlap["level"], overlap["code"]) == ("error", "overlap")
    assert overlap["rule"] == "priority-crowd"
    assert overlap["rules"] == ["priority-crowd", "priority-urgent"]
    assert overlap["file"] == str(path)
    assert overlap["where"] == f"{path}: stages.priority.rules.priority-crowd"
    assert overlap["witness"]["fields"]["urgency"] == "urgent"
    assert overlap["witness"]["fields"]["affected_users"] >= 100
    assert overlap["message_en"] != overlap["message_zh"]
    assert (unused["level"], unused["code"], unused["rule"]) == ("warning", "unused-template", None)
    assert unused["witness"] is None
    assert (data["errors"], data["warnings"]) == (1, 1)


@pytest.mark.requirement("F5")
@pytest.mark.parametrize(("locale", "word"), [("en", "for example"), ("zh", "例如")])
def test_people_see_the_witness_too(ruledesk, desk, locale, word):
    own(desk, OVERLAPPING)
    out = ruledesk("check", desk, "--locale", locale).out
    assert word in out
    assert "[overlap]" in out
    assert '"affected_users"' in out


def test_findings_of_a_ruleset_that_two_lines_share_are_told_once(ruledesk, desk):
    own(desk, OVERLAPPING)
    append(desk, '\n[lines.second]\nruleset = "./mine.toml"\n')
    assert json.loads(ruledesk("check", desk, "--json").out)["errors"] == 1


@pytest.mark.requirement("F4")
def test_rulesets_are_checked_although_desk_toml_is_wrong(ruledesk, desk):
    own(desk, OVERLAPPING)
    append(desk, '\n[agents.X]\ncapasity = 3\n[lines.other]\nruleset = "nowhere"\n')
    found = json.loads(ruledesk("check", desk, "--json").out)["findings"]
    assert [one["code"] for one in found] == [None, None, "overlap", "unused-template"]
    assert {one["value"] for one in found[:2]} == {3, "nowhere"}


@pytest.mark.requirement("F4")
def test_what_is_wrong_in_a_ruleset_is_told_beside_what_is_wrong_in_desk_toml(ruledesk, desk):
    own(desk, "[polici]\n")
    append(desk, "\n[agents.X]\ncapasity = 3\n")
    found = json.loads(ruledesk("check", desk, "--json").out)["findings"]
    assert [one["where"].partition(": ")[2] for one in found] == ["agents.X.capasity", "polici"]


@pytest.mark.parametrize("lines", ["lines = 3", "[lines]\na = 1", "[lines.a]\nruleset = 5"])
def test_lines_that_cannot_be_read_are_left_out(ruledesk, tmp_path, lines):
    (tmp_path / "desk.toml").write_text(f"{lines}\n[teams.x]\nhaed = 1\n")
    result = ruledesk("check", tmp_path, "--json")
    assert result.status == 1
    assert json.loads(result.out)["findings"]


def test_a_team_that_nothing_names_is_a_warning(ruledesk, desk):
    append(desk, '\n[teams.market]\nhead = "M1"\n[agents.M1]\n')
    (finding,) = json.loads(ruledesk("check", desk, "--json").out)["findings"]
    assert finding["level"] == "warning"
    assert finding["where"].endswith("teams.market")
    assert finding["accepted"] == ["by_hand = true"]


def test_a_team_may_be_there_for_work_by_hand(ruledesk, desk):
    append(desk, '\n[teams.market]\nhead = "M1"\nby_hand = true\n[agents.M1]\n')
    assert json.loads(ruledesk("check", desk, "--json").out)["findings"] == []


def test_teams_are_not_judged_while_a_ruleset_is_unreadable(ruledesk, desk):
    own(desk, "[polici]\n")
    append(desk, '\n[teams.market]\nhead = "M1"\n[agents.M1]\n')
    found = json.loads(ruledesk("check", desk, "--json").out)["findings"]
    assert [one["level"] for one in found] == ["error"]
