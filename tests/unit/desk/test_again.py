"""A block is run again where the store asks for it, and only there."""

from collections.abc import Callable
from typing import Any

import pytest

from ruledesk.desk.again import PATIENCE, TRIES, Again
from ruledesk.desk.parts import Parts
from ruledesk.desk.service import Desk
from ruledesk.errors import Conflict, NotFound, Refused, StorageFault, Unavailable

CONFLICT = Conflict.of("another one was faster", "被他人抢先")
GONE = Unavailable.of("no connection", "无法连接")


class Block:
    """Fails as told, then succeeds."""

    def __init__(self, *failures: Exception, forever: Exception | None = None) -> None:
        self.failures = list(failures)
        self.forever = forever
        self.runs = 0

    def __call__(self) -> str:
        self.runs += 1
        if self.failures:
            raise self.failures.pop(0)
        if self.forever is not None:
            raise self.forever
        return "stored"


class Time:
    """Passes while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def again(self, **limits: Any) -> Again:
        return Again(sleep=self.sleep, clock=lambda: self.now, **limits)


@pytest.fixture
def time() -> Time:
    return Time()


def test_what_succeeds_is_run_once(time: Time) -> None:
    block = Block()
    assert time.again()(block) == "stored"
    assert (block.runs, time.slept) == (1, [])


@pytest.mark.parametrize("failures", [[CONFLICT], [GONE], [CONFLICT, GONE, CONFLICT, GONE]])
def test_a_conflict_and_an_outage_are_tried_again(failures: list[Exception], time: Time) -> None:
    block = Block(*failures)
    assert time.again()(block) == "stored"
    assert block.runs == len(failures) + 1
    assert len(time.slept) == len(failures)


@pytest.mark.parametrize(
    "error",
    [
        Refused.of("no", "否"),
        NotFound.of("no", "否"),
        StorageFault.of("full", "已满"),
        ValueError(),
    ],
)
def test_other_errors_are_the_callers_at_once(error: Exception, time: Time) -> None:
    for failures in ([], [CONFLICT]):
        block = Block(*failures, forever=error)
        with pytest.raises(type(error)) as raised:
            time.again()(block)
        assert raised.value is error
        assert block.runs == len(failures) + 1


def test_conflicts_end_after_so_many_tries(time: Time) -> None:
    block = Block(forever=CONFLICT)
    with pytest.raises(Conflict) as raised:
        time.again()(block)
    assert raised.value is CONFLICT
    assert block.runs == TRIES == 20
    assert sum(time.slept) < 2.0


def test_an_outage_ends_with_the_patience(time: Time) -> None:
    block = Block(forever=GONE)
    with pytest.raises(Unavailable):
        time.again()(block)
    assert PATIENCE <= time.now < PATIENCE + 1.0
    assert max(time.slept) <= 1.0
    with pytest.raises(Unavailable):
        time.again(patience=60.0)(Block(forever=GONE))
    assert time.now >= PATIENCE + 60.0


def test_the_patience_begins_anew_with_each_outage(time: Time) -> None:
    block = Block(forever=GONE)
    block.failures = [*[GONE] * 12, CONFLICT]
    with pytest.raises(Unavailable):
        time.again()(block)
    assert time.now > PATIENCE + 1.0


def test_waits_are_random_and_grow() -> None:
    first: set[float] = set()
    for _ in range(10):
        time = Time()
        with pytest.raises(Conflict):
            time.again()(Block(forever=CONFLICT))
        first.add(time.slept[0])
        assert sum(time.slept[-5:]) > sum(time.slept[:5])
    assert len(first) == 10


# -- blocks of the desk ---------------------------------------------------------------------------


class Overtaken:
    """Lets commits of a store fail after the block was run, or pass (None), in this order."""

    def __init__(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch, *failures: Exception | None
    ) -> None:
        self.failures = list(failures)
        self._commit = desk.store._commit  # type: ignore[attr-defined]
        monkeypatch.setattr(desk.store, "_commit", self)
        again = Again(sleep=lambda _: None)
        monkeypatch.setattr(Parts, "again", property(lambda _: again), raising=False)

    def __call__(self, change: Any) -> None:
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        self._commit(change)


def submit(desk: Desk, at: Any) -> Any:
    fields = {"type": "repair", "description": "x", "requester": {"phone": "13800000001"}}
    return desk.submit(by="requester", line="main", channel="web", fields=fields, at=at)


class Observer:
    """Counts what it is asked and told; fails once when it is told."""

    def __init__(self) -> None:
        self.validated = 0
        self.asked: list[str] = []
        self.told: list[tuple[int, str]] = []

    def plugin(self) -> object:
        from ruledesk import hookimpl  # noqa: PLC0415

        outer = self

        class Plugin:
            @hookimpl
            def ruledesk_validate(self, line: str) -> list[Any]:
                outer.validated += 1
                raise ValueError(line)

            @hookimpl
            def ruledesk_before_action(self, action: Any) -> None:
                outer.asked.append(action.action)

            @hookimpl
            def ruledesk_after_event(self, event: Any) -> None:
                outer.told.append((event.version, event.body.kind))
                if event.body.kind == "noted":
                    raise ValueError("told")

        return Plugin()


def test_a_submission_run_again_leaves_nothing_of_the_first_try(
    open_desk: Callable[..., Desk], start: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    observer = Observer()
    desk = open_desk(plugins={"observer": observer.plugin()})
    first = submit(desk, start)
    Overtaken(desk, monkeypatch, CONFLICT, GONE, CONFLICT)
    observer.told.clear()
    ticket = submit(desk, start)
    assert observer.validated == 1 + 4
    assert int(ticket.number[-4:]) == int(first.number[-4:]) + 1  # no gap
    events = desk.store.events(ticket.number)
    assert [e.body.kind for e in events].count("plugin_faulted") == 1
    assert observer.told == [
        (e.version, e.body.kind) for e in events if e.body.kind != "plugin_faulted"
    ]


def test_an_action_run_again_is_done_once(
    open_desk: Callable[..., Desk], start: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    observer = Observer()
    desk = open_desk(plugins={"observer": observer.plugin()})
    ticket = submit(desk, start)
    # The last two meet the commit that records the observer's fault.
    Overtaken(desk, monkeypatch, CONFLICT, GONE, None, CONFLICT, GONE)
    fields = {"text": "called", "public": False}
    by = f"agent:{ticket.agent}"
    observer.told.clear()
    after = desk.act(ticket.number, "note", by=by, fields=fields, at=start)
    assert observer.asked == ["note"] * 3
    kinds = [e.body.kind for e in desk.store.events(ticket.number)]
    assert kinds.count("noted") == 1
    assert [kind for _, kind in observer.told].count("noted") == 1
    assert "plugin_fault" in after.flags


def test_an_action_that_stands_is_not_called_failed_for_an_observers_fault(
    open_desk: Callable[..., Desk], start: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = open_desk(plugins={"observer": Observer().plugin()})
    ticket = submit(desk, start)
    commits: list[Any] = []
    store = desk.store._commit  # type: ignore[attr-defined]

    def first_only(change: Any) -> None:
        if commits:
            raise StorageFault.of("full", "已满")
        commits.append(change)
        store(change)

    monkeypatch.setattr(desk.store, "_commit", first_only)
    by, fields = f"agent:{ticket.agent}", {"text": "called", "public": False}
    assert desk.act(ticket.number, "note", by=by, fields=fields, at=start).version > ticket.version
