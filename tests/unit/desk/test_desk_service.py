"""The desk service at its edges: what is no submission, plugins' facts, a desk put together."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from ruledesk.desk.service import Desk
from ruledesk.errors import InvalidInput, NotFound, PluginFault, Refused
from ruledesk.hooks.kinds import File, RawInput
from ruledesk.hooks.spec import hookimpl
from ruledesk.lifecycle.evolve import replay
from ruledesk.model.event import Event
from ruledesk.model.ticket import Ticket
from ruledesk.testing.doubles import event, ticket

Desks = Callable[..., Desk]
GOOD = {"type": "repair", "description": "x", "requester": {"phone": "13800000001"}}


def submit(desk: Desk, at: datetime, **changes: Any) -> Ticket:
    given = {"by": "requester", "line": "main", "channel": "web", "fields": GOOD, **changes}
    return desk.submit(at=at, **given)


@pytest.mark.requirement("F4")
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"fields": None}, "fields"),
        ({"fields": [("type", "repair")]}, "fields"),
        ({"fields": "type=repair"}, "fields"),
        ({"line": "nowhere"}, "line"),
        ({"line": None}, "line"),
        ({"line": ["main"]}, "line"),
        ({"channel": 5}, "channel"),
        ({"channel": "a\0"}, "channel"),
        ({"channel": "x" * 1000}, "channel"),
        ({"by": "nobody"}, "by"),
        ({"by": None}, "by"),
        ({"fields": {**GOOD, "call": 5}}, "call"),
    ],
)
def test_what_is_no_submission(
    changes: dict[str, Any], field: str, desk: Desk, start: datetime
) -> None:
    before = dict(desk.store.counts())
    with pytest.raises(Refused) as refused:
        submit(desk, start, **changes)
    (problem,) = refused.value.problems
    assert problem.field == field
    assert dict(desk.store.counts()) == before


def test_a_desk_of_one_line_needs_no_name(desk: Desk, start: datetime) -> None:
    assert submit(desk, start, line="").line == "main"


def test_a_desk_of_two_lines_does(
    open_desk: Desks, full_description: dict[str, Any], start: datetime
) -> None:
    line = full_description["lines"]["main"]
    desk = open_desk({"lines": {"one": line, "two": line}})
    assert submit(desk, start, line="two").line == "two"
    with pytest.raises(Refused) as refused:
        submit(desk, start, line="")
    assert refused.value.problems[0].accepted == ("one", "two")
    assert desk.rulesets["one"] is desk.rulesets["two"]


@pytest.mark.requirement("F4")
def test_no_such_ticket(desk: Desk, start: datetime) -> None:
    for attempt in (
        lambda: desk.ticket("G0"),
        lambda: desk.act("G0", "accept", by="agent:A101", at=start),
    ):
        with pytest.raises(NotFound) as error:
            attempt()
        assert (error.value.problems[0].field, error.value.problems[0].value) == ("number", "G0")


@pytest.mark.requirement("A3")
def test_files_are_kept_by_content(desk: Desk, start: datetime) -> None:
    files = [File("a.txt", b"same", "text/plain"), File("b.txt", b"same")]
    made = submit(desk, start, files=files)
    assert [(a.name, a.size) for a in made.attachments] == [("a.txt", 4), ("b.txt", 4)]
    assert len({a.sha256 for a in made.attachments}) == 1
    assert desk.store.blob(made.attachments[0].sha256) == b"same"
    noted = desk.act(
        made.number, "note", by="requester", fields={"text": "x"}, at=start, files=files[:1]
    )
    assert len(noted.attachments) == 3


def test_the_ruleset_that_decided_can_be_found_again(desk: Desk) -> None:
    ruleset = desk.rulesets["main"]
    stored = desk.store.document(f"ruleset/{ruleset.hash}")
    assert stored is not None
    assert stored["ruleset"]["version"] == "1.2.0"
    assert "__origin__" not in str(stored)


def test_time_passes_in_order(desk: Desk, start: datetime) -> None:
    numbers = [submit(desk, start + timedelta(minutes=m)).number for m in (0, 7)]
    desk.advance(start + timedelta(days=30))
    for number in numbers:
        events = desk.store.events(number)
        times = [one.at for one in events]
        assert times == sorted(times)
        assert replay(events) == desk.ticket(number)
        breached = next(e for e in events if e.body.kind == "target_breached")
        assert breached.at == breached.body.due  # type: ignore[attr-defined]
    all_times = [e.at for e in desk.store.all_events() if e.body.kind == "target_breached"]
    assert all_times == sorted(all_times)
    assert desk.advance(start + timedelta(days=30)) == 0


# -- facts of plugins -----------------------------------------------------------------------------


class Contracts:
    def __init__(self, *answers: Any) -> None:
        self.answers = answers
        self.asked = 0

    @hookimpl
    def ruledesk_enrich_facts(self, ticket: Ticket) -> Any:
        self.asked += 1
        answer = self.answers[min(self.asked, len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer


EXTRA = """
[extra]
contract = "text"
seats = "integer"
[[stages.flags.rules]]
name = "gold"
when = 'extra.contract == "gold" and extra.seats > 5'
set = { flags = ["gold"] }
"""


@pytest.mark.requirement("F2")
def test_facts_of_a_plugin_are_recorded_with_the_decision(
    desk_with: Desks, start: datetime
) -> None:
    desk = desk_with(EXTRA, plugins={"crm": Contracts({"contract": "gold", "seats": 9, "x": 1})})
    made = submit(desk, start)
    assert made.flags == {"gold"}
    facts = [
        decision.facts
        for one in desk.store.events(made.number)
        for decision in getattr(one.body, "decisions", ())
        if decision.stage == "flags"
    ]
    assert facts[0]["extra.contract"] == "gold"
    assert "extra.x" not in facts[0]


@pytest.mark.parametrize("facts", [{"contract": 5}, {"contract": "gold", "seats": "9"}])
def test_facts_of_another_type_are_a_fault(
    facts: dict[str, Any], desk_with: Desks, start: datetime
) -> None:
    desk = desk_with(EXTRA, plugins={"crm": Contracts(facts)})
    assert submit(desk, start).flags == {"plugin_fault"}


def test_a_plugin_that_failed_is_not_asked_again_in_the_same_action(
    desk_with: Desks, start: datetime
) -> None:
    plugin = Contracts(RuntimeError("no answer"))
    desk = desk_with(EXTRA, plugins={"crm": plugin})
    made = submit(desk, start)
    assert plugin.asked == 1
    kinds = [one.body.kind for one in desk.store.events(made.number)]
    assert kinds.count("plugin_faulted") == 1


# -- histories ------------------------------------------------------------------------------------


def test_a_damaged_history_is_told() -> None:
    with pytest.raises(ValueError, match="begins with 'noted'"):
        replay([event(version=1)])
    with pytest.raises(ValueError, match="at least one event"):
        replay([])


def test_a_history_of_a_ticket_is_the_ticket(desk: Desk, start: datetime) -> None:
    made = submit(desk, start)
    events: Sequence[Event] = desk.store.events(made.number)
    assert replay(events) == made
    assert made != ticket()


# -- putting together -----------------------------------------------------------------------------


@pytest.mark.requirement("F4")
@pytest.mark.parametrize(
    ("description", "options", "field"),
    [
        ({"lines": {"main": {"ruleset": "./none.toml"}}}, {}, "desk.toml: lines.main.ruleset"),
        ({"lines": {"main": {"ruleset": "nothing"}}}, {}, "desk.toml: lines.main.ruleset"),
        ({}, {"engine": "psychic"}, "desk.toml: desk.engine"),
        ({}, {"storage": "clay:tablet"}, "desk.toml: desk.storage"),
        ({"channels": {"pigeon": {}}}, {}, "desk.toml: channels.pigeon"),
        ({"channels": {"web": {"lnie": "main"}}}, {}, "desk.toml: channels.web.lnie"),
        ({"channels": {"web": {"mapping": 5}}}, {}, "desk.toml: channels.web.mapping"),
        ({"channels": {"email": {"line": "mian"}}}, {}, "desk.toml: channels.email.line"),
        ({"channels": {"email": {"line": ["main"]}}}, {}, "desk.toml: channels.email.line"),
        ({"notifiers": {"pigeon": {}}}, {"deliver": True}, "desk.toml: notifiers.pigeon"),
        ({"plugins": {"enabled": ["nothing"]}}, {}, "plugins.enabled"),
    ],
)
def test_a_desk_that_cannot_be_put_together(
    description: dict[str, Any], options: dict[str, Any], field: str, open_desk: Desks
) -> None:
    with pytest.raises(InvalidInput) as error:
        open_desk(description, **options)
    assert field in {problem.field for problem in error.value.problems}


class Broken:
    """A plugin whose components cannot be made."""

    @staticmethod
    def _kind() -> type:
        def fail(self: Any, *_: Any) -> None:
            raise RuntimeError("no licence")

        methods = dict.fromkeys(("receive", "deliver", "close", "choose", "compile"), fail)
        return type("Component", (), {"name": "broken", "__init__": fail, **methods})

    @hookimpl
    def ruledesk_channels(self) -> list[type]:
        return [self._kind()]

    @hookimpl
    def ruledesk_notifiers(self) -> list[type]:
        return [self._kind()]

    @hookimpl
    def ruledesk_dispatchers(self) -> list[type]:
        return [self._kind()]

    @hookimpl
    def ruledesk_rule_engines(self) -> list[type]:
        return [self._kind()]


@pytest.mark.requirement("F4")
@pytest.mark.parametrize(
    ("description", "options", "field"),
    [
        ({"channels": {"broken": {}}}, {}, "desk.toml: channels.broken"),
        ({"notifiers": {"broken": {}}}, {"deliver": True}, "desk.toml: notifiers.broken"),
        ({}, {"engine": "broken"}, "desk.toml: desk.engine"),
    ],
)
def test_a_component_that_cannot_be_made(
    description: dict[str, Any], options: dict[str, Any], field: str, open_desk: Desks
) -> None:
    with pytest.raises(PluginFault, match="the plugin bad failed: RuntimeError: no licence") as e:
        open_desk(description, plugins={"bad": Broken()}, **options)
    assert e.value.problems[0].field == field


def test_a_channel_that_nobody_asked_for_keeps_no_desk_closed(
    open_desk: Desks, start: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    desk = open_desk(plugins={"bad": Broken()})
    assert submit(desk, start).number
    assert "plugin bad failed in desk.toml: channels.broken" in caplog.text
    with pytest.raises(InvalidInput, match="no installed plugin provides this channel"):
        desk.receive("broken", RawInput(b""), at=start)


def test_an_unknown_dispatcher_is_told_before_the_first_ticket(desk_with: Desks) -> None:
    with pytest.raises(InvalidInput) as error:
        desk_with('[dispatch]\nstrategy = "by_horoscope"\n')
    (problem,) = error.value.problems
    assert problem.field == "overlay: dispatch.strategy"
    assert (problem.value, "least_loaded" in problem.accepted) == ("by_horoscope", True)


def test_the_testing_kit_needs_no_pytest_and_rewrites_asserts_with_it() -> None:
    code = "import sys, ruledesk.testing; assert 'pytest' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
    from ruledesk.testing import storage  # noqa: PLC0415

    assert "@pytest_ar" in vars(storage)
