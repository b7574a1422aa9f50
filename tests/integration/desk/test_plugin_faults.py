"""A plugin that fails costs nobody a ticket: the default applies, on record and in the log."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ruledesk.desk.assembly import open_desk as assemble
from ruledesk.desk.config import DeskConfig
from ruledesk.desk.service import Desk
from ruledesk.errors import Problem, Refused
from ruledesk.hooks.discovery import Found, find
from ruledesk.hooks.guard import Guard
from ruledesk.hooks.kinds import Channel, Dispatcher, Intake, RawInput, Settings, Submission
from ruledesk.hooks.manager import load_plugins
from ruledesk.hooks.spec import hookimpl
from ruledesk.lifecycle.evolve import replay
from ruledesk.model.event import PluginFaulted
from ruledesk.model.ticket import Ticket

Desks = Callable[..., Desk]
GOOD = {"type": "repair", "description": "x", "requester": {"phone": "13800000001"}}


def submit(desk: Desk, at: datetime, **fields: Any) -> Ticket:
    given = {**GOOD, **fields}
    return desk.submit(by="requester", line="main", channel="web", fields=given, at=at)


def faults(desk: Desk, ticket: Ticket) -> list[tuple[str, str]]:
    events = desk.store.events(ticket.number)
    return [
        (event.body.plugin, event.body.hook)
        for event in events
        if isinstance(event.body, PluginFaulted)
    ]


def boom(*_: Any, **__: Any) -> Any:
    raise ValueError("boom at 0x7f00")


def hook(name: str, answer: Callable[[], Any]) -> object:
    """Make a plugin of one hook, whose implementation takes no arguments."""

    def implementation(self: Any) -> Any:
        return answer()

    implementation.__name__ = name
    return type("Plugin", (), {name: hookimpl(implementation)})()


def odd(value: Any) -> Callable[[], Any]:
    return lambda: value


ANSWERS = [
    pytest.param(boom, id="raises"),
    pytest.param(odd(5), id="number"),
    pytest.param(odd("text"), id="text"),
    pytest.param(odd([object()]), id="objects"),
]


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("name", ["ruledesk_validate", "ruledesk_enrich_facts"])
def test_deciding_hooks_that_fail_on_submission(
    name: str,
    answer: Callable[[], Any],
    desk_with: Desks,
    start: datetime,
    caplog: pytest.LogCaptureFixture,
) -> None:
    overlay = '[extra]\ncontract = "text"\n[[stages.flags.rules]]\nname = "c"\n'
    overlay += 'when = \'extra.contract == "gold"\'\nset = { flags = ["gold"] }\n'
    desk = desk_with(overlay, plugins={"odd": hook(name, answer)})
    with caplog.at_level(logging.ERROR, "ruledesk.plugins"):
        ticket = submit(desk, start)
    assert ticket.flags == {"plugin_fault"}
    assert (ticket.team, ticket.priority) == ("after-sales", "P3")
    assert faults(desk, ticket) == [("odd", name)]
    assert "plugin odd failed" in caplog.text
    assert replay(desk.store.events(ticket.number)) == desk.ticket(ticket.number)


@pytest.mark.parametrize("answer", ANSWERS)
def test_before_action_that_fails_lets_the_action_pass(
    answer: Callable[[], Any], open_desk: Desks, start: datetime
) -> None:
    desk = open_desk(plugins={"odd": hook("ruledesk_before_action", answer)})
    ticket = submit(desk, start)
    after = desk.act(ticket.number, "accept", by="agent:A101", at=start)
    assert after.status == "in_progress"
    assert faults(desk, ticket) == [("odd", "ruledesk_before_action")]


@pytest.mark.requirement("F4")
def test_before_action_may_refuse(open_desk: Desks, start: datetime) -> None:
    problem = Problem("not today", "今天不行", "action", "accept")
    desk = open_desk(plugins={"no": hook("ruledesk_before_action", odd(problem))})
    ticket = submit(desk, start)
    with pytest.raises(Refused) as refused:
        desk.act(ticket.number, "accept", by="agent:A101", at=start)
    assert refused.value.problems == (problem,)
    assert desk.ticket(ticket.number) == ticket


@pytest.mark.requirement("F4")
def test_validate_may_refuse(open_desk: Desks, start: datetime) -> None:
    problem = Problem("no contract", "无合同", "requester.id")
    desk = open_desk(plugins={"no": hook("ruledesk_validate", odd([problem]))})
    with pytest.raises(Refused) as refused:
        submit(desk, start)
    assert refused.value.problems == (problem,)
    assert desk.store.counts()["tickets"] == 0


@pytest.mark.requirement("F3")
def test_an_observer_that_fails_changes_nothing_else(open_desk: Desks, start: datetime) -> None:
    plain = submit(open_desk(), start)
    desk = open_desk(plugins={"odd": hook("ruledesk_after_event", boom)})
    ticket = submit(desk, start)
    assert ticket.flags == {"plugin_fault"}
    assert faults(desk, ticket) == [("odd", "ruledesk_after_event")]
    stored = desk.ticket(ticket.number)
    assert stored == ticket
    assert (stored.team, stored.agent, stored.targets) == (plain.team, plain.agent, plain.targets)
    assert "0x" not in str(desk.store.events(ticket.number)[-1].body)


def test_observers_see_every_event_of_every_ticket_once(open_desk: Desks, start: datetime) -> None:
    seen: list[tuple[str, int, str]] = []

    class Observer:
        @hookimpl
        def ruledesk_after_event(self, ticket: Ticket, event: Any) -> None:
            assert ticket.version >= event.version
            seen.append((event.ticket, event.version, event.body.kind))

    desk = open_desk(plugins={"observer": Observer()})
    one, two = submit(desk, start), submit(desk, start)
    desk.act(one.number, "link", by="agent:A101", fields={"other": two.number}, at=start)
    desk.advance(datetime.fromisoformat("2026-03-20T10:00:00+08:00"))
    stored = [(e.ticket, e.version, e.body.kind) for e in desk.store.all_events()]
    assert sorted(seen) == sorted(stored)


def test_a_hook_may_use_the_desk(open_desk: Desks, start: datetime) -> None:
    class Noter:
        desk: Desk

        @hookimpl
        def ruledesk_desk_started(self, desk: Desk) -> None:
            self.desk = desk

        @hookimpl
        def ruledesk_after_event(self, ticket: Ticket, event: Any) -> None:
            if event.body.kind == "accepted":
                self.desk.act(
                    ticket.number, "note", by="system", fields={"text": "seen"}, at=event.at
                )

    desk = open_desk(plugins={"noter": Noter()})
    ticket = submit(desk, start)
    desk.act(ticket.number, "accept", by="agent:A101", at=start)
    assert desk.store.events(ticket.number)[-1].body.kind == "noted"
    assert faults(desk, ticket) == []


# -- dispatchers ----------------------------------------------------------------------------------


def dispatcher(answer: Callable[..., Any]) -> object:
    class Odd:
        name = "odd"

        def choose(self, ticket: Ticket, candidates: Any) -> str:
            chosen: str = answer()
            return chosen

    class Plugin:
        @hookimpl
        def ruledesk_dispatchers(self) -> Sequence[type[Dispatcher]]:
            return [Odd]

    return Plugin()


@pytest.mark.requirement("D7")
@pytest.mark.parametrize(
    "answer",
    [boom, odd("A999"), odd(None), odd(5), odd(object()), odd("S101"), odd(["A101"]), odd("")],
)
def test_a_dispatcher_that_fails_costs_the_first_candidate(
    answer: Callable[..., Any], desk_with: Desks, start: datetime
) -> None:
    desk = desk_with('[dispatch]\nstrategy = "odd"\n', plugins={"odd": dispatcher(answer)})
    ticket = submit(desk, start)
    assert (ticket.team, ticket.agent) == ("after-sales", "A101")
    assert ticket.flags == {"plugin_fault"}
    assert faults(desk, ticket) == [("odd", "dispatcher:odd.choose")]
    assert "0x" not in str(desk.store.events(ticket.number)[-1].body)


def test_an_endless_dispatcher_is_interrupted(
    full_description: dict[str, Any], start: datetime, tmp_path: Path
) -> None:
    def endless() -> Any:
        while True:
            pass

    overlay = tmp_path / "odd.toml"
    base = full_description["lines"]["main"]["ruleset"]
    overlay.write_text(
        f'[ruleset]\nname = "odd"\nversion = "1"\nextends = "{base}"\n'
        '[dispatch]\nstrategy = "odd"\n',
        encoding="utf-8",
    )
    description = {**full_description, "lines": {"main": {"ruleset": str(overlay)}}}
    found = (*find(), Found("odd", "test", "0", lambda: dispatcher(endless)))
    plugins = load_plugins(found=found, guard=Guard(patience=0.1))
    config = DeskConfig.from_mapping(description, folder=tmp_path)
    desk = assemble(config, storage="memory:", engine="python", deliver=False, plugins=plugins)
    try:
        ticket = submit(desk, start)
        assert ticket.agent == "A101"
        assert faults(desk, ticket) == [("odd", "dispatcher:odd.choose")]
        # The commit that the call was part of is whole, and the next one is not disturbed.
        assert replay(desk.store.events(ticket.number)) == desk.ticket(ticket.number)
        assert submit(desk, start).agent in ("A101", "A102")
    finally:
        desk.close()


def test_a_commit_inside_an_impatient_call_is_not_torn(
    full_description: dict[str, Any], start: datetime, tmp_path: Path
) -> None:
    class Busy:
        desk: Desk

        @hookimpl
        def ruledesk_desk_started(self, desk: Desk) -> None:
            self.desk = desk

        @hookimpl
        def ruledesk_after_event(self, ticket: Ticket, event: Any) -> None:
            if event.body.kind == "accepted":
                for n in range(100_000):  # until it is interrupted
                    fields = {"text": str(n)}
                    self.desk.act(ticket.number, "note", by="system", fields=fields, at=event.at)

    found = (*find(), Found("busy", "test", "0", Busy))
    plugins = load_plugins(found=found, guard=Guard(patience=0.05))
    config = DeskConfig.from_mapping(full_description, folder=tmp_path)
    desk = assemble(config, storage="memory:", engine="python", deliver=False, plugins=plugins)
    try:
        ticket = submit(desk, start)
        desk.act(ticket.number, "accept", by="agent:A101", at=start)
        events = desk.store.events(ticket.number)
        assert replay(events) == desk.ticket(ticket.number)
        assert faults(desk, ticket) == [("busy", "ruledesk_after_event")]
        desk.act(ticket.number, "note", by="system", fields={"text": "on we go"}, at=start)
    finally:
        desk.close()


# -- channels -------------------------------------------------------------------------------------


def channel(answer: Callable[..., Any]) -> object:
    class Odd:
        name = "odd"

        def __init__(self, settings: Settings) -> None:
            self.settings = settings

        def receive(self, raw: RawInput, context: Any) -> Sequence[Intake]:
            intakes: Sequence[Intake] = answer()
            return intakes

    class Plugin:
        @hookimpl
        def ruledesk_channels(self) -> Sequence[type[Channel]]:
            return [Odd]

    return Plugin()


@pytest.mark.requirement("F3")
@pytest.mark.parametrize(
    "answer", [boom, odd(None), odd([]), odd([None]), odd("text"), odd(5), odd([{}])]
)
def test_a_channel_that_fails_keeps_the_input_and_makes_a_ticket(
    answer: Callable[..., Any], open_desk: Desks, start: datetime
) -> None:
    desk = open_desk(plugins={"odd": channel(answer)})
    content = "冰箱\0坏了".encode()
    (receipt,) = desk.receive("odd", RawInput(content), at=start)
    ticket = desk.ticket(receipt.ticket)
    assert receipt.kind == "ticket"
    assert ticket.flags >= {"plugin_fault", "incomplete"}
    assert "冰箱" in ticket.description
    assert desk.store.blob(ticket.raw) == content
    assert faults(desk, ticket) == [("odd", "channel:odd.receive")]
    # The same unreadable input again is the same ticket.
    (again,) = desk.receive("odd", RawInput(content), at=start)
    assert again.ticket == ticket.number
    assert desk.store.counts()["tickets"] == 1


def test_a_channel_may_refuse(open_desk: Desks, start: datetime) -> None:
    def refuse() -> Any:
        raise Refused.of("no such form", "没有此表单", field="form")

    desk = open_desk(plugins={"odd": channel(refuse)})
    with pytest.raises(Refused, match="no such form"):
        desk.receive("odd", RawInput(b"x"), at=start)
    assert desk.store.counts()["tickets"] == 0


def test_a_lenient_submission_is_taken_with_what_is_wrong_left_out(
    open_desk: Desks, start: datetime
) -> None:
    fields: Mapping[str, Any] = {
        "type": "nonsense",
        "description": "长" * 5000 + "\0",
        "affected_users": "many",
        "requester": {"name": 5, "email": "z@example.com"},
        "colour": "blue",
    }
    intake = Submission(fields, lenient=True, source="odd:1")
    desk = open_desk(plugins={"odd": channel(odd([intake, intake]))})
    one, two = desk.receive("odd", RawInput(b"x"), at=start)
    assert one.ticket == two.ticket
    ticket = desk.ticket(one.ticket)
    assert ticket.flags >= {"incomplete"}
    assert ticket.description == "长" * 2000  # cut, not lost
    assert set(ticket.missing) == {"type", "affected_users", "requester.name"}
    assert (ticket.requester.name, ticket.requester.email) == ("", "z@example.com")


def test_a_textual_submission_is_read_from_text(open_desk: Desks, start: datetime) -> None:
    fields = {**GOOD, "affected_users": " 7 ", "occurred_at": "2026-03-09T09:00:00+08:00"}
    desk = open_desk(plugins={"odd": channel(odd([Submission(fields, textual=True)]))})
    (receipt,) = desk.receive("odd", RawInput(b"x"), at=start)
    assert desk.ticket(receipt.ticket).affected_users == 7
    with pytest.raises(Refused, match="affected_users"):
        submit(desk, start, affected_users=" 7 ")
