"""Whatever a ruleset file holds, it is loaded or refused by name; it never breaks the loader."""

import copy
import tomllib
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ruledesk.errors import InvalidInput
from ruledesk.rules.load import ruleset_from_document
from ruledesk.rules.load.resolve import merged

SAMPLE = Path(__file__).parents[3] / "samples" / "rulesets" / "full.toml"
FULL = tomllib.loads(SAMPLE.read_text(encoding="utf-8"))
DOCUMENT: dict[str, Any] = {
    **FULL,
    "fields": {
        **FULL["fields"],
        "contact": {"required": True, "any_of": ["requester.id", "requester.phone"]},
        "repository": {
            "when": 'type == "repair"',
            "wanted_when": "affected_users > 1",
            "min_length": 2,
            "pattern": "[a-z]+",
            "pattern_hint": {"en": "letters", "zh": "字母"},
        },
    },
    "attachments": {
        "types": ["pdf", "image/*"],
        "max_size": "10MB",
        "max_count": 3,
        "name": "{kind}-{seq:02}",
        "kinds": {
            "screenshot": ["image/*"],
            "paper": {"types": ["pdf"], "label": {"en": "Paper", "zh": "文件"}},
        },
    },
    "order": ["category", "flags", "priority", "route"],
    "extra": {"contract": "text"},
    "channels": {"phone": {"hours": "business"}},
    "targets": {
        **FULL["targets"],
        "answer": {
            "opens": "channel",
            "clock": "contact",
            "optional": True,
            "met_by": ["answered", "sent.overdue"],
            "limits": [{"name": "answer-10s", "within": "10s"}],
        },
    },
    "reactions": [
        *FULL["reactions"],
        {
            "name": "ready",
            "on": ["submitted"],
            "act": "plan",
            "plan": {"cause": {"en": "c", "zh": "因"}, "solution": "s", "within": "4h"},
            "merge_into": "same_fault",
            "send": [{"to": ["team"], "via": ["every"], "template": "overdue"}],
        },
    ],
    "calendars": {
        "late": {
            "timezone": "Asia/Shanghai",
            "hours": {"mon-fri": [["09:00", "12:00"], ["13:00", "18:00"]]},
            "holidays": ["2026-12-25"],
            "dates": {"2026-10-10": [["09:00", "18:00"]]},
        }
    },
}
Path_ = tuple[Any, ...]


def paths(node: Any, at: Path_ = ()) -> list[Path_]:
    """Every place in the document."""
    found = [at] if at else []
    items: Any = ()
    if isinstance(node, dict):
        items = node.items()
    elif isinstance(node, list):
        items = enumerate(node)
    for key, item in items:
        found += paths(item, (*at, key))
    return found


PLACES = paths(DOCUMENT)


def read(place: Path_) -> Any:
    node: Any = DOCUMENT
    for key in place:
        node = node[key]
    return copy.deepcopy(node)


# What TOML can hold, and what people put where something else belongs.
VALUES = st.one_of(
    st.sampled_from(
        [
            "",
            " ",
            "x",
            "\0",
            "{",
            "{seq}{seq}",
            "{date:%\0}",
            "{seq:²}",
            "{seq:99999999999}",
            "{}",
            "{0}",
            "{number!r:>{x}}",
            "2h",
            "0h",
            "3wd",
            "9" * 40 + "d",
            "role:",
            "role:nobody",
            "team:",
            "noted.private",
            "target_breached.",
            "target_breached.nothing",
            "urgency ==",
            "urgency == 5",
            "nothing == 1",
            "(" * 300,
            "a/../b",
            "//",
            "custom.",
            "counts.",
            0,
            -1,
            1,
            2**70,
            0.5,
            1e308,
            float("nan"),
            float("inf"),
            True,
            False,
            date(2026, 1, 1),
            datetime.fromisoformat("2026-01-01T00:00:00"),
            [],
            {},
            [[]],
            [{}],
            {"en": 1},
            {"name": []},
            [{"name": []}],
            [1, "a"],
            {"x": {"y": {"z": 1}}},
        ]
    ),
    st.text(max_size=6),
    st.integers(),
    st.sampled_from(PLACES).map(read),
)


def mutate(document: dict[str, Any], place: Path_, how: str, value: Any) -> None:
    node: Any = document
    for key in place[:-1]:
        try:
            node = node[key]
        except (KeyError, IndexError, TypeError):
            return  # an earlier change took this place away
    key = place[-1]
    if isinstance(node, dict) and not isinstance(key, str):
        return  # a table stands where a list did, and TOML has no other keys than texts
    try:
        if how == "delete":
            del node[key]
        elif how == "replace":
            node[key] = copy.deepcopy(value)
        elif isinstance(node, list):
            node.append(copy.deepcopy(value))
        else:
            node[f"{key}x"] = copy.deepcopy(value)
    except (KeyError, IndexError, TypeError, AttributeError):
        return


CHANGES = st.lists(
    st.tuples(st.sampled_from(PLACES), st.sampled_from(["delete", "replace", "add"]), VALUES),
    min_size=1,
    max_size=4,
)
SETTINGS = settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def test_the_document_is_sound_before_it_is_changed() -> None:
    assert ruleset_from_document(DOCUMENT).name == "full"


@pytest.mark.requirement("F4")
@SETTINGS
@given(CHANGES)
def test_a_changed_document_is_loaded_or_refused(changes: list[Any]) -> None:
    document = copy.deepcopy(DOCUMENT)
    for place, how, value in changes:
        mutate(document, place, how, value)
    try:
        ruleset_from_document(document, "full.toml")
    except InvalidInput as error:
        assert error.problems
        for problem in error.problems:
            assert problem.en
            assert problem.zh
            assert problem.field.startswith("full.toml")


@pytest.mark.requirement("F4")
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(CHANGES, CHANGES)
def test_changed_documents_can_be_laid_over_each_other(below: list[Any], above: list[Any]) -> None:
    base, over = copy.deepcopy(DOCUMENT), copy.deepcopy(DOCUMENT)
    for document, changes in ((base, below), (over, above)):
        for place, how, value in changes:
            mutate(document, place, how, value)
    try:
        ruleset_from_document(merged(base, over), "full.toml")
    except InvalidInput as error:
        assert error.problems
