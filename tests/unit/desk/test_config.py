"""``desk.toml`` is read whole, and everything wrong with it is told at once (F4)."""

from pathlib import Path

import pytest

from ruledesk.desk.config import DeskConfig, load_desk
from ruledesk.errors import InvalidInput
from ruledesk.model.people import Agent, Line, Team

pytestmark = pytest.mark.requirement("F4")
PEOPLE = {
    "agents": {"A1": {"name": "Li"}, "A2": {}},
    "teams": {"it": {"head": "A1", "agents": ["A1", "A2"]}},
}


def configured(**tables) -> DeskConfig:
    return DeskConfig.from_mapping(tables, folder=Path("/desk"), where="desk.toml")


def problems(**tables):
    with pytest.raises(InvalidInput) as caught:
        configured(**tables)
    for problem in caught.value.problems:
        assert problem.en
        assert problem.zh
        assert problem.field.startswith("desk.toml")
    return caught.value.problems


def test_the_example_of_the_contract_is_read(tmp_path):
    (tmp_path / "desk.toml").write_text(
        """
        [desk]
        name = "Acme service"
        timezone = "Asia/Shanghai"
        locale = "zh-CN"
        storage = "tinydb:data/desk.json"
        [lines.home-appliances]
        ruleset = "home-appliances"
        [teams.after-sales]
        head = "A100"
        agents = ["A101", "A102"]
        [agents.A100]
        [agents.A101]
        name = "Li"
        capacity = 5
        skills = ["refrigerator"]
        region = "Suzhou"
        [agents.A102]
        """,
        encoding="utf-8",
    )
    config = load_desk(tmp_path)
    assert config.name == "Acme service"
    assert config.lines == {"home-appliances": Line("home-appliances", "home-appliances")}
    assert config.directory.teams["after-sales"] == Team("after-sales", "A100", ("A101", "A102"))
    assert config.directory.agents["A101"] == Agent(
        "A101", "Li", 5, ("refrigerator",), region="Suzhou"
    )
    assert config.folder == tmp_path
    assert config.warnings == ()


def test_defaults():
    config = configured()
    assert (config.name, config.timezone, config.locale) == ("desk", "Asia/Shanghai", "zh-CN")
    assert (config.storage, config.engine) == ("tinydb:data/desk.json", "durable")
    assert config.plugins_on is None


def test_every_setting_is_read():
    config = configured(
        desk={"locale": "en", "engine": "python", "storage": "memory:"},
        plugins={"enabled": ["a"], "disabled": ["b"], "a": {"x": 1}},
        agents={
            "A1": {
                "roles": ["supervisor"],
                "away": True,
                "superior": "A2",
                "locale": "en",
                "contacts": {"phone": "1", "email": "a@b"},
            },
            "A2": {"capacity": 0},
        },
        teams={"it": {"agents": ["A2"], "title": "IT"}},
        lines={"x": {"ruleset": "hotline", "title": "X", "department": "CS"}},
        channels={"email": {"host": "h"}},
        notifiers={"file": {"via": ["sms", "email"], "path": "out"}},
    )
    assert (config.locale, config.engine, config.storage) == ("en", "python", "memory:")
    assert (config.plugins_on, config.plugins_off) == (("a",), ("b",))
    assert config.plugin_settings == {"a": {"x": 1}}
    agent = config.directory.agents["A1"]
    assert (agent.roles, agent.away, agent.superior) == (("supervisor",), True, "A2")
    assert agent.contacts == {"phone": "1", "email": "a@b"}
    assert config.directory.agents["A2"].capacity == 0
    assert config.lines["x"] == Line("x", "hotline", "X", "CS")
    assert config.channels == {"email": {"host": "h"}}
    assert config.notifiers == {"file": {"via": ["sms", "email"], "path": "out"}}


@pytest.mark.parametrize(
    ("tables", "field", "accepted"),
    [
        ({"dekc": {}}, "dekc", "desk"),
        ({"desk": {"timezon": "UTC"}}, "desk.timezon", "timezone"),
        ({"desk": 1}, "desk", "a table"),
        ({"desk": {"name": 1}}, "desk.name", "a text"),
        ({"desk": {"timezone": "Asia/Shangai"}}, "desk.timezone", "Asia/Shanghai"),
        ({"desk": {"timezone": "Shanghai"}}, "desk.timezone", "Asia/Shanghai"),
        ({"desk": {"timezone": "../x"}}, "desk.timezone", "UTC"),
        ({"desk": {"locale": "fr"}}, "desk.locale", "zh-CN"),
        ({"desk": {"storage": "data/desk.json"}}, "desk.storage", "tinydb:data/desk.json"),
        ({"plugins": {"enabled": "web"}}, "plugins.enabled", "a list of texts"),
        ({"plugins": {"disable": ["web"]}}, "plugins.disable", "disabled"),
        ({"lines": {"a": {}}}, "lines.a.ruleset", "a text"),
        ({"lines": {"a": {"rulset": "x", "ruleset": "x"}}}, "lines.a.rulset", "ruleset"),
        ({"lines": {"a": "hotline"}}, "lines.a", "a table"),
        ({"agents": {"A1": {"capacity": -1}}}, "agents.A1.capacity", ">= 0"),
        ({"agents": {"A1": {"capacity": "5"}}}, "agents.A1.capacity", "a whole number"),
        ({"agents": {"A1": {"capacity": True}}}, "agents.A1.capacity", "a whole number"),
        ({"agents": {"A1": {"roles": ["supervizor"]}}}, "agents.A1.roles", "supervisor"),
        ({"agents": {"A1": {"superior": "A7"}}}, "agents.A1.superior", "A1"),
        ({"agents": {"A1": {"contacts": {"fone": "1"}}}}, "agents.A1.contacts.fone", "phone"),
        ({"notifiers": {"file": {"via": ["smss"]}}}, "notifiers.file.via", "sms"),
    ],
)
def test_a_problem_names_key_path_and_what_is_accepted(tables, field, accepted):
    (problem,) = problems(**tables)
    assert problem.field == f"desk.toml: {field}"
    assert accepted in problem.accepted


def test_head_is_no_role_of_an_agent():
    (problem,) = problems(agents={"A1": {"roles": ["head"]}})
    assert "team" in problem.en


@pytest.mark.parametrize("name", ["a b", "a:b", "a,b", "a/b", ""])
def test_names_that_would_break_addresses_are_refused(name):
    (problem,) = problems(teams={name: {}})
    assert problem.value == name


def test_doubles_are_refused():
    (problem,) = problems(agents=PEOPLE["agents"], teams={"it": {"agents": ["A1", "A1"]}})
    assert (problem.field, problem.value) == ("desk.toml: teams.it.agents", "A1")
    (problem,) = problems(plugins={"enabled": ["web"], "disabled": ["web"]})
    assert problem.value == "web"


def test_all_problems_come_at_once():
    fields = [
        problem.field
        for problem in problems(
            desk={"timezone": "x", "locale": "y"},
            lines={"a": {}},
            agents={"A1": {"capacity": -1}},
            teams={"it": {"head": 7}},
            extra=1,
        )
    ]
    assert fields == [
        "desk.toml: desk.timezone",
        "desk.toml: desk.locale",
        "desk.toml: lines.a.ruleset",
        "desk.toml: agents.A1.capacity",
        "desk.toml: teams.it.head",
        "desk.toml: extra",
    ]


def test_an_agent_in_no_team_and_an_empty_team_are_warnings():
    config = configured(agents={"A1": {}, "S": {"roles": ["director"]}}, teams={"it": {}})
    assert [warning.field for warning in config.warnings] == [
        "desk.toml: lines",
        "desk.toml: agents.A1",
        "desk.toml: teams.it",
    ]


def test_a_folder_without_a_desk_says_what_to_do(tmp_path):
    with pytest.raises(InvalidInput, match="ruledesk init") as caught:
        load_desk(tmp_path)
    assert caught.value.problems[0].field == str(tmp_path / "desk.toml")


def test_syntax_errors_name_file_and_line(tmp_path):
    (tmp_path / "desk.toml").write_text("[desk]\nname = Acme\n")
    with pytest.raises(InvalidInput) as caught:
        load_desk(tmp_path)
    assert caught.value.problems[0].field == f"{tmp_path / 'desk.toml'}:2"


def test_a_name_declared_twice_is_told_with_its_line(tmp_path):
    (tmp_path / "desk.toml").write_text("[agents.A1]\n[agents.A2]\n[agents.A1]\n")
    with pytest.raises(InvalidInput) as caught:
        load_desk(tmp_path)
    assert caught.value.problems[0].field == f"{tmp_path / 'desk.toml'}:3"


def test_the_file_itself_will_do(tmp_path):
    (tmp_path / "desk.toml").write_text("")
    assert load_desk(tmp_path / "desk.toml").folder == tmp_path


def test_keys_that_yaml_reads_as_numbers_are_names():
    config = configured(agents={101: {"name": "Li"}}, teams={"it": {"agents": ["101"]}})
    assert config.directory.agents["101"].name == "Li"


@pytest.mark.parametrize(
    ("tables", "field", "accepted"),
    [
        ({**PEOPLE, "teams": {"it": {"head": "A3"}}}, "teams.it.head", "A1"),
        ({**PEOPLE, "teams": {"it": {"agents": ["A9"]}}}, "teams.it.agents", "A2"),
        ({"teams": {"it": {"head": "A9"}}}, "teams.it.head", "[agents.A9]"),
    ],
)
def test_people_whom_only_a_team_names_get_the_defaults_and_a_warning(tables, field, accepted):
    config = DeskConfig.from_mapping(tables, folder=Path())
    warning = next(w for w in config.warnings if field in w.field)
    assert accepted in warning.accepted
    assert config.directory.agents[warning.value].capacity == 5
