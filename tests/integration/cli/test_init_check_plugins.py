"""`init`, `check` and `plugins` on real folders."""

import json

import pytest

from ruledesk.desk.config import load_desk
from ruledesk.hooks.manager import load_plugins


def rulesets():
    plugins = load_plugins()
    plugins.close()
    return plugins.registry.rulesets.names()


def edit(desk, old, new):
    path = desk / "desk.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize("locale", ["zh", "en"])
@pytest.mark.parametrize("ruleset", rulesets())
def test_a_new_desk_passes_check_and_its_scenario(ruledesk, tmp_path, ruleset, locale):
    folder = tmp_path / "new" / "desk"
    made = ruledesk("init", folder, "--ruleset", ruleset, "--locale", locale)
    assert (made.status, made.err) == (0, "")
    checked = ruledesk("check", folder, "--json")
    assert json.loads(checked.out)["findings"] == []
    played = ruledesk("pilot", "run", folder / "scenarios", "--json")
    assert played.status == 0, played.out + played.err


@pytest.mark.requirement("F5")
def test_a_new_desk_speaks_the_chosen_language(ruledesk, tmp_path):
    ruledesk("init", tmp_path / "a", LANG="en_US.UTF-8")
    ruledesk("init", tmp_path / "b")
    assert load_desk(tmp_path / "a").locale == "en"
    assert load_desk(tmp_path / "b").locale == "zh-CN"


def test_a_folder_that_holds_anything_is_refused(ruledesk, tmp_path):
    (tmp_path / "note.txt").write_text("mine")
    result = ruledesk("init", tmp_path)
    assert result.status == 2
    assert str(tmp_path) in result.err
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


def test_a_file_is_no_folder(ruledesk, tmp_path):
    (tmp_path / "note.txt").write_text("mine")
    assert ruledesk("init", tmp_path / "note.txt").status == 2


def test_a_place_that_cannot_be_written_is_named(ruledesk, tmp_path):
    (tmp_path / "note.txt").write_text("mine")
    result = ruledesk("init", tmp_path / "note.txt" / "desk", "--locale", "en")
    assert result.status == 2
    assert result.err == f"error: {tmp_path}/note.txt/desk: cannot be written (Not a directory)\n"


def test_an_unknown_ruleset_gets_suggestions_and_nothing_is_written(ruledesk, tmp_path):
    result = ruledesk("init", tmp_path / "desk", "--ruleset", "hotlin")
    assert result.status == 2
    assert "hotline" in result.err
    assert not (tmp_path / "desk").exists()


# -- check ------------------------------------------------------------------------------------


def test_check_of_the_current_folder(ruledesk, desk, monkeypatch):
    monkeypatch.chdir(desk)
    result = ruledesk("check")
    assert (result.status, result.err) == (0, "")
    assert "0 errors, 0 warnings" in result.out


@pytest.mark.requirement("F4")
@pytest.mark.parametrize(
    "url",
    [
        "sqlite:data/desk.db", "sqlite:///", "postgresql://host", "postgresql://u:ge@heim@host/db",
        "postgresql://u:geheim@host/db?blah=1",
    ],
)  # fmt: skip
def test_a_store_that_cannot_be_named_so_is_a_finding(ruledesk, desk, url):
    """Nothing is connected with or made."""
    before = sorted(desk.rglob("*"))
    file = desk / "desk.toml"
    file.write_text(file.read_text("utf-8").replace("tinydb:data/desk.json", url), "utf-8")
    result = ruledesk("check", desk, "--locale", "en")
    assert (result.status, "1 error, 0 warnings" in result.out) == (1, True)
    assert "error  storage: " in result.out
    assert "heim" not in result.out
    assert sorted(desk.rglob("*")) == before


def test_check_tells_everything_at_once(ruledesk, desk):
    edit(desk, "[teams.logistics]", "[teams.logistix]")
    with (desk / "desk.toml").open("a", encoding="utf-8") as file:
        file.write(
            """
            [channels.wbe]
            line = "hotlin"
            [agents.X1]
            [lines.b]
            ruleset = "hotlin"
            [lines.c]
            ruleset = "./none.toml"
            [plugins.nobody]
            [notifiers.pigeon]
            """
        )
    result = ruledesk("check", desk, "--json")
    assert result.status == 1
    data = json.loads(result.out)
    found = {
        (finding["level"], finding["where"].partition("desk.toml: ")[2] or finding["where"])
        for finding in data["findings"]
    }
    assert ("error", "channels.wbe") in found
    assert ("error", "channels.wbe.line") in found
    assert ("error", "lines.b.ruleset") in found
    assert ("error", "lines.c.ruleset") in found
    assert ("error", "notifiers.pigeon") in found
    assert ("warning", "agents.X1") in found
    assert ("warning", "plugins.nobody") in found
    teams = [one for one in data["findings"] if one["value"] == "logistics"]
    assert teams[0]["accepted"] == ["logistix"]
    assert teams[0]["level"] == "warning"
    assert all(one["message_en"] and one["message_zh"] for one in data["findings"])
    assert data["errors"] == sum(1 for level, _ in found if level == "error")
    assert data["ok"] is False


@pytest.mark.requirement("F4")
def test_a_wrong_key_is_a_finding(ruledesk, desk):
    edit(desk, "head = ", "haed = ")
    result = ruledesk("check", desk)
    assert result.status == 1
    assert "teams.after-sales.haed" in result.out.replace("\n", "")


@pytest.mark.requirement("F4")
def test_a_wrong_engine_and_storage_are_findings(ruledesk, desk):
    edit(desk, 'storage = "tinydb:', 'engine = "durabel"\nstorage = "tinydbb:')
    found = json.loads(ruledesk("check", desk, "--json").out)["findings"]
    assert {finding["value"] for finding in found} == {"durabel", "tinydbb"}


def test_ways_that_no_notifier_handles_are_warnings(ruledesk, desk):
    edit(desk, "[notifiers.file]", '[notifiers.file]\nvia = ["sms"]')
    data = json.loads(ruledesk("check", desk, "--json").out)
    assert data["ok"] is True
    assert "email" in {finding["value"] for finding in data["findings"]}


def test_a_role_that_nobody_holds_is_a_warning(ruledesk, desk):
    edit(desk, '"supervisor", "administrator"', '"administrator"')
    data = json.loads(ruledesk("check", desk, "--json").out)
    assert [one["value"] for one in data["findings"]] == ["supervisor"]


def test_the_own_ruleset_is_checked(ruledesk, desk):
    mine = desk / "rulesets" / "mine.toml"
    mine.parent.mkdir()
    mine.write_text('[ruleset]\nname = "mine"\nversion = "1"\nextends = "hotline"\n[polici]\n')
    edit(desk, 'ruleset = "hotline"', 'ruleset = "./rulesets/mine.toml"')
    result = ruledesk("check", desk, "--json")
    assert result.status == 1
    (finding,) = json.loads(result.out)["findings"]
    assert finding["where"].endswith("mine.toml: polici")
    assert "policy" in finding["accepted"]


def test_no_desk_is_unusable_input(ruledesk, tmp_path):
    result = ruledesk("check", tmp_path, LANG="zh_CN.UTF-8")
    assert (result.status, result.out) == (2, "")
    assert "ruledesk init" in result.err
    assert result.err.startswith("错误: ")


def test_a_file_that_is_not_toml_is_a_finding_with_its_line(ruledesk, tmp_path):
    (tmp_path / "desk.toml").write_text("[desk]\nname = \n")
    result = ruledesk("check", tmp_path, "--json")
    assert result.status == 1
    (finding,) = json.loads(result.out)["findings"]
    assert finding["where"].endswith("desk.toml:2")


def test_check_writes_nothing(ruledesk, desk):
    before = sorted(desk.rglob("*"))
    ruledesk("check", desk)
    assert sorted(desk.rglob("*")) == before


def test_findings_fit_into_eighty_columns(ruledesk, desk):
    edit(desk, "[teams.logistics]", "[teams.logistix]")
    lines = ruledesk("check", desk).out.splitlines()
    assert max(map(len, lines)) <= 80
    assert not any(line.endswith(" ") for line in lines)


# -- plugins ----------------------------------------------------------------------------------


def test_plugins_lists_what_is_installed(ruledesk, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = ruledesk("plugins")
    assert result.status == 0
    assert "channel:web" in result.out
    assert "ruleset:hotline" in result.out


def test_plugins_as_json_on_a_desk(ruledesk, desk):
    with (desk / "desk.toml").open("a", encoding="utf-8") as file:
        file.write('[plugins]\ndisabled = ["email"]\n')
    result = ruledesk("plugins", desk, "--json")
    assert result.status == 0
    infos = {info["name"]: info for info in json.loads(result.out)}
    assert infos["email"]["status"] == "off"
    assert infos["email"]["why"]
    assert infos["web"]["status"] == "on"


def test_an_unknown_plugin_is_unusable_input(ruledesk, desk):
    with (desk / "desk.toml").open("a", encoding="utf-8") as file:
        file.write('[plugins]\ndisabled = ["emial"]\n')
    result = ruledesk("plugins", desk)
    assert result.status == 2
    assert "email" in result.err
