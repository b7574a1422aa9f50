"""Nobody who waits for work misses a ring."""

from __future__ import annotations

from threading import Event, Thread

import pytest

from ruledesk.storage.wakeup import WakeUp

pytestmark = pytest.mark.requirement("F3")
LONG = 60.0


def ended(wait) -> bool:
    done = Event()
    Thread(target=lambda: (wait(), done.set()), daemon=True).start()
    return done.wait(10)


def test_a_ring_ends_the_wait() -> None:
    work = WakeUp()
    begun, done = Event(), Event()

    def wait() -> None:
        begun.set()
        work.wait(LONG)
        done.set()

    Thread(target=wait, daemon=True).start()
    assert begun.wait(10)
    work.ring()
    assert done.wait(10)


def test_a_ring_before_the_wait_is_not_missed() -> None:
    work = WakeUp()
    work.ring()
    assert ended(lambda: work.wait(LONG))


def test_a_ring_between_two_waits_is_not_missed() -> None:
    work = WakeUp()

    def wait() -> None:
        work.ring()
        work.wait(LONG)
        work.ring()
        work.wait(LONG)

    assert ended(wait)


def test_a_ring_is_heard_once() -> None:
    """A ring that was heard does not end the next wait: that would be a busy loop."""
    work = WakeUp()
    work.ring()
    seconds: list[float] = []
    work._condition.wait_for = lambda heard, timeout: seconds.append(timeout * (not heard()))  # type: ignore[method-assign,assignment,func-returns-value]
    work.wait(1.0)
    work.wait(2.0)
    work.ring()
    work.wait(3.0)
    assert seconds == [0.0, 2.0, 0.0]


def test_everybody_is_woken() -> None:
    work = WakeUp()
    done = [Event() for _ in range(3)]
    for one in done:
        Thread(target=lambda one=one: (work.wait(LONG), one.set()), daemon=True).start()
    work.ring()
    assert all(one.wait(10) for one in done)


@pytest.mark.parametrize("seconds", [0.0, -1.0, 0.001])
def test_the_wait_ends_by_itself(seconds: float) -> None:
    WakeUp().wait(seconds)
