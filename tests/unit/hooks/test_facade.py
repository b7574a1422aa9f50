"""Every hook, called through the facade."""

import inspect
import timeit
from datetime import timedelta

import click
import pytest

from ruledesk import Job, Problem, hookimpl
from ruledesk.hooks import spec
from ruledesk.hooks.facade import DECIDING, HOOKS, OBSERVING, REGISTERING, Hooks
from ruledesk.hooks.guard import Fault
from ruledesk.model.action import Accept
from ruledesk.testing import doubles

NO = Problem("no", "不")
OTHER = Problem("other", "其他")
LINE = "support"
ACTION = Accept()
TIDY = Job("tidy", print, every=timedelta(hours=1))


class Mailbox:
    name = "mailbox"

    def __init__(self, settings): ...

    def receive(self, raw, context): ...


class Pager:
    name = "pager"

    def __init__(self, settings): ...

    def deliver(self, message): ...

    def close(self): ...


class Shelf:
    scheme = "shelf"

    @staticmethod
    def open(url, folder): ...


class Engine:
    name = "engine"

    def compile(self, program): ...


class Chooser:
    name = "chooser"

    def choose(self, ticket, candidates): ...


@click.command("greet")
def greet(): ...


@pytest.fixture
def ruleset(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("")
    return path


def names(provided):
    return [(one.plugin, one.name, one.provided) for one in provided]


# -- each hook -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hook", "component", "name"),
    [
        ("channels", Mailbox, "mailbox"),
        ("notifiers", Pager, "pager"),
        ("storages", Shelf, "shelf"),
        ("rule_engines", Engine, "engine"),
        ("dispatchers", Chooser, "chooser"),
        ("jobs", TIDY, "tidy"),
        ("cli_commands", greet, "greet"),
    ],
)
def test_registering(load, plugin, hook, component, name):
    hooks = load(plugin("acme", **{hook: lambda: [component]})).hooks
    provided, faults = getattr(hooks, hook)()
    assert names(provided) == [("acme", name, component)]
    assert faults == ()


def test_rulesets(load, plugin, ruleset):
    hooks = load(plugin("acme", rulesets=lambda: {"mine": ruleset})).hooks
    provided, faults = hooks.rulesets()
    assert names(provided) == [("acme", "mine", ruleset)]
    assert faults == ()


def test_ticket_number_takes_the_first_result(load, plugin):
    asked = []

    def numbering(result):
        def ruledesk_ticket_number(line, submission, sequence):
            asked.append(result)
            return f"{line}-{result}-{sequence}" if result else None

        return ruledesk_ticket_number

    hooks = load(
        plugin("first", ticket_number=numbering("a")),
        plugin("second", ticket_number=numbering("b")),
        plugin("silent", ticket_number=numbering(None)),
    ).hooks
    assert hooks.ticket_number(LINE, doubles.submission(), 7) == ("support-b-7", ())
    assert asked == [None, "b"]


def test_ticket_number_that_nobody_gives(load, plugin):
    hooks = load(plugin("silent", ticket_number=lambda: None)).hooks
    assert hooks.ticket_number(LINE, doubles.submission(), 1) == (None, ())


@pytest.mark.requirement("F4")
def test_validate_tells_the_problems_of_all(load, plugin):
    hooks = load(
        plugin("one", validate=lambda submission: [NO] if submission.line == LINE else []),
        plugin("two", validate=lambda line: (OTHER,)),
        plugin("three", validate=lambda: None),
    ).hooks
    assert hooks.validate(LINE, doubles.submission()) == ((OTHER, NO), ())


def test_enrich_facts_of_the_plugin_registered_later_wins(load, plugin):
    hooks = load(
        plugin("one", enrich_facts=lambda ticket: {"stock": 1, "contract": ticket.number}),
        plugin("two", enrich_facts=lambda: {"stock": 2}),
    ).hooks
    assert hooks.enrich_facts(doubles.ticket()) == ({"stock": 2, "contract": "T1"}, ())


def test_before_action_tells_the_refusals_of_all(load, plugin):
    hooks = load(
        plugin("one", before_action=lambda actor: NO if actor == "agent:A1" else None),
        plugin("two", before_action=lambda action, ticket: OTHER if action is ACTION else None),
    ).hooks
    assert hooks.before_action(doubles.ticket(), ACTION, "agent:A1") == ((OTHER, NO), ())
    assert hooks.before_action(doubles.ticket(), ACTION, "agent:A2") == ((OTHER,), ())


def test_after_event_tells_everybody(load, plugin):
    told = []
    hooks = load(
        plugin("one", after_event=lambda ticket, event: told.append((ticket, event))),
        plugin("two", after_event=lambda event: told.append([event])),
    ).hooks
    ticket, event = doubles.ticket(), doubles.event()
    assert hooks.after_event(ticket, event) == ()
    assert told == [[event], (ticket, event)]


@pytest.mark.parametrize("hook", ["desk_started", "desk_stopping"])
def test_desk_comes_and_goes(load, plugin, hook):
    told = []
    hooks = load(plugin("one", **{hook: lambda desk: told.append([desk])})).hooks
    assert getattr(hooks, hook)("the desk") == ()
    assert told == [["the desk"]]


# -- what holds for all ----------------------------------------------------------------------------


ARGUMENTS = {
    "line": LINE,
    "submission": doubles.submission(),
    "sequence": 1,
    "ticket": doubles.ticket(),
    "action": ACTION,
    "actor": "agent:A1",
    "event": doubles.event(),
    "desk": "the desk",
}


def call(hooks, hook):
    """Call a hook; returns its result (None for observing hooks) and the faults."""
    arguments = [ARGUMENTS[name] for name in inspect.signature(getattr(spec, hook)).parameters]
    outcome = getattr(hooks, hook.removeprefix("ruledesk_"))(*arguments)
    return (None, outcome) if hook in OBSERVING else outcome


def test_the_facade_has_a_method_for_every_hook_of_the_spec():
    specified = [name for name, f in vars(spec).items() if hasattr(f, "ruledesk_spec")]
    assert list(HOOKS) == specified
    for hook in HOOKS:
        method = inspect.signature(getattr(Hooks, hook.removeprefix("ruledesk_")))
        assert list(method.parameters)[1:] == list(
            inspect.signature(getattr(spec, hook)).parameters
        )


@pytest.mark.parametrize("hook", [*DECIDING, *OBSERVING])
def test_a_fault_is_put_down_to_its_plugin_and_the_others_run(load, plugin, hook):
    ran = []
    name = hook.removeprefix("ruledesk_")
    hooks = load(
        plugin("before", **{name: lambda: ran.append("before")}),
        plugin("acme", **{name: lambda: 1 / 0}),
        plugin("after", **{name: lambda: ran.append("after")}),
    ).hooks
    _, faults = call(hooks, hook)
    assert faults == (Fault("acme", hook, "ZeroDivisionError: division by zero"),)
    assert ran == ["after", "before"]


@pytest.mark.parametrize("hook", REGISTERING)
def test_a_plugin_that_fails_to_register_is_left_out(load, plugin, hook):
    def fail():
        raise ValueError("not today")

    loaded = load(plugin("acme", **{hook.removeprefix("ruledesk_"): fail}), strict=False)
    info = loaded.info("acme")
    assert (info.status, info.why) == ("broken", f"{hook}: failed: ValueError: not today")
    assert call(loaded.hooks, hook) == ((), ())


@pytest.mark.parametrize("hook", HOOKS)
def test_nobody_has_anything_to_say(load, plugin, hook):
    nothing = {"ruledesk_ticket_number": None, "ruledesk_enrich_facts": {}}
    empty = nothing.get(hook, None if hook in OBSERVING else ())
    without = load().hooks
    assert not without.implements(hook)
    assert call(without, hook) == (empty, ())
    silent = load(plugin("silent", **{hook.removeprefix("ruledesk_"): lambda: None})).hooks
    assert silent.implements(hook)
    assert call(silent, hook) == (empty, ())


@pytest.mark.parametrize(
    ("hook", "result", "says"),
    [
        ("validate", "wrong", "a sequence of ruledesk.Problem"),
        ("validate", ["wrong"], "'wrong'"),
        ("validate", NO, "a sequence of ruledesk.Problem"),
        ("validate", (one for one in ()), "a sequence"),
        ("before_action", False, "a ruledesk.Problem or None"),
        ("before_action", [NO], "a ruledesk.Problem or None"),
        ("ticket_number", 7, "a text"),
        ("ticket_number", " ", "a text"),
        ("enrich_facts", [("stock", 1)], "a mapping"),
        ("enrich_facts", {1: 1}, "the name of a fact"),
        ("enrich_facts", {"stock": [1]}, "a tuple of texts"),
        ("enrich_facts", {"stock": ("a", 1)}, "a tuple of texts"),
        ("enrich_facts", {"due": doubles.NOON.replace(tzinfo=None)}, "a time with its zone"),
    ],
)
def test_a_result_of_the_wrong_type_is_a_fault(load, plugin, hook, result, says):
    hooks = load(plugin("acme", **{hook: lambda: result})).hooks
    found, (fault,) = call(hooks, f"ruledesk_{hook}")
    assert not found
    assert fault.error.startswith("WrongResultError: returned ")
    assert says in fault.error


def test_a_fault_does_not_end_the_search_for_a_number(load, plugin):
    hooks = load(
        plugin("good", ticket_number=lambda: "N1"), plugin("bad", ticket_number=lambda: 1)
    ).hooks
    number, (fault,) = hooks.ticket_number(LINE, doubles.submission(), 1)
    assert (number, fault.plugin) == ("N1", "bad")


def test_order_is_pluggys(load, plugin):
    def told(name):
        return lambda: order.append(name)

    order = []
    hooks = load(
        plugin("first", after_event=hookimpl(told("first"), tryfirst=True)),
        plugin("a", after_event=told("a")),
        plugin("b", after_event=told("b")),
        plugin("last", after_event=hookimpl(told("last"), trylast=True)),
    ).hooks
    hooks.after_event(doubles.ticket(), doubles.event())
    assert order == ["first", "b", "a", "last"]


def test_a_result_that_runs_the_plugins_code_is_checked_under_guard(load, plugin):
    class Trap(dict):
        def items(self):
            raise RuntimeError("sprung")

    hooks = load(plugin("acme", enrich_facts=lambda: Trap(stock=1))).hooks
    facts, (fault,) = hooks.enrich_facts(doubles.ticket())
    assert (facts, fault.error) == ({}, "RuntimeError: sprung")


def test_objects_with_methods_are_plugins_too(load):
    class Counting:
        RULEDESK_API = "1"

        def __init__(self):
            self.count = 0

        @hookimpl
        def ruledesk_after_event(self, event):
            self.count += event.version

    counting = Counting()
    load(counting).hooks.after_event(doubles.ticket(), doubles.event())
    assert counting.count == 2


def test_a_hook_that_nobody_implements_costs_next_to_nothing(load):
    """Some 0.1 µs here; the bound only catches a change of kind."""
    hooks, ticket, event = load().hooks, doubles.ticket(), doubles.event()
    seconds = min(timeit.repeat(lambda: hooks.after_event(ticket, event), number=1000, repeat=20))
    assert seconds / 1000 < 5e-6
