"""Problems are told where people look for them: by the names of rules, in the file of their own."""

from pathlib import Path

import pytest

from ruledesk.desk.findings import place_of
from ruledesk.errors import InvalidInput, Problem
from ruledesk.rules.load import load_ruleset

HEAD = '[ruleset]\nname = "{name}"\nversion = "1"\n'
BASE = """
[stages.priority]
hit = "first"
sets = ["priority"]
[[stages.priority.rules]]
name = "one"
when = "affected_users > 1"
set = { priority = "P0" }
[[stages.priority.rules]]
name = "two"
when = "affected_users > 2"
set = { priority = "P1" }
[[stages.priority.tables]]
name = "matrix"
fields = ["urgency"]
sets = ["priority"]
rows = [{ name = "top", is = ["high"], set = ["P0"] }]
[fields.urgency]
kind = "enum"
values = ["high", "low"]
"""
pytestmark = pytest.mark.requirement("F4")


def problems(folder: Path, own: str, base: str = BASE) -> list[Problem]:
    (folder / "base.toml").write_text(HEAD.format(name="base") + base, encoding="utf-8")
    text = HEAD.format(name="mine") + 'extends = "./base.toml"\n' + own
    (folder / "mine.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput) as refused:
        load_ruleset(folder / "mine.toml", find=Path)
    return list(refused.value.problems)


def test_a_rule_of_ones_own_is_told_by_its_name(tmp_path: Path) -> None:
    rule = '[[stages.priority.rules]]\nname = "mine, too"\nwhen = "affected_user > 3"\n'
    (problem,) = problems(tmp_path, rule)
    where = f'{tmp_path / "mine.toml"}: stages.priority.rules."mine, too".when:1'
    assert problem.field == where
    assert place_of(problem.field) == (str(tmp_path / "mine.toml"), "mine, too")


def test_what_is_wrong_in_the_base_is_told_of_the_base(tmp_path: Path) -> None:
    base = BASE.replace('is = ["high"]', 'is = ["hihg"]')
    (problem,) = problems(tmp_path, "", base)
    assert problem.field.startswith(f"{tmp_path / 'base.toml'}: ")
    assert "stages.priority.tables.matrix.rows.top.is" in problem.field
    assert place_of(problem.field)[1] == "matrix/top"


def test_one_name_twice_says_where_both_stand(tmp_path: Path) -> None:
    twice = '[[reactions]]\nname = "one"\non = ["submitted"]\nraise_flags = ["x"]\n'
    (problem,) = problems(tmp_path, twice)
    assert problem.field.endswith("mine.toml: reactions.one")
    assert all("stages.priority" in said for said in (problem.en, problem.zh))


def test_one_name_twice_in_a_list_that_extends_another(tmp_path: Path) -> None:
    rule = '[[stages.priority.rules]]\nname = "mine"\nwhen = "affected_users > 3"\n'
    (problem,) = problems(tmp_path, rule + rule)
    assert problem.field.endswith("mine.toml: stages.priority.rules")


def test_what_has_no_name_is_counted(tmp_path: Path) -> None:
    send = (
        '[[reactions]]\nname = "r"\non = ["submitted"]\nsend = [{ to = ["head"], via = ["sms"] }]\n'
    )
    (problem,) = problems(tmp_path, send)
    assert problem.field.endswith("mine.toml: reactions.r.send[1].template")


@pytest.mark.parametrize(
    ("field", "place"),
    [
        ("a/desk.toml: teams.it.head", ("a/desk.toml", None)),
        ("a/mine.toml:266", ("a/mine.toml", None)),
        ("lines.hotline: hotline@1.0.0: team (x)", (None, None)),
        ("m.toml: targets.response.limits.fast.within", ("m.toml", "fast")),
        ("m.toml: reactions[2].on", ("m.toml", None)),
    ],
)
def test_reading_a_place(field: str, place: tuple[str | None, str | None]) -> None:
    assert place_of(field) == place


def test_a_pattern_says_why_it_is_none(tmp_path: Path) -> None:
    rule = '[[stages.priority.rules]]\nname = "p"\nwhen = \'matches(description, "a(b")\'\n'
    (problem,) = problems(tmp_path, rule)
    assert all("unterminated subpattern" in said for said in (problem.en, problem.zh))
