from datetime import UTC, datetime
from textwrap import dedent

import pytest

from ruledesk.errors import InvalidInput
from ruledesk.pilot.desks import choose_desk, nearest_desk
from ruledesk.pilot.values import Head

DESK = """\
[desk]
name = "Acme"
timezone = "Europe/Berlin"
locale = "en"
[lines.mine]
ruleset = "./mine.toml"
[agents.A1]
[agents.A2]
[teams.it]
agents = ["A1", "A2"]
"""


@pytest.fixture
def head(tmp_path):
    folder = tmp_path / "desk" / "scenarios"
    folder.mkdir(parents=True)

    def _head(desk=None):
        start = datetime(2026, 11, 2, tzinfo=UTC)
        return Head("x", folder / "x.scenario.yaml", start, desk=desk, desk_line=7)

    return _head


def write(folder, text=DESK):
    folder.mkdir(exist_ok=True)
    (folder / "desk.toml").write_text(dedent(text))
    return folder


def test_without_any_desk_it_is_empty_and_the_line_is_made(head):
    config = choose_desk(head(), ["hotline", "", "hotline"])
    assert [line.ruleset for line in config.lines.values()] == ["hotline"]
    assert not config.directory.agents


def test_the_nearest_desk_above_the_file(head, tmp_path):
    write(tmp_path, DESK.replace("Acme", "Far"))
    folder = write(tmp_path / "desk")
    assert nearest_desk(head().file) == folder.resolve()
    assert choose_desk(head(), ["mine"]).name == "Acme"


def test_the_desk_of_the_command_line_goes_before_the_nearest(head, tmp_path):
    write(tmp_path / "desk")
    other = write(tmp_path / "other", DESK.replace("Acme", "Other"))
    assert choose_desk(head(), ["mine"], other).name == "Other"


def test_a_path_in_the_file_goes_before_the_nearest_and_after_the_one_asked_for(head, tmp_path):
    write(tmp_path / "desk")
    write(tmp_path / "other", DESK.replace("Acme", "Other"))
    third = write(tmp_path / "third", DESK.replace("Acme", "Third"))
    assert choose_desk(head("../../other"), ["mine"]).name == "Other"
    assert choose_desk(head("../../other"), ["mine"], third).name == "Third"
    with pytest.raises(InvalidInput, match=r"x\.scenario\.yaml:7: desk: no desk here"):
        choose_desk(head("../nowhere"), [])


def test_people_inline_replace_people_and_leave_the_rest(head, tmp_path):
    write(tmp_path / "desk")
    inline = {"teams": {"it": {"agents": ["B1"]}}, "agents": {"B1": {"name": "Wang"}}}
    config = choose_desk(head(inline), ["mine", "hotline"])
    assert list(config.directory.agents) == ["B1"]
    assert config.timezone == "Europe/Berlin"
    assert {name: line.ruleset for name, line in config.lines.items()} == {
        "mine": "./mine.toml",
        "hotline": "hotline",
    }
    assert config.folder == (tmp_path / "desk").resolve()


def test_lines_inline_are_relative_to_the_file(head, tmp_path):
    inline = {"lines": {"own": {"ruleset": "../rules/own.toml"}, "hotline": {"ruleset": "a"}}}
    config = choose_desk(head(inline), ["own"])
    assert config.lines["own"].ruleset == str(tmp_path / "desk/scenarios/../rules/own.toml")
    assert config.lines["hotline"].ruleset == "a"


def test_a_broken_inline_desk_is_named(head):
    with pytest.raises(InvalidInput, match=r"x\.scenario\.yaml:7: desk.*agents\.A1\.capacty"):
        choose_desk(head({"agents": {"A1": {"capacty": 3}}}), [])
    with pytest.raises(InvalidInput, match=r"teams\.it\.hed"):
        choose_desk(head({"teams": {"it": {"hed": "A9"}}}), [])


@pytest.mark.parametrize("inline", [{"lines": 3}, {"lines": []}, {"desk": 3}, {"agents": []}])
def test_an_inline_desk_of_the_wrong_shape_is_named(head, tmp_path, inline):
    with pytest.raises(InvalidInput, match="wrong type"):
        choose_desk(head(inline), ["hotline"])
    write(tmp_path / "desk")
    with pytest.raises(InvalidInput, match="wrong type"):
        choose_desk(head(inline), ["hotline"])
