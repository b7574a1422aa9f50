"""The key ``manual``: accepted at every part, inherited, kept, and no part of what is decided."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ruledesk.errors import InvalidInput
from ruledesk.rules.load import ruleset_from_document
from ruledesk.rules.load.build import content_hash
from ruledesk.rules.load.resolve import merged
from ruledesk.rules.ruleset import Ruleset

LIMIT = {"name": "in-time", "within": "2h"}
DOCUMENT: dict[str, Any] = {
    "ruleset": {"name": "traced", "version": "1.0.0"},
    "number": {"format": "{seq:03}"},
    "fields": {"contact": {"required": True}, "shelf": {"kind": "text"}, "order": {}},
    "stages": {
        "priority": {
            "sets": ["priority"],
            "rules": [
                {"name": "first", "when": 'urgency == "urgent"', "set": {"priority": "high"}},
                {"name": "second", "when": "True", "set": {"priority": "low"}},
            ],
        },
        "route": {
            "sets": ["team"],
            "tables": [
                {
                    "name": "by-type",
                    "fields": ["type"],
                    "sets": ["team"],
                    "rows": [
                        {"is": ["a"], "set": ["it"]},
                        {"name": "rest", "is": ["*"], "set": ["sales"]},
                    ],
                }
            ],
        },
    },
    "targets": {
        "response": {"met_by": ["accepted"], "limits": [LIMIT]},
        "resolution": {"met_by": ["resolved"], "limits": [{"name": "soon", "within": "4h"}]},
    },
    "correlations": {"same": {"key": ["requester.id"], "window": "1d"}},
    "templates": {"hello": {"text": "Hello"}},
    "reactions": [
        {
            "name": "greet",
            "on": ["submitted"],
            "send": [{"to": ["agent"], "via": ["sms"], "template": "hello"}],
        }
    ],
    "policy": {"edit": "own"},
}


def put(document: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(document)
    place: Any = changed
    for key in path:
        place = place[key]
    place["manual"] = value
    return changed


def rule(ruleset: Ruleset, name: str) -> Any:
    rules = [one for stage in ruleset.stages for one in stage.rules]
    rules += [one for target in ruleset.targets.values() for one in target.limits]
    return next(one for one in (*rules, *ruleset.reactions) if one.name == name)


PLACES = [
    (("stages", "priority", "rules", 0), lambda r: rule(r, "first").manual),
    (("stages", "priority"), lambda r: r.stages[0].manual),
    (("stages", "route", "tables", 0, "rows", 0), lambda r: rule(r, "by-type/1").manual),
    (("stages", "route", "tables", 0, "rows", 1), lambda r: rule(r, "by-type/rest").manual),
    (("targets", "response"), lambda r: r.targets["response"].manual),
    (("targets", "response", "limits", 0), lambda r: rule(r, "in-time").manual),
    (("reactions", 0), lambda r: rule(r, "greet").manual),
    (("fields", "contact"), lambda r: r.form["contact"].manual),
    (("fields", "shelf"), lambda r: r.form["custom.shelf"].manual),
    (("fields", "order"), lambda r: r.form["order"].manual),
    (("number",), lambda r: r.manual["number"]),
    (("policy",), lambda r: r.manual["policy"]),
    (("correlations", "same"), lambda r: r.manual["correlations.same"]),
    (("templates", "hello"), lambda r: r.manual["templates.hello"]),
]


@pytest.mark.parametrize(("path", "read"), PLACES)
@pytest.mark.parametrize(
    ("given", "kept"), [("A8", ("A8",)), (["A8", "F2"], ("A8", "F2")), ("IT-4.2", ("IT-4.2",))]
)
def test_a_part_keeps_its_lines_and_the_hash_stays(
    path: tuple[Any, ...], read: Any, given: Any, kept: tuple[str, ...]
) -> None:
    ruleset = ruleset_from_document(put(DOCUMENT, path, given))
    assert read(ruleset) == kept
    assert ruleset.hash == content_hash(DOCUMENT)


def test_what_is_named_outside_holds_inside_unless_something_nearer_is_named() -> None:
    document = put(DOCUMENT, ("stages", "priority"), "A1")
    document = put(document, ("stages", "priority", "rules", 1), "A2")
    document = put(document, ("stages", "route", "tables", 0), "A3")
    document = put(document, ("targets", "response"), "A4")
    ruleset = ruleset_from_document(document)
    names = ("first", "second", "by-type/1", "by-type/rest", "in-time", "soon", "greet")
    assert [rule(ruleset, name).manual for name in names] == [
        ("A1",), ("A2",), ("A3",), ("A3",), ("A4",), (), (),
    ]  # fmt: skip


def test_one_that_extends_overrides_the_lines_with_the_rule() -> None:
    base = put(DOCUMENT, ("stages", "priority", "rules", 0), "A1")
    over = {"stages": {"priority": {"rules": [{"name": "first", "when": "True", "manual": "E1"}]}}}
    assert rule(ruleset_from_document(merged(base, over)), "first").manual == ("E1",)


@pytest.mark.parametrize("given", ["a8", "", "A", 8, ["A8", "b"], [], {"en": "A8"}, "A8 "])
@pytest.mark.requirement("F4")
def test_what_is_no_line_is_refused_with_its_place(given: Any) -> None:
    document = put(DOCUMENT, ("targets", "response", "limits", 0), given)
    with pytest.raises(InvalidInput) as error:
        ruleset_from_document(document, "mine.toml")
    (problem,) = error.value.problems
    assert problem.field == "mine.toml: targets.response.limits[1].manual"
    assert "A8" in problem.accepted
    assert problem.zh == "不是手册条目编号"


def test_a_line_named_twice_is_refused() -> None:
    with pytest.raises(InvalidInput, match="more than once"):
        ruleset_from_document(put(DOCUMENT, ("number",), ["A5", "A5"]))


def test_where_it_says_nothing_it_is_unknown() -> None:
    with pytest.raises(InvalidInput, match="unknown key"):
        ruleset_from_document(put(DOCUMENT, ("reactions", 0, "send", 0), "A1"))


def test_a_field_or_word_called_manual_is_left_alone() -> None:
    document = copy.deepcopy(DOCUMENT)
    document["fields"]["manual"] = {"kind": "text", "manual": "A2"}
    document["fields"]["type"] = {"kind": "enum", "values": {"a": "A", "manual": "By hand"}}
    ruleset = ruleset_from_document(document)
    assert ruleset.form["custom.manual"].manual == ("A2",)
    assert ruleset.form["type"].words["manual"].en == "By hand"
    assert content_hash(document) != content_hash(DOCUMENT)
