"""What a ruleset names and a desk lacks."""

from datetime import date
from pathlib import Path

import pytest

from ruledesk.calendar.china import known_years
from ruledesk.cli.sample.people import staff_for
from ruledesk.cli.sample.scenario import sample_fields
from ruledesk.desk.check_ruleset import check_ruleset
from ruledesk.desk.config import DeskConfig
from ruledesk.hooks.manager import load_plugins
from ruledesk.rules.load import ruleset_from_document

KNOWN = date(known_years()[-1], 6, 1)
UNKNOWN = date(known_years()[-1] + 1, 6, 1)
DOCUMENT = {
    "ruleset": {"name": "small", "version": "1"},
    "dispatch": {"strategy": "least_loadedd"},
    "fields": {
        "type": {"kind": "enum", "values": {"a": "A", "b": "B"}, "required": True},
        "affected_users": {"minimum": 3, "required_when": 'type == "a"'},
        "occurred_at": {"required_when": "affected_users >= 3"},
        "urgency": {"kind": "enum", "values": ["low"], "required": True, "default": "low"},
        "contact": {"required": True},
    },
    "stages": {
        "route": {
            "sets": ["team", "agent", "skills"],
            "default": {"team": "sales"},
            "rules": [
                {"name": "r1", "set": {"team": "it", "skills": ["linux"]}},
                {"name": "r2", "set": {"agent": "A9"}},
                {"name": "r3", "set": {"team": "it"}},
            ],
        }
    },
    "reactions": [
        {"name": "tell", "on": ["submitted"], "escalate_to": "role:director",
         "send": [{"to": ["team:quality", "requester"], "via": ["sms"], "template": "t"}]},
    ],
    "templates": {"t": {"subject": "x", "text": "x"}},
}  # fmt: skip


@pytest.fixture(scope="module")
def ruleset():
    return ruleset_from_document(DOCUMENT)


@pytest.fixture(scope="module")
def registry():
    plugins = load_plugins()
    plugins.close()
    return plugins.registry


def findings(ruleset, registry, today=KNOWN, **tables):
    config = DeskConfig.from_mapping(tables, folder=Path("/desk"))
    return list(check_ruleset("small", ruleset, config, registry, today))


def test_everything_that_is_lacking_is_told_once(ruleset, registry):
    found = findings(ruleset, registry)
    assert [(one.level, one.problem.value) for one in found] == [
        ("warning", "it"),
        ("warning", "linux"),
        ("warning", "A9"),
        ("warning", "sales"),
        ("error", "least_loadedd"),
        ("warning", "quality"),
        ("warning", "director"),
        ("warning", "sms"),
    ]
    assert found[0].problem.field == "lines.small: small@1: team (r1, +1)"
    assert found[4].problem.accepted == ("least_loaded",)


def test_what_is_there_is_not_told(ruleset, registry):
    found = findings(
        ruleset,
        registry,
        agents={"A9": {"skills": ["linux"], "roles": ["director"]}},
        teams={name: {"agents": ["A9"]} for name in ("it", "sales", "quality")},
        notifiers={"file": {}},
    )
    assert [one.problem.value for one in found] == ["least_loadedd"]


@pytest.mark.requirement("F1")
def test_holidays_that_run_out_are_told(ruleset, registry):
    told = [one for one in findings(ruleset, registry, UNKNOWN) if one.problem.value == "CN"]
    assert [one.level for one in told] == ["warning"]


def test_sample_people_fill_every_team_role_and_skill(ruleset):
    staff = staff_for(ruleset, "en")
    assert set(staff.teams) == {"it", "sales", "quality"}
    assert staff.holding("director")
    assert staff.holding("supervisor")
    assert "linux" in {skill for agent in staff.agents.values() for skill in agent.skills}
    assert "A9" in staff.agents


def test_a_sample_ticket_has_what_the_form_requires_in_turn(ruleset):
    values = sample_fields(ruleset, "en")
    assert (values["type"], values["affected_users"]) == ("a", 3)
    assert "occurred_at" in values
    assert "urgency" not in values
