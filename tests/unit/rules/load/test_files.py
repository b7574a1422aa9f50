"""Ruleset files: what they extend, what identifies them, and every mistake by name."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ruledesk.errors import InvalidInput, Problem
from ruledesk.rules.load import load_ruleset, ruleset_from_document
from ruledesk.rules.ruleset import Ruleset

SAMPLE = Path(__file__).parents[3] / "samples" / "rulesets" / "full.toml"
Load = Callable[..., Ruleset]


def find(name: str) -> Path:
    if name == "full":
        return SAMPLE
    raise InvalidInput.of("no such ruleset", "没有此规则集", value=name, accepted=("full",))


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Writes files and loads ``top.toml``; `top` is what it says below its head."""

    def loaded(top: str, extends: str = "full", folder: str = ".", **others: str) -> Ruleset:
        home = tmp_path / folder
        home.mkdir(exist_ok=True, parents=True)
        head = f'[ruleset]\nname = "top"\nversion = "1.0"\nextends = "{extends}"\n'
        (home / "top.toml").write_text(head + top, encoding="utf-8")
        for name, text in others.items():
            (home / f"{name}.toml").write_text(text, encoding="utf-8")
        return load_ruleset(home / "top.toml", find=find)

    return loaded


def refused(attempt: Callable[[], Any]) -> tuple[Problem, ...]:
    with pytest.raises(InvalidInput) as error:
        attempt()
    return error.value.problems


def reactions(ruleset: Ruleset) -> dict[str, Any]:
    return {reaction.name: reaction for reaction in ruleset.reactions}


def stage_rules(ruleset: Ruleset, stage: str) -> tuple[Any, ...]:
    (found,) = (one for one in ruleset.stages if one.name == stage)
    return found.rules


ROUTE = """
[[stages.route.rules]]
name = "{name}"
before = "{before}"
when = 'present(order)'
set = {{ team = "quality" }}
"""

# -- extends --------------------------------------------------------------------------------------


def test_rules_are_replaced_appended_and_switched_off(load: Load) -> None:
    ruleset = load(
        """
[[reactions]]
name = "batch"
on = ["submitted"]
raise_flags = ["vague"]
[[reactions]]
name = "mine"
on = ["submitted"]
raise_flags = ["vague"]
[[reactions]]
name = "put-away"
off = true
[[stages.priority.rules]]
name = "emergency-first"
when = "affected_users > 5"
set = { priority = "P0" }
[[targets.response.limits]]
name = "response-p0"
when = 'priority == "P0"'
within = "5m"
[policy]
edit = "own"
"""
    )
    base = load_ruleset(SAMPLE, find=find)
    names = [name for name in reactions(base) if name != "put-away"]
    assert list(reactions(ruleset)) == [*names, "mine"]
    assert reactions(ruleset)["batch"].raise_flags == ("vague",)
    assert reactions(ruleset)["batch"].origin.endswith("top.toml")
    assert reactions(ruleset)["remind"].origin.endswith("full.toml")
    (priority,) = (s for s in ruleset.stages if s.name == "priority")
    assert [rule.name for rule in priority.rules] == ["emergency-first"]
    assert ruleset.targets["response"].durations["response-p0"].amount == 5
    assert (ruleset.policy.edit, ruleset.policy.on_decline) == ("own", "follow_up")
    assert ruleset.id == "top@1.0"


def test_a_chain_of_three(load: Load) -> None:
    middle = '[ruleset]\nname = "middle"\nversion = "2"\nextends = "full@1.2.0"\n'
    ruleset = load("", extends="./middle.toml@2", middle=middle + '[policy]\nedit = "any"\n')
    assert ruleset.policy.edit == "any"
    assert "kitchen" in ruleset.rule_names()


@pytest.mark.requirement("F4")
@pytest.mark.parametrize(
    ("extends", "value", "accepted"),
    [
        ("full@9.9.9", "full@9.9.9", ("full@1.2.0",)),
        ("nothing", "nothing", ("full",)),
        ("", "", ("full",)),
        ("./odd.toml@1", "./odd.toml@1", ("./odd.toml@",)),
    ],
)
def test_what_cannot_be_extended(
    extends: str, value: str, accepted: tuple[str, ...], load: Load
) -> None:
    (problem,) = refused(lambda: load("", extends=extends, odd="ruleset = 3\n"))
    assert problem.field.endswith("top.toml: ruleset.extends")
    assert (problem.value, problem.accepted) == (value, accepted)


@pytest.mark.parametrize("extends", ["./top.toml", "./other.toml", "./../x/top.toml"])
def test_circles(extends: str, load: Load) -> None:
    other = '[ruleset]\nname = "o"\nversion = "1"\nextends = "./top.toml"\n'
    (problem,) = refused(lambda: load("", extends=extends, folder="x", other=other))
    assert "circle" in problem.en
    assert "top.toml" in problem.field


@pytest.mark.parametrize("extends", ["./none.toml", "../", "x/y/z"])
def test_a_file_that_is_not_there(extends: str, load: Load) -> None:
    (problem,) = refused(lambda: load("", extends=extends))
    assert "no such file" in problem.en


def test_a_path_that_is_none(load: Load) -> None:
    (problem,) = refused(lambda: load("", extends="./a\\u0000.toml"))
    assert problem.field.endswith("ruleset.extends")


def test_a_rule_is_put_in_front_of_another(load: Load) -> None:
    base = [rule.name for rule in stage_rules(load(""), "route")]
    one = load(ROUTE.format(name="mine", before=base[0]))
    assert [rule.name for rule in stage_rules(one, "route")] == ["mine", *base]
    moved = load(ROUTE.format(name=base[-1], before=base[0]))
    assert [rule.name for rule in stage_rules(moved, "route")] == [base[-1], *base[:-1]]
    assert stage_rules(moved, "route")[0].set == {"team": "quality"}


@pytest.mark.requirement("F4")
@pytest.mark.parametrize("before", ["mine", "nowhere"])
def test_a_rule_stands_before_one_that_is_there(before: str, load: Load) -> None:
    (problem,) = refused(lambda: load(ROUTE.format(name="mine", before=before)))
    assert problem.field.endswith("top.toml: stages.route.rules.mine.before")
    assert problem.value == before
    assert problem.accepted


@pytest.mark.requirement("F4")
def test_switching_off_what_is_not_there(load: Load) -> None:
    (problem,) = refused(lambda: load('[[reactions]]\nname = "put-awy"\noff = true\n'))
    assert (problem.value, problem.accepted[0]) == ("put-awy", "put-away")
    assert "top.toml" in problem.field


def test_a_name_given_twice_is_not_dropped_in_silence(load: Load) -> None:
    twice = '[[reactions]]\nname = "r"\non = ["submitted"]\nraise_flags = ["a"]\n' * 2
    (problem,) = refused(lambda: load(twice))
    assert problem.value == "r"


# -- identity -------------------------------------------------------------------------------------


@pytest.mark.requirement("F2")
def test_the_hash_does_not_tell_where_files_lie(load: Load) -> None:
    one, two = load("", folder="a"), load("# with a comment\n", folder="b/c")
    assert one.hash == two.hash
    assert len(one.hash) == 64


@pytest.mark.requirement("F2")
@pytest.mark.parametrize(
    "change",
    [
        '[policy]\nedit = "own"\n',
        '[templates.overdue]\ntext = "late"\n',
        "[targets.response]\nwarn = 0.6\n",
        "[dispatch]\nspill = false\n",
        '[categories]\n"x" = "y"\n',
        '[[reactions]]\nname = "put-away"\noff = true\n',
        '[extra]\ncontract = "text"\n',
    ],
)
def test_any_change_changes_the_hash(change: str, load: Load) -> None:
    assert load(change).hash != load("").hash


def test_the_order_of_stages_counts(load: Load) -> None:
    stage = (
        '[stages.{0}]\nsets = ["subject"]\n'
        '[[stages.{0}.rules]]\nname = "{0}"\nset = {{ subject = "{0}" }}\n'
    )
    one, two = stage.format("a"), stage.format("b")
    assert load(one + two).hash != load(two + one).hash
    assert [s.name for s in load(two + one).stages][-2:] == ["b", "a"]


# -- mistakes -------------------------------------------------------------------------------------

BROKEN = """
order = ["category", "routes"]
colour = "blue"
[ruleset]
name = "Not A Name"
version = 1
[number]
format = "{type}{seq:x}{seq}"
[fields.type]
required = "yes"
[fields.type.values]
repair = { en = "Repair", de = "Reparatur" }
[fields.urgency]
default = "none"
[fields.urgency.values]
normal = "一般"
[fields.affected_users]
minimum = "many"
default = 1.5
max_length = 0
[fields.description]
kind = "integer"
[fields.note]
kind = "prose"
required_when = 'urgency = "normal"'
[calendars.late]
hours = { monday = [["25:00", "26:00"]] }
[channels.phone]
hours = "midnight"
[correlations.same]
key = ["custom.nothing"]
window = "1 fortnight"
[stages.category]
hit = "last"
sets = ["categorie"]
[[stages.category.rules]]
name = "a"
when = 'urgancy == "normal"'
set = { category = "x" }
[[stages.category.tables]]
name = "t"
fields = ["urgency"]
sets = ["category"]
rows = [{ is = ["normal", "x"], set = ["y"] }]
[targets.response]
met_by = ["replied"]
pauses_in = ["sleeping"]
warn = 1.5
calendar = "nowhere"
[[targets.response.limits]]
name = "a"
within = "soon"
[targets.empty]
met_by = ["resolved"]
[[reactions]]
name = "r"
on = ["target_breached.nothing"]
after = "-1h"
act = "delete"
escalate_to = "requester"
link_to = "sane"
every = "5s"
send = [{ to = ["boss", "role:king"], via = ["pigeon"], template = "none" }]
[templates.t]
text = { en = "{numbr} {", zh = "{number" }
[policy]
edit = "all"
on_decline = "closed"
plan_approval = "urgency"
[dispatch]
spill = 1
"""
NAMED = {
    "colour": "blue",
    "order": "routes",
    "ruleset.name": "Not A Name",
    "ruleset.version": 1,
    "number.format": "{type}{seq:x}{seq}",
    "fields.type.required": "yes",
    "fields.type.values.repair.de": "Reparatur",
    "fields.urgency.default": "none",
    "fields.affected_users.minimum": "many",
    "fields.affected_users.default": 1.5,
    "fields.affected_users.max_length": 0,
    "fields.description.kind": "integer",
    "fields.note.kind": "prose",
    "fields.note.required_when": 'urgency = "normal"',
    "channels.phone.hours": "midnight",
    "correlations.same.key": "custom.nothing",
    "correlations.same.window": "1 fortnight",
    "stages.category.hit": "last",
    "stages.category.sets": "categorie",
    "stages.category.rules[1].when": 'urgancy == "normal"',
    "stages.category.tables[1].rows[1].is": ["normal", "x"],
    "targets.response.met_by": "replied",
    "targets.response.pauses_in": "sleeping",
    "targets.response.warn": 1.5,
    "targets.response.calendar": "nowhere",
    "targets.response.limits[1].within": "soon",
    "targets.empty.limits": None,
    "reactions[1].on": "target_breached.nothing",
    "reactions[1].after": "-1h",
    "reactions[1].act": "delete",
    "reactions[1].escalate_to": "requester",
    "reactions[1].link_to": "sane",
    "reactions[1].every": "5s",
    "reactions[1].send[1].to": "boss",
    "reactions[1].send[1].via": "pigeon",
    "reactions[1].send[1].template": "none",
    "policy.edit": "all",
    "policy.on_decline": "closed",
    "policy.plan_approval": "urgency",
    "dispatch.spill": 1,
}


@pytest.mark.requirement("F4")
def test_everything_wrong_is_told_at_once() -> None:
    document = tomllib.loads(BROKEN)
    problems = refused(lambda: ruleset_from_document(document, "broken.toml"))
    told: dict[str, list[Problem]] = {}
    for problem in problems:
        place = problem.field.removeprefix("broken.toml: ").partition(":")[0]
        told.setdefault(place, []).append(problem)
        assert problem.zh
    assert NAMED.keys() - told.keys() == set()
    for place, value in NAMED.items():
        found = told[place]
        assert value is None or value in [problem.value for problem in found], place
    # What would be accepted is said wherever there is something to choose from.
    silent = {place for place in NAMED if not any(p.accepted for p in told[place])}
    assert silent <= {"colour", "correlations.same.key"}
    assert any(place.startswith("calendars.late") for place in told)
    assert {"templates.t.text.en", "templates.t.text.zh"} & told.keys()


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("[ruleset\n", "broken.toml:1"),
        ('[ruleset]\nname = "a"\nname = "b"\n', "broken.toml:3"),
        ("", "broken.toml: ruleset.name"),
    ],
)
def test_what_is_no_ruleset_at_all(text: str, field: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.toml"
    path.write_text(text, encoding="utf-8")
    problems = refused(lambda: load_ruleset(path, find=find))
    assert field in {problem.field.removeprefix(f"{tmp_path}/") for problem in problems}


def test_a_folder_is_a_ruleset_too(tmp_path: Path) -> None:
    (tmp_path / "ruleset.toml").write_text(SAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    assert load_ruleset(tmp_path, find=find).hash == load_ruleset(SAMPLE, find=find).hash


@pytest.mark.parametrize(
    "text",
    [
        "{seq}",
        "{seq:3}",
        "{seq:03}",
        "G{date:%Y%m%d}{seq:03}",
        "{date:%Y%m%d}-{department}-{seq:03}",
        "{line}/{type_code}{seq}",
    ],
)
def test_number_formats(text: str) -> None:
    head = {"name": "a", "version": "1"}
    assert ruleset_from_document({"ruleset": head, "number": {"format": text}}).number == text


@pytest.mark.requirement("F4")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "G",
        "{seq}{seq}",
        "{",
        "{seq:x}",
        "{seq:²}",
        "{seq:-3}",
        "{seq:999999999}",
        "{}{seq}",
        "{0}{seq}",
        "{seq.real}",
        "{date:%Y\0}{seq}",
        "{date:\ud800}{seq}",
        "{colour}{seq}",
    ],
)
def test_number_formats_that_are_none(text: str) -> None:
    head = {"name": "a", "version": "1"}
    document = {"ruleset": head, "number": {"format": text}}
    problems = refused(lambda: ruleset_from_document(document))
    assert {problem.field for problem in problems} == {"ruleset: number.format"}


# -- empty conditions, codes, least numbers -------------------------------------------------------


@pytest.mark.requirement("F4", "F5")
@pytest.mark.parametrize("blank", ["", "  "])
@pytest.mark.parametrize("key", ["when", "required_when"])
def test_an_empty_condition_is_refused(blank: str, key: str) -> None:
    document = {
        "ruleset": {"name": "top", "version": "1.0"},
        "fields": {"order": {key: blank}},
    }
    (problem,) = refused(lambda: ruleset_from_document(document))
    assert (problem.field, problem.value) == (f"ruleset: fields.order.{key}", blank)
    assert problem.accepted == ("True",)
    assert "is empty: write True" in problem.en
    assert "为空" in problem.zh


@pytest.mark.requirement("F4")
def test_an_empty_condition_of_a_rule_is_refused_by_its_name(load: Load) -> None:
    rule = '[[stages.priority.rules]]\nname = "mine"\nwhen = ""\nset = { priority = "P0" }\n'
    (problem,) = refused(lambda: load(rule))
    assert problem.field.endswith("top.toml: stages.priority.rules.mine.when")


@pytest.mark.requirement("F4", "F5")
def test_two_types_with_one_code_are_refused() -> None:
    words = {
        "repair": {"en": "Repair", "zh": "维修", "code": "R"},
        "a b": {"en": "Return", "zh": "退货", "code": "R"},
        "consult": {"en": "Consultation", "zh": "咨询", "code": ""},
        "other": {"en": "Other", "zh": "其他", "code": ""},
    }
    document = {
        "ruleset": {"name": "top", "version": "1.0"},
        "fields": {"type": {"values": words}},
    }
    (problem,) = refused(lambda: ruleset_from_document(document))
    assert (problem.field, problem.value) == ('ruleset: fields.type.values."a b".code', "R")
    assert "repair" in problem.en
    assert "repair" in problem.zh


@pytest.mark.requirement("F4")
def test_people_and_loss_are_not_below_nothing_unless_the_ruleset_says_so() -> None:
    def form(**fields: Any) -> Any:
        head = {"name": "top", "version": "1.0"}
        return ruleset_from_document({"ruleset": head, "fields": fields}).form

    plain = form(loss={"maximum": 10})
    assert (plain["affected_users"].minimum, plain["loss"].minimum) == (0, 0)
    assert form(loss={"minimum": -5})["loss"].minimum == -5
    assert form(mine={"kind": "integer"})["custom.mine"].minimum is None
    (problem,) = refused(lambda: form(affected_users={"maximum": -1}))
    assert (problem.field, problem.value) == ("ruleset: fields.affected_users.maximum", -1)
    assert problem.accepted == (">= 0",)
    (problem,) = refused(lambda: form(loss={"default": -1}))
    assert problem.field == "ruleset: fields.loss.default"
