"""What erasing a person leaves of each kind of event: codes, and no word of anybody."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from enum import Enum
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import attrs
import pytest
from hypothesis import given, settings

from ruledesk.lifecycle.erasing import MARK, UNSENT, Eraser
from ruledesk.model.event import BODIES, Event
from ruledesk.model.message import Delivery
from ruledesk.model.ticket import Requester
from ruledesk.model.values import Value
from ruledesk.rules.expression.types import FieldType
from ruledesk.testing import values as drawn
from ruledesk.testing.samples import delivery

pytestmark = pytest.mark.requirement("C13")

AT = datetime(2026, 3, 9, tzinfo=UTC)
ERASER = Eraser("erased-000001")
#: Names of fields of each sort: coded, personal, the ruleset's own, and unheard of.
NAMES = ("description", "order", "custom.x", "extra.y", "requester.id", "requester.name",
         "requester.level", "product")  # fmt: skip
TARGET = ("calendar", "limit", "name", "opens", "rule")
FIELDS = ("product", "requester.level")
#: Every attribute of every kind of event whose words stay; whatever comes new must be judged here.
STAYS: dict[str, set[str]] = {
    "submitted": {"line", "channel", "call.agent", "requester.kind", "requester.level",
                  "requester.region", *(f"fields.{name}" for name in FIELDS)},
    "acknowledged": {"category"},
    "assigned_by_hand": {"team", "agent"},
    "info_requested": {"rule"},
    "info_provided": {f"fields.{name}" for name in FIELDS},
    "classified": {"category", "impact", "priority", "urgency"},
    "task_opened": {"agent", "owner", "team"},
    "planned": {"rule"},
    "escalated": {"rule", "to"},
    "merged": {"into", "rule"},
    "linked": {"other"},
    "closed": {"rule"},
    "archived": {"rule"},
    "reviewed": {"verdict"},
    "decided": {
        *(f"decisions.{name}" for name in ("events", "hash", "hit", "matched", "rule", "ruleset",
                                           "stage", "outcome.extra.y")),
        *(f"decisions.{part}.{name}" for part in ("facts", "outcome") for name in FIELDS),
    },
    "assigned": {"agent", "rule", "team"},
    "flags_changed": {"cleared", "raised", "rule"},
    "targets_started": {f"targets.{name}" for name in TARGET},
    "targets_resumed": {f"targets.{name}" for name in TARGET},
    "targets_corrected": {"unbroken", "unmet", *(f"targets.{name}" for name in TARGET)},
    "targets_paused": {"names"},
    "targets_met": {"names"},
    "targets_cancelled": {"names"},
    "target_warned": {"name"},
    "target_breached": {"name"},
    "pooled": {"team"},
    "timers_cleared": {"names"},
    "messages_queued": {f"messages.{name}" for name in ("about", "address", "id", "locale",
                                                        "on_behalf", "rule", "ticket", "to")},
    "message_failed": {"message"},
    "call_updated": {"call.agent"},
    "duplicate_received": {"channel"},
    "plugin_faulted": {"hook", "plugin"},
    "person_erased": {"reason"},
}  # fmt: skip
_WORD = "Wort "


def full(type_: Any, path: str) -> Any:
    """Make a value of a type in which every text says where it stands."""
    simple: dict[Any, Any] = {str: f"{_WORD}{path}", int: 3, float: 2.5, bool: True, datetime: AT}
    if type_ in simple:
        return simple[type_]
    if isinstance(type_, type) and issubclass(type_, Enum):
        return next(iter(type_))
    if isinstance(type_, type) and attrs.has(type_):
        fields = attrs.fields(attrs.resolve_types(type_))
        return type_(**{f.alias: full(f.type, f"{path}.{f.name}") for f in fields})
    origin, arguments = get_origin(type_), get_args(type_)
    if origin is Literal:
        return arguments[0]
    if origin in (Union, UnionType):
        return full(arguments[0], path)
    if type_ == Mapping[str, Value]:
        return {name: f"{_WORD}{path}.{name}" for name in NAMES}
    if origin is Mapping:
        return {"k": full(arguments[1], path)}
    return origin(full(one, path) for one in arguments if one is not Ellipsis)


def words(value: Any) -> Iterator[str]:
    """Find the texts that are still there, each as where it stood."""
    if isinstance(value, str):
        if value.startswith(_WORD):
            yield value.removeprefix(_WORD).partition(".")[2]
    elif isinstance(value, Mapping):
        for pair in value.items():
            yield from words(pair)
    elif isinstance(value, tuple | frozenset):
        for one in value:
            yield from words(one)
    elif attrs.has(type(value)):
        yield from words(tuple(vars(value).values()))


@pytest.mark.parametrize("kind", sorted(BODIES))
def test_only_codes_stay(kind: str) -> None:
    """What is not judged here is taken for personal, also in kinds that come new."""
    event = Event("T1", 1, AT, "agent:A1", full(BODIES[kind], kind))
    erased = ERASER.event(event)
    assert set(words(erased.body)) == STAYS.get(kind, set())
    assert (erased.version, erased.at, erased.actor) == (1, AT, "agent:A1")


@given(event=drawn.events())
@settings(deadline=None, max_examples=200)
def test_erasing_twice_changes_nothing_more(event: Event) -> None:
    once = ERASER.event(event)
    assert ERASER.event(once) == once
    assert once.body.kind == event.body.kind


@given(sent=drawn.deliveries())
@settings(deadline=None, max_examples=50)
def test_no_message_waits_any_more(sent: Delivery) -> None:
    erased = ERASER.delivery(sent)
    assert erased.state == ("failed" if sent.state == "waiting" else sent.state)
    assert ERASER.delivery(erased) == erased
    assert erased.message.id == sent.message.id


def test_a_waiting_message_says_why_it_is_not_sent() -> None:
    erased = ERASER.delivery(delivery("T1", 1))
    assert (erased.state, erased.error) == ("failed", UNSENT)
    assert (erased.message.text, erased.message.address) == (MARK, "")


TYPES = {
    "custom.model": FieldType("enum", ("A", "B")),
    "custom.open": FieldType("enum"),
    "custom.story": FieldType("text"),
    "custom.size": FieldType("integer"),
    "custom.tags": FieldType("set", ("x", "y")),
}


@pytest.mark.parametrize(
    ("name", "value", "left"),
    [
        ("custom.model", "A", "A"),
        ("custom.model", "C of an older ruleset", MARK),
        ("custom.open", "anything", MARK),
        ("custom.story", "my words", MARK),
        ("custom.story", "", ""),
        ("custom.size", 7, 7),
        ("custom.tags", ("x", "y"), ("x", "y")),
        ("custom.tags", ("x", "me"), (MARK,)),
        ("custom.unknown", 42, MARK),
        ("custom.unknown", None, None),
        ("affected_users", None, None),
    ],
)
def test_fields_of_the_ruleset(name: str, value: Value, left: Value) -> None:
    """Coded fields stay as far as the ruleset knows the word; texts and unknown ones go."""
    body = BODIES["info_provided"](fields={name: value})  # type: ignore[call-arg]
    erased = Eraser("erased-000001", TYPES).event(Event("T1", 2, AT, "requester", body))
    assert erased.body.fields == {name: left}  # type: ignore[attr-defined]


def test_the_requester_keeps_what_is_counted() -> None:
    whole = Requester("C000001", "Zhang", "138", "z@x.cn", "vip", "company", "Acme", "Suzhou")
    body = BODIES["submitted"]("main", "web", whole)  # type: ignore[call-arg]
    erased = ERASER.event(Event("T1", 1, AT, "requester", body)).body
    left = Requester("erased-000001", MARK, "", "", "vip", "company", MARK, "Suzhou")
    assert erased.requester == left  # type: ignore[attr-defined]


def test_groups_of_others_stay() -> None:
    """A ticket counts on in a group that says nothing of the person, and in no other."""
    eraser = Eraser("erased-000001", groups=frozenset({"batch"}))
    body = BODIES["correlated"](("main/batch/0f", "main/same_phone/1e"))  # type: ignore[call-arg]
    erased = eraser.event(Event("T1", 2, AT, "system", body)).body
    assert erased.keys == ("main/batch/0f", "main/same_phone/erased-000001")  # type: ignore[attr-defined]
