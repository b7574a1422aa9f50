"""What a ticket lacks: found by the form, asked by agents, found by the rules and taken back."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from ruledesk.desk.intake import Intake
from ruledesk.desk.service import Desk
from ruledesk.errors import InvalidInput, Refused
from ruledesk.explain.rule import explain_rule
from ruledesk.lifecycle.completeness import missing_changes, unfilled_of
from ruledesk.lifecycle.evolve import replay
from ruledesk.model.ticket import Status, Ticket
from ruledesk.model.values import changed
from ruledesk.testing import doubles

DeskWith = Callable[..., Desk]

LACKS = """
[fields.module]
label = { en = "Module", zh = "模块" }
[fields.serial]
kind = "text"
label = { en = "Serial number", zh = "序列号" }

[stages.completeness]
hit = "collect"
sets = ["lacks", "flags"]
[[stages.completeness.rules]]
name = "no-expected"
when = 'missing(expected) and not matches(description, "希望")'
set = { lacks = ["expected"] }
[[stages.completeness.rules]]
name = "no-module"
when = 'missing(module)'
set = { lacks = ["module"] }
[[stages.completeness.rules]]
name = "no-serial"
when = 'missing(custom.serial) and contains(description, "机器")'
set = { lacks = ["custom.serial"], flags = ["vague"] }

[stages.after]
hit = "first"
sets = ["subject"]
[[stages.after.rules]]
name = "asks"
when = 'missing_fields >= 1 and "incomplete" in flags'
set = { subject = "incomplete" }
[[stages.after.rules]]
name = "complete"
when = 'missing_fields == 0'
set = { subject = "complete" }

[[reactions]]
name = "ask"
on = ["submitted"]
when = '"expected" in lacks'
send = [{ to = ["requester"], via = ["sms"], template = "missing_info" }]
[templates.missing_info]
text = { en = "please tell: {missing} ({lacks})", zh = "请补充：{missing}" }
"""


@pytest.fixture
def desk(desk_with: DeskWith) -> Desk:
    return desk_with(LACKS)


@pytest.fixture
def submit(desk: Desk, start: datetime) -> Callable[..., Ticket]:
    def submitted(**fields: Any) -> Ticket:
        given = {"type": "repair", "description": "坏了", "requester": {"phone": "138"}, **fields}
        return desk.submit(by="requester", line="main", channel="web", fields=given, at=start)

    return submitted


@pytest.fixture
def provide(desk: Desk, start: datetime) -> Callable[..., Ticket]:
    def provided(ticket: Ticket, text: str = "", **fields: Any) -> Ticket:
        given = {"fields": fields, "text": text}
        at = start + timedelta(minutes=5)
        return desk.act(ticket.number, "provide_info", by="requester", fields=given, at=at)

    return provided


@pytest.mark.requirement("A4")
def test_what_rules_find_lacking_is_missing(desk: Desk, submit: Callable[..., Ticket]) -> None:
    ticket = submit()
    assert ticket.lacks == ("expected", "module")
    assert ticket.missing == ("expected", "module")
    assert "incomplete" in ticket.flags
    assert ticket.subject == "incomplete"  # a stage behind it reads it
    assert ticket.status is Status.NEW
    texts = {d.message.about: d.message for d in desk.store.messages(ticket.number)}
    assert texts["missing_info"].text == "please tell: expected, Module (expected, Module)"


@pytest.mark.requirement("A4")
def test_a_complete_ticket_lacks_nothing(submit: Callable[..., Ticket]) -> None:
    ticket = submit(module="login", expected="works again")
    assert (ticket.lacks, ticket.missing) == ((), ())
    assert "incomplete" not in ticket.flags
    assert ticket.subject == "complete"


@pytest.mark.requirement("A4")
def test_lacks_are_taken_back_when_decided_again(
    submit: Callable[..., Ticket], provide: Callable[..., Ticket]
) -> None:
    ticket = provide(submit(), module="login")
    assert ticket.missing == ticket.lacks == ("expected",)
    assert "incomplete" in ticket.flags
    ticket = provide(ticket, description="坏了，希望今天恢复")
    assert ticket.missing == ticket.lacks == ()
    assert "incomplete" not in ticket.flags
    assert ticket.subject == "complete"
    assert ticket.status is Status.NEW


@pytest.mark.requirement("A4")
def test_lacks_and_flags_can_come_later_and_go_again(
    submit: Callable[..., Ticket], provide: Callable[..., Ticket]
) -> None:
    ticket = submit(module="login", expected="x")
    ticket = provide(ticket, description="机器坏了")
    assert ticket.lacks == ("serial",)
    assert {"incomplete", "vague"} <= ticket.flags
    ticket = provide(ticket, **{"custom.serial": "S1"})
    assert ticket.lacks == ()
    assert not {"incomplete", "vague"} & ticket.flags


@pytest.mark.requirement("A4", "F1")
def test_history_gives_the_same_ticket(
    desk: Desk, submit: Callable[..., Ticket], provide: Callable[..., Ticket]
) -> None:
    ticket = provide(submit(), module="login")
    assert replay(desk.store.events(ticket.number)) == ticket == desk.ticket(ticket.number)


def test_what_an_agent_asks_for_is_missing_but_not_incomplete(
    desk: Desk, submit: Callable[..., Ticket], start: datetime
) -> None:
    ticket = submit(module="login", expected="x")
    fields = {"missing": ["product", "serial"]}
    ask = desk.act(ticket.number, "request_info", by="agent:A101", fields=fields, at=start)
    assert ask.missing == ("product", "serial")
    assert "incomplete" not in ask.flags
    given = {"fields": {"custom.serial": "S1"}}
    told = desk.act(ticket.number, "provide_info", by="requester", fields=given, at=start)
    assert told.missing == ("product",)
    told = desk.act(
        ticket.number, "provide_info", by="requester", fields={"text": "冰箱"}, at=start
    )
    assert told.missing == ()  # whether the text answers it, the agent reads


def test_asking_for_what_the_rules_miss_leaves_it_theirs(
    desk: Desk, submit: Callable[..., Ticket], provide: Callable[..., Ticket], start: datetime
) -> None:
    ticket = submit(module="login")
    fields = {"missing": ["expected"]}
    ask = desk.act(ticket.number, "request_info", by="agent:A101", fields=fields, at=start)
    assert ask.missing == ("expected",)
    told = provide(ticket, description="坏了，希望今天恢复")
    assert told.missing == ()
    assert "incomplete" not in told.flags


def test_what_the_form_missed_and_the_rules_too_needs_both() -> None:
    ticket = changed(doubles.ticket(), unfilled=("expected", "order"), lacks=("expected",))
    changes = missing_changes(ticket, lacks=())
    assert changes["missing"] == ("expected", "order")
    assert "incomplete" in changes["flags"]


def test_a_ticket_of_an_older_store_keeps_what_it_missed() -> None:
    old = changed(doubles.ticket(), missing=("type",), flags=frozenset({"incomplete"}))
    assert unfilled_of(old) == ("type",)
    assert missing_changes(old, lacks=("module",))["missing"] == ("type", "module")


@pytest.mark.parametrize("name", ["expectd", "custom.nothing", ""])
def test_only_fields_of_the_form_can_be_lacking(name: str, desk_with: DeskWith) -> None:
    head = '[stages.c]\nsets = ["lacks"]\n[[stages.c.rules]]\nname = "r"\n'
    with pytest.raises(InvalidInput, match="unknown field"):
        desk_with(f'{head}set = {{ lacks = ["{name}"] }}\n')


@pytest.mark.requirement("F2", "A4")
def test_explained_is_what_was_found_and_taken_back(
    desk: Desk, submit: Callable[..., Ticket], provide: Callable[..., Ticket]
) -> None:
    ticket = provide(submit(), module="login")
    rules = {ruleset.hash: ruleset for ruleset in desk.rulesets.values()}
    found = explain_rule("no-module", ticket, desk.store.events(ticket.number), rules.get)
    assert [one.verdict for one in found.evaluations] == ["fired", "failed"]
    second = found.evaluations[1].decision
    assert second is not None
    assert dict(second.outcome) == {"lacks": ("expected",), "unlack": ("module",)}


@pytest.mark.requirement("A4")
def test_nothing_else_takes_the_flag_down(desk_with: DeskWith, start: datetime) -> None:
    overlay = '[[reactions]]\nname = "hush"\non = ["submitted"]\nclear_flags = ["incomplete"]\n'
    desk = desk_with(LACKS + overlay)
    fields = {"type": "repair", "description": "坏了", "requester": {"phone": "138"}}
    ticket = desk.submit(by="requester", line="main", channel="web", fields=fields, at=start)
    assert "incomplete" in ticket.flags


@pytest.mark.requirement("A4", "F4")
def test_what_mail_went_without_is_missing_until_it_is_given(
    desk: Desk, start: datetime, provide: Callable[..., Ticket]
) -> None:
    fields = {"description": "坏了，希望今天恢复", "requester": {}, "module": "login"}
    intake = Intake("requester", "main", "email", fields, lenient=True)
    ticket = desk.take(intake, start)
    assert (ticket.unfilled, ticket.lacks) == (("type", "contact"), ())
    assert "incomplete" in ticket.flags
    ticket = provide(ticket, type="repair")
    assert ticket.missing == ("contact",)
    ticket = provide(ticket, requester={"phone": "138"})
    assert ticket.missing == ()
    assert "incomplete" not in ticket.flags


@pytest.mark.requirement("A2", "A4")
def test_only_the_rulesets_ways_reach_the_requester(desk_with: DeskWith, start: datetime) -> None:
    desk = desk_with(
        "[fields.chat]\n[fields.contact]\nwanted = true\nrequired = false\n"
        'any_of = ["requester.id", "custom.chat"]\n'
    )
    fields = {"type": "repair", "description": "坏了"}
    ticket = desk.submit(by="requester", line="main", channel="web", fields=fields, at=start)
    given: tuple[tuple[dict[str, Any], tuple[str, ...]], ...] = (
        ({"requester": {"phone": "138"}}, ("contact",)),
        ({"chat": "wx-1"}, ()),
    )
    for more, missing in given:
        desk.act(ticket.number, "provide_info", by="requester", fields={"fields": more}, at=start)
        ticket = desk.ticket(ticket.number)
        assert ticket.missing == missing
        assert replay(desk.store.events(ticket.number)) == ticket
    assert "incomplete" not in ticket.flags
    with pytest.raises(Refused, match="fills"):
        desk.act(ticket.number, "provide_info", by="requester", fields={"fills": ["x"]}, at=start)
