"""Shipped rulesets are clean, and each fault planted in one is found where it was planted."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ruledesk.errors import InvalidInput
from ruledesk.rules.analysis import Finding, analyse
from ruledesk.rules.load import load_ruleset
from ruledesk.rules.ruleset import Ruleset

Broken = Callable[..., Ruleset]
RULESETS = ("hotline", "support-center", "rapid-response", "service-handbook", "after-sales",
            "home-appliances", "industrial-equipment")  # fmt: skip
SHADOWED = """
[[stages.route.rules]]
name = "route-repair"
when = 'under(category, "after-sales/product-repair")'
set = { team = "after-sales" }
"""
OVERLAPPING = """
[[stages.priority.rules]]
name = "priority-crowd"
when = 'urgency == "urgent" and affected_users >= 100'
set = { priority = "critical" }
"""
NEVER = """
[[reactions]]
name = "bad-rating"
on = ["rated"]
when = "rating > 5"
raise_flags = ["bad_rating"]
"""
NO_SUCH_FLAG = """
[[reactions]]
name = "tell-vip"
on = ["submitted"]
when = 'has(flags, "repeat_complain")'
send = [{ to = ["head"], via = ["message"], template = "overdue" }]
"""
UNUSED_TEMPLATE = """
[templates.greeting]
text = { en = "Hello", zh = "您好" }
"""
UNUSED_CORRELATION = """
[correlations.same_product]
key = ["product"]
window = "24h"
"""
RESOLUTION = """
[targets.resolution]
met_by = ["resolved"]
[[targets.resolution.limits]]
name = "resolution-critical"
when = 'priority == "critical"'
within = "1h"
[[targets.resolution.limits]]
name = "resolution-others"
when = 'priority != "critical"'
within = "3d"
"""
DEAD_WAIT = """
[[reactions]]
name = "thank-later"
on = ["resolved"]
after = "24h"
when = 'status == "closed"'
until = ["closed"]
send = [{ to = ["requester"], via = ["sms"], template = "closed" }]
"""
ALWAYS = """
[[reactions]]
name = "tell-all"
on = ["supervised"]
when = "present(requester.phone) or missing(requester.phone)"
raise_flags = ["seen"]
"""
#: Ten faults that any ruleset can have planted.
TEN = """
[fields.planted]
kind = "enum"
values = ["a", "b", "c"]
[fields.seeded]
kind = "enum"
values = ["a", "b"]
[[stages.planted.rules]]
name = "planted-many"
when = "affected_users >= 77"
set = { "custom.planted" = "a" }
[[stages.planted.rules]]
name = "planted-some"
when = "affected_users == 78 or affected_users < 77"
set = { "custom.planted" = "b" }
[stages.planted]
hit = "unique"
sets = ["custom.planted"]
[stages.seeded]
hit = "first"
sets = ["custom.seeded"]
default = { "custom.seeded" = "a" }
[[stages.seeded.rules]]
name = "seeded-a"
when = 'contains(subject, "planted") and affected_users < 8'
set = { "custom.seeded" = "a" }
[[stages.seeded.rules]]
name = "seeded-b"
when = 'contains(subject, "planted") and affected_users > 5'
set = { "custom.seeded" = "b" }
[[stages.seeded.rules]]
name = "seeded-c"
when = 'contains(subject, "planted") and affected_users in [3, 4, 99]'
set = { "custom.seeded" = "b" }
[targets.planted-first]
met_by = ["accepted"]
optional = true
[[targets.planted-first.limits]]
name = "planted-late"
when = 'custom.planted == "a"'
within = "9d"
[targets.planted-last]
met_by = ["resolved"]
[[targets.planted-last.limits]]
name = "planted-soon"
within = "8d"
[[reactions]]
name = "planted-never"
on = ["rated"]
when = "rating > 5"
raise_flags = ["planted"]
[[reactions]]
name = "planted-always"
on = ["rated"]
when = "present(rating) or missing(rating)"
raise_flags = ["planted"]
[[reactions]]
name = "planted-wait"
on = ["resolved"]
after = "1h"
when = 'status == "closed"'
until = ["closed"]
raise_flags = ["planted"]
[[reactions]]
name = "planted-flag"
on = ["rated"]
when = 'has(flags, "plantd")'
raise_flags = ["planted"]
[templates.planted]
text = { en = "x", zh = "x" }
[correlations.planted]
key = ["product"]
window = "24h"
"""
PLANTED = {
    ("overlap", "planted-some"),
    ("gap", "stages.planted"),
    ("shadowed", "seeded-c"),
    ("target-order", "planted-late"),
    ("never", "planted-never"),
    ("always", "planted-always"),
    ("never", "planted-wait"),
    ("unraised-flag", "planted-flag"),
    ("unused-template", "templates.planted"),
    ("unused-correlation", "correlations.planted"),
}
#: What is done to the hotline: code, rule or key path, edits, text appended.
FAULTS = {
    "a rule behind one that takes all of its tickets": (
        "shadowed", "route-repair", (), SHADOWED),
    "two priorities for one ticket": ("overlap", "priority-crowd", (), OVERLAPPING),
    "a rating that is not given": ("never", "bad-rating", (), NEVER),
    "a flag with a typing error": ("unraised-flag", "tell-vip", (), NO_SUCH_FLAG),
    "a message that is never sent": ("unused-template", "templates.greeting", (), UNUSED_TEMPLATE),
    "a count that nobody reads": (
        "unused-correlation", "correlations.same_product", (), UNUSED_CORRELATION),
    "a solution before the response": ("target-order", "response-critical", (), RESOLUTION),
    "a longer limit for the higher priority": (
        "priority-order", "response-critical", (('within = "2h"', 'within = "48h"'),), ""),
    "a priority without a limit": (
        "target-gap", "targets.response",
        (('when = \'priority == "normal"\'\nwithin = "24h"',
          'when = \'priority == "urgent" and channel == "x"\'\nwithin = "24h"'),), ""),
    "a priority that no rule gives": (
        "gap", "stages.priority",
        (('default = { priority = "normal" }\n', ""),
         ('when = \'urgency == "normal"\'', 'when = \'urgency == "normal" and present(order)\'')),
        ""),
    "a wait that ends too early": ("never", "thank-later", (), DEAD_WAIT),
    "a condition that says nothing": ("always", "tell-all", (), ALWAYS),
    "two texts that exclude each other": (
        "never", "suggestion-service",
        (('type == "suggestion" and matches(description, "(?i)客服|',
          'type == "suggestion" and type == "repair" and matches(description, "(?i)客服|'),), ""),
    "an undone category": (
        "unstable", "repair-installation",
        (('[stages.category]\n', '[stages.category]\ndefault = { category = "consult" }\n'),), ""),
}  # fmt: skip


@pytest.mark.requirement("F4")
@pytest.mark.parametrize("name", RULESETS)
def test_shipped_rulesets_are_clean(name: str, shipped: Path) -> None:
    ruleset = load_ruleset(shipped / name, find=lambda other: shipped / other)
    assert [f"{one.code} {one.where}: {one.en}" for one in analyse(ruleset)] == []


@pytest.mark.parametrize("name", ["public-service", "internal-support"])
def test_the_examples_that_extend_the_hotline_are_clean(name: str, shipped: Path) -> None:
    path = shipped / "hotline" / "examples" / f"{name}.toml"
    ruleset = load_ruleset(path, find=lambda other: shipped / other)
    assert [f"{one.code} {one.where}: {one.en}" for one in analyse(ruleset)] == []


@pytest.mark.requirement("F4")
@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault: str, broken: Broken, tmp_path: Path) -> None:
    code, rule, edits, more = FAULTS[fault]
    findings = analyse(broken("hotline", *edits, more=more))
    there = [one for one in findings if one.code == code and rule in (one.key, *one.rules[:1])]
    assert there, [(one.code, one.key) for one in findings]
    for one in there:
        assert one.file == str(tmp_path / "ruleset.toml")
        assert one.key.split(".")[-1] in (rule, rule.split(".")[-1])
        assert one.en
        assert one.zh


@pytest.mark.requirement("F4")
def test_ten_faults_in_one_copy_are_all_found(broken: Broken) -> None:
    together = [
        "a rule behind one that takes all of its tickets",
        "two priorities for one ticket",
        "a rating that is not given",
        "a flag with a typing error",
        "a message that is never sent",
        "a count that nobody reads",
        "a longer limit for the higher priority",
        "a wait that ends too early",
        "a condition that says nothing",
        "two texts that exclude each other",
    ]
    planted = [FAULTS[name] for name in together]
    edits = [edit for _, _, some, _ in planted for edit in some]
    findings = analyse(broken("hotline", *edits, more="".join(more for *_, more in planted)))
    told = {(one.code, name) for one in findings for name in (one.key, *one.rules[:1])}
    assert {(code, rule) for code, rule, _, _ in planted} <= told
    assert len(findings) == len(together), _listed(findings)


@pytest.mark.requirement("F4")
@pytest.mark.parametrize("name", RULESETS)
def test_ten_faults_planted_in_any_shipped_ruleset_are_found(name: str, broken: Broken) -> None:
    findings = analyse(broken(name, more=TEN))
    # A later answer may be after other targets of the ruleset, too.
    told = {(one.code, one.rules[0] if one.rules else one.key) for one in findings}
    assert told == PLANTED, _listed(findings)


def _listed(findings: tuple[Finding, ...]) -> list[str]:
    return [f"{one.code} {one.key}: {one.en}" for one in findings]


# -- what is found when a ruleset is loaded ---------------------------------------------------

URGENT = "stages.priority.rules.priority-urgent"


@pytest.mark.requirement("F4")
@pytest.mark.parametrize(
    ("old", "new", "key", "accepted"),
    [
        ('urgency == "urgent"', 'urgncy == "urgent"', f"{URGENT}.when", "urgency"),
        ('urgency == "urgent"', 'urgency == "urgnt"', f"{URGENT}.when", "urgent"),
        ('urgency == "urgent"', "urgency >= 2", f"{URGENT}.when", "=="),
        ('{ priority = "urgent" }', '{ priority = "urgant" }', f"{URGENT}.set", "urgent"),
        ('template = "received"', 'template = "recieved"',
         "reactions.tell-requester-received.send[1].template", "received"),
        ('event.by == "requester"', 'event.target == "updte"',
         "reactions.tell-handler-customer-wrote.when", "update"),
        ('met_by = ["noted", "planned"', 'met_by = ["notted", "planned"', "targets.update.met_by",
         "noted"),
    ],
)  # fmt: skip
def test_types_and_names_are_checked_at_load(
    old: str, new: str, key: str, accepted: str, broken: Broken, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInput) as refused:
        broken("hotline", (old, new))
    (problem,) = refused.value.problems
    assert problem.field.startswith(str(tmp_path / "ruleset.toml"))
    assert key in problem.field
    assert accepted in problem.accepted
    assert problem.en
    assert problem.zh
