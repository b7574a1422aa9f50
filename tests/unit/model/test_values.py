"""The frozen values: what copying them may rely on."""

import attrs
import pytest

from ruledesk.model import decision, message, people
from ruledesk.model import ticket as tickets
from ruledesk.model.action import ACTIONS, BY_NAME
from ruledesk.model.event import BODIES, CONSEQUENCES, Event
from ruledesk.model.ticket import OPEN_STATUSES, TERMINAL_STATUSES, Status
from ruledesk.model.values import Text, changed
from ruledesk.testing.doubles import ticket

CLASSES = sorted(
    {
        value
        for module in (tickets, people, message, decision)
        for value in vars(module).values()
        if isinstance(value, type) and attrs.has(value)
    }
    | {*ACTIONS, *CONSEQUENCES, Event, Text},
    key=lambda kind: kind.__name__,
)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_copies_bypass_nothing(kind: type) -> None:
    """`changed` copies the instance's dictionary: no slots, no validators, no converters."""
    assert "__dict__" in dir(kind)
    assert not getattr(kind, "__slots__", ())
    for attribute in attrs.fields(kind):
        assert attribute.validator is None
        assert attribute.converter is None
        assert attribute.init
    assert "__attrs_post_init__" not in vars(kind)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_values_are_frozen(kind: type) -> None:
    instance = object.__new__(kind)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        instance.anything = 1


def test_changed_copies() -> None:
    one = ticket()
    two = changed(one, priority="P0")
    assert (one.priority, two.priority) == ("", "P0")
    assert two == attrs.evolve(one, priority="P0")
    assert type(two) is type(one)


def test_kinds_are_unique() -> None:
    assert len(BODIES) == len(ACTIONS) + len(CONSEQUENCES)
    assert len(BY_NAME) == len(ACTIONS)


def test_every_status_is_one_of_three_sorts() -> None:
    rest = {Status.AWAITING_CONFIRMATION, Status.CLOSED}
    assert OPEN_STATUSES | TERMINAL_STATUSES | rest == set(Status)
    assert not OPEN_STATUSES & TERMINAL_STATUSES


@pytest.mark.requirement("F5")
@pytest.mark.parametrize(
    ("locale", "text"), [("zh", "否"), ("zh-CN", "否"), ("en", "no"), ("", "no"), ("de", "no")]
)
def test_texts_by_locale(locale: str, text: str) -> None:
    assert Text("no", "否").in_(locale) == text
