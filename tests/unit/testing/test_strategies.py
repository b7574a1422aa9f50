"""The strategies draw what the form admits, and reach what a form and its rules care about."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings

from ruledesk.desk.attachments import examine
from ruledesk.desk.intake import Intake
from ruledesk.rules.attachments import AttachmentKind, AttachmentPolicy
from ruledesk.rules.form import Admitted, admit
from ruledesk.rules.load import ruleset_from_document
from ruledesk.rules.sniff import sniff
from ruledesk.testing.fields import values
from ruledesk.testing.files import SAMPLES, files
from ruledesk.testing.strategies import calls, channels_of, repeated, submissions

AT = datetime(2026, 3, 9, 2, 0, tzinfo=UTC)
WORDS = {"it": {"en": "IT support", "zh": "IT 支持"}, "order": {"en": "Order", "zh": "订单"}}
RULESET = ruleset_from_document(
    {
        "ruleset": {"name": "any", "version": "1"},
        "fields": {
            "type": {"required": True, "values": WORDS},
            "urgency": {"values": ["normal", "urgent"], "default": "normal"},
            "description": {"required_when": 'type == "it"', "min_length": 12, "max_length": 20},
            "repository": {"when": 'type == "it"', "required": True, "pattern": "[a-z]+"},
            "branch": {"when": "present(custom.repository)", "default": "main"},
            "affected_users": {"minimum": 0, "maximum": 1000},
            "weight": {"kind": "number", "minimum": 0.5, "maximum": 9.5},
            "seen": {"kind": "boolean"},
            "tags": {"kind": "set", "values": WORDS},
            "requester.level": {"values": {"vip": {"en": "Key account", "zh": "重要客户"}}},
            "contact": {"required": True, "any_of": ["requester.id", "requester.phone"]},
        },
        "stages": {
            "impact": {
                "hit": "first",
                "sets": ["impact"],
                "rules": [
                    {
                        "name": "crowd",
                        "when": 'affected_users >= 100 or matches(description, "无法\\\\d+次")',
                        "set": {"impact": "wide"},
                    },
                    {"name": "kiosk", "when": 'channel == "kiosk"', "set": {"impact": "part"}},
                ],
            }
        },
    }
)
SETTINGS = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
FINDING = settings(
    SETTINGS, max_examples=3000, database=None, phases=[Phase.generate], derandomize=True
)


def admitted(intake: Intake) -> Admitted:
    return admit(RULESET, intake.fields, around={"channel": intake.channel, "line": intake.line})


@SETTINGS
@given(submissions(RULESET, AT, line="main", agents=["A1"]))
def test_whatever_is_drawn_is_admitted_whole(intake: Intake) -> None:
    taken = admitted(intake)
    assert not taken.missing
    assert intake.by in ("requester", "agent:A1")
    assert ("custom.repository" in taken.fields) is (taken.fields["type"] == "it")
    assert taken.requester.id or taken.requester.phone


def description(intake: Intake) -> str:
    return str(intake.fields.get("description", ""))


@pytest.mark.parametrize(
    "wanted",
    [
        lambda one: one.fields["type"] == "IT 支持",
        lambda one: one.fields["type"] == "Order",
        lambda one: one.fields.get("affected_users") == 100,
        lambda one: one.fields.get("affected_users") == 99,
        lambda one: "无法" in description(one),
        lambda one: one.fields.get("requester", {}).get("level") == "重要客户",
        lambda one: "id" in one.fields["requester"] and "phone" not in one.fields["requester"],
        lambda one: "repository" in one.fields.get("custom", {}),
        lambda one: "custom.repository" in one.fields,
        lambda one: isinstance(one.fields.get("occurred_at"), datetime),
        lambda one: isinstance(one.fields.get("occurred_at"), str),
        lambda one: one.call is not None and one.call.answered_at is None,
        lambda one: len(one.files) > 1,
        lambda one: one.channel == "kiosk",
    ],
)
def test_it_reaches(wanted: Callable[[Intake], bool]) -> None:
    assert wanted(find(submissions(RULESET, AT), wanted, settings=FINDING))


@pytest.mark.parametrize("name", [name for name in RULESET.form if name != "contact"])
def test_a_value_means_what_the_desk_takes_it_for(name: str) -> None:
    """Where the other fields let it in, the form records what the strategy says it does."""
    field = RULESET.form[name]

    @SETTINGS
    @given(values(RULESET, field, AT))
    def holds(drawn: Any) -> None:
        base = {"type": "it", "description": "x" * 12, "repository": "core"}
        said: dict[str, Any] = {**base, "requester": {"id": "R1"}}
        group, _, rest = name.partition(".")
        if group == "requester":
            said["requester"][rest] = drawn.given
        else:
            said[rest or name] = drawn.given
        if name == "type":
            del said["repository"], said["description"]
            said |= {"description": "x" * 12} if drawn.meant == "it" else {}
            said |= {"repository": "core"} if drawn.meant == "it" else {}
        taken = admit(RULESET, said)
        known = taken.requester.__dict__ if group == "requester" else taken.fields
        assert known[rest if group == "requester" else name] == drawn.meant

    holds()


def test_channels_are_those_of_the_ruleset_and_the_usual_ones() -> None:
    assert {"kiosk", "phone", "email"} <= set(channels_of(RULESET))


@SETTINGS
@given(calls(AT))
def test_a_call_rings_before_it_is_answered_and_ends_after(call: Any) -> None:
    times = [one for one in (call.started_at, call.answered_at, call.ended_at) if one]
    assert times == sorted(times)
    assert times[-1] <= AT


@SETTINGS
@given(repeated(submissions(RULESET, AT), most=5))
def test_some_are_said_again(several: list[Intake]) -> None:
    assert 1 <= len(several) <= 5


# -- files ------------------------------------------------------------------------------------

KINDS = {"screenshot": AttachmentKind(("jpg", "png")), "order": AttachmentKind()}
POLICIES = [
    None,
    AttachmentPolicy(),
    AttachmentPolicy(types=("jpg", "pdf", "txt"), max_size=10 * 1024 * 1024, max_count=20),
    AttachmentPolicy(types=("txt",), max_size=200, max_count=1),
    AttachmentPolicy(types=("jpg", "png", "wav", "mp4"), kinds=KINDS, name="{kind}-{seq:02}"),
    AttachmentPolicy(types=("apk",)),
]


@pytest.mark.requirement("A3")
@pytest.mark.parametrize("policy", POLICIES)
def test_every_file_that_is_drawn_is_admitted(policy: AttachmentPolicy | None) -> None:
    @SETTINGS
    @given(files(policy))
    def holds(drawn: Any) -> None:
        examined = examine(policy, drawn)
        assert not examined.problems
        assert len(examined.taken) == len(drawn)

    holds()


@pytest.mark.requirement("A3")
@pytest.mark.parametrize("word", SAMPLES)
def test_a_sample_is_of_its_type(word: str) -> None:
    assert word in sniff(SAMPLES[word])
