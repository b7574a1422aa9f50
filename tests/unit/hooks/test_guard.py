"""Failing and endless calls become faults; the desk's own errors and the keyboard pass."""

import ctypes
import logging
import threading
import time

import pytest

from ruledesk.errors import Refused
from ruledesk.hooks.guard import Fault, Guard, describe
from ruledesk.hooks.kinds import DeliveryError
from ruledesk.hooks.watchdog import PluginTimeout

FAR = 1e12


class Hand:
    """A clock that is set by hand."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def guard():
    made = Guard(patience=5, clock=Hand())
    # The tests look for the thread; its own looks would come at another time.
    made.watchdog._thread = threading.current_thread()
    yield made
    made.watchdog._thread = None


def spin(entered, stop):
    entered.set()
    while not stop.is_set():
        pass
    return "left by itself"


class Spinner:
    """A guarded endless call in a thread of its own."""

    def __init__(self, guard, function=spin, **call):
        self.entered, self.stop, self.outcome = threading.Event(), threading.Event(), None
        self.thread = threading.Thread(target=self._run, args=(guard, function, call), daemon=True)

    def _run(self, guard, function, call):
        self.outcome = guard.call("acme", "hook", function, self.entered, self.stop, **call)

    def __enter__(self):
        self.thread.start()
        assert self.entered.wait(10)
        return self

    def __exit__(self, *error):
        self.stop.set()
        self.thread.join(10)
        assert not self.thread.is_alive()


def test_a_result_passes_through(guard):
    assert guard.call("acme", "hook", lambda a, b: a + b, 1, 2) == 3
    assert guard.watchdog._current == {}


@pytest.mark.requirement("F3")
@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("no"), "ValueError: no"),
        (SystemExit(3), "SystemExit: 3"),
        (GeneratorExit(), "GeneratorExit"),
        (PluginTimeout("forged"), "PluginTimeout: no answer within 5 s"),
        (RecursionError(), "RecursionError"),
    ],
)
def test_an_exception_is_a_fault_with_the_plugins_name(guard, caplog, error, text):
    def fail():
        raise error

    fault = guard.call("acme", "ruledesk_validate", fail)
    assert fault == Fault("acme", "ruledesk_validate", text)
    assert fault.exception is not None
    assert [r.name for r in caplog.records if "acme" in r.getMessage()] == ["ruledesk.plugins"]
    assert guard.watchdog._current == {}


def test_the_trace_is_logged_for_the_author_only(guard, caplog):
    caplog.set_level(logging.DEBUG, "ruledesk.plugins")
    guard.call("acme", "hook", lambda: 1 / 0)
    assert [(r.levelname, r.exc_info is not None) for r in caplog.records] == [
        ("ERROR", False),
        ("DEBUG", True),
    ]


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), DeliveryError("busy"), Refused.of("a", "b")]
)
def test_the_keyboard_and_expected_errors_pass(guard, error):
    def fail():
        raise error

    with pytest.raises(type(error)) as caught:
        guard.call("acme", "hook", fail, expect=(DeliveryError, Refused))
    assert caught.value is error
    assert guard.watchdog._current == {}


def test_a_fault_text_has_no_addresses_and_survives_a_broken_exception():
    class BrokenError(Exception):
        def __str__(self):
            raise RuntimeError

    assert describe(BrokenError()) == "BrokenError"
    assert describe(ValueError(object())) == "ValueError: <object object>"
    assert len(describe(ValueError("x" * 10_000))) == 500


@pytest.mark.requirement("F3")
def test_an_endless_loop_is_named_and_interrupted(guard, caplog):
    with Spinner(guard) as spinner:
        assert guard.watchdog.look(4.0) == pytest.approx(1.0)
        assert guard.watchdog.look(5.0) == 5
        spinner.thread.join(10)
        assert spinner.outcome == Fault("acme", "hook", "PluginTimeout: no answer within 5 s")
    assert "plugin acme: hook is still running after 5 s" in caplog.text
    assert guard.watchdog._current == {}


def test_a_call_may_be_given_more_time(guard):
    with Spinner(guard, patience=60.0) as spinner:
        assert guard.watchdog.look(59.0) == pytest.approx(1.0)
        assert spinner.thread.is_alive()
        guard.watchdog.look(60.0)
        spinner.thread.join(10)
    assert spinner.outcome.error == "PluginTimeout: no answer within 60 s"


def test_a_loop_that_swallows_everything_is_interrupted_again(guard):
    swallowed = []

    def stubborn(entered, stop):
        while len(swallowed) < 3:
            try:
                spin(entered, stop)
            except BaseException as error:
                swallowed.append(type(error))
        return "tired"

    with Spinner(guard, stubborn) as spinner:
        for interruption in range(1, 4):
            guard.watchdog.look(5.0 * interruption)
            deadline = time.monotonic() + 10
            while len(swallowed) < interruption and time.monotonic() < deadline:
                time.sleep(0.001)
    assert spinner.outcome == "tired"
    assert swallowed == [PluginTimeout] * 3


def test_an_interruption_that_comes_too_late_is_taken_back(guard):
    """The exception is set but not yet raised when the plugin returns."""

    def returns_with_an_interruption_on_its_way():
        watch = guard.watchdog._current[threading.get_ident()]
        watch.interruptions = 1
        return "done"

    class Late:
        """Leaving is where the late exception strikes, once before and once under the lock."""

        def __init__(self, watchdog):
            self.leave, self.strikes = watchdog.leave, 0

        def __call__(self, watch):
            self.strikes += 1
            if self.strikes == 1:
                raise PluginTimeout
            self.leave(watch)

    late = guard.watchdog.leave = Late(guard.watchdog)
    assert guard.call("acme", "hook", returns_with_an_interruption_on_its_way) == "done"
    assert late.strikes == 2
    assert guard.watchdog._current == {}


def test_leaving_clears_what_was_not_yet_raised(guard, monkeypatch):
    cleared = []
    monkeypatch.setattr(
        "ruledesk.hooks.watchdog._interrupt", lambda thread, error: cleared.append((thread, error))
    )
    watch = guard.watchdog.enter("acme", "hook")
    guard.watchdog.look(FAR)
    guard.watchdog.leave(watch)
    me = threading.get_ident()
    assert cleared == [(me, PluginTimeout), (me, None)]
    guard.watchdog.look(FAR)
    assert len(cleared) == 2


def test_a_call_that_is_closing_is_not_interrupted(guard, monkeypatch):
    monkeypatch.setattr("ruledesk.hooks.watchdog._interrupt", lambda *args: pytest.fail("struck"))
    watch = guard.watchdog.enter("acme", "hook")
    watch.closing = True
    guard.watchdog.look(FAR)
    guard.watchdog.leave(watch)


def test_time_in_a_nested_call_is_not_the_outer_plugins(guard):
    clock, watchdog = guard.watchdog._clock, guard.watchdog
    outer = watchdog.enter("outer", "hook")
    clock.now = 3
    inner = watchdog.enter("inner", "hook")
    clock.now = 7
    watchdog.leave(inner)
    assert outer.started == 4
    assert watchdog.look() == pytest.approx(2.0)
    watchdog.leave(outer)


def test_a_nested_loop_is_the_inner_plugins_fault(guard):
    inner_outcome = []

    def outer(entered, stop):
        inner_outcome.append(guard.call("inner", "hook", spin, entered, stop))
        return "outer went on"

    with Spinner(guard, outer) as spinner:
        guard.watchdog.look(5.0)
        spinner.thread.join(10)
    assert inner_outcome == [Fault("inner", "hook", "PluginTimeout: no answer within 5 s")]
    assert spinner.outcome == "outer went on"


def test_a_timeout_meant_for_the_outer_call_is_not_the_inner_plugins(guard):
    def outer():
        guard.watchdog._current[threading.get_ident()].interruptions = 1

        def inner():
            raise PluginTimeout

        return guard.call("inner", "hook", inner)

    assert guard.call("outer", "hook", outer).plugin == "outer"


def test_the_desks_own_work_is_shielded(guard):
    clock = guard.watchdog._clock

    def plugin():
        with guard.shield():
            clock.now = 100
            assert guard.watchdog.look() == 5
        return guard.watchdog.look()

    assert guard.call("acme", "hook", plugin) == pytest.approx(5.0)


def test_an_interruption_on_its_way_strikes_before_the_shield(guard):
    def plugin():
        me = threading.get_ident()
        guard.watchdog._current[me].interruptions = 1
        with guard.watchdog._lock:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(me), ctypes.py_object(PluginTimeout)
            )
            with guard.shield():
                return "committed"

    assert isinstance(guard.call("acme", "hook", plugin), Fault)
    assert guard.watchdog._current == {}


def test_the_thread_interrupts_by_itself_and_stops():
    guard = Guard(patience=0.05)
    entered = threading.Event()
    fault = guard.call("acme", "hook", spin, entered, threading.Event())
    assert isinstance(fault, Fault)
    thread = guard.watchdog._thread
    assert thread.daemon
    guard.close()
    assert not thread.is_alive()
    assert guard.call("acme", "hook", lambda: 1) == 1
    guard.close()


def test_the_thread_ends_with_a_guard_that_nobody_closed():
    guard = Guard()
    guard.call("acme", "hook", lambda: 1)
    thread = guard.watchdog._thread
    del guard
    thread.join(10)
    assert not thread.is_alive()


def test_many_interruptions_never_reach_the_caller():
    """Calls that end just when the watchdog strikes: each outcome is a result or a fault."""
    guard = Guard(patience=0.0004)

    def about_as_long():
        until = time.monotonic() + 0.0004
        while time.monotonic() < until:
            pass
        return "done"

    outcomes = [guard.call("acme", "hook", about_as_long) for _ in range(200)]
    guard.close()
    assert all(o == "done" or isinstance(o, Fault) for o in outcomes)
    assert guard.watchdog._current == {}


def test_a_stall_of_the_process_is_no_fault_of_the_plugin(guard):
    dog = guard.watchdog
    watch = dog.enter("acme", "hook")
    try:
        guard.watchdog._clock.now = 60.0
        dog.forgive(58.0)
        assert dog.look() == pytest.approx(3.0)
        assert not watch.interruptions
        for _ in range(9):  # a plugin that stalls the process itself is not forgiven for ever
            dog.forgive(58.0)
        assert watch.started == pytest.approx(3 * 58.0)
    finally:
        dog.leave(watch)
