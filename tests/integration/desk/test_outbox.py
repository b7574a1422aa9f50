"""Messages that were decided go out at least once, or are marked as lost."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from threading import Thread
from typing import Any

import pytest

from ruledesk.desk.delivering import LEASE
from ruledesk.desk.outbox import PATIENCE, RETRIES
from ruledesk.desk.service import Desk
from ruledesk.errors import StorageFault
from ruledesk.hooks.kinds import DeliveryError, Notifier, Settings
from ruledesk.hooks.spec import hookimpl
from ruledesk.model.message import Delivery, Message
from ruledesk.model.ticket import Ticket
from ruledesk.storage.change import Appended, Change, DeliverySaved
from ruledesk.testing.doubles import RecordingNotifier
from ruledesk.testing.storage_deletion import tombstone

Send = Callable[[Message], None]


class Sms(RecordingNotifier):
    """Keeps what it is given, after doing what the test says."""

    name = "test-sms"
    made: "Sms | None" = None
    before: Send | None = None

    def __init__(self, settings: Settings | None = None) -> None:
        super().__init__(settings)
        type(self).made = self

    def deliver(self, message: Message) -> None:
        if type(self).before is not None:
            type(self).before(message)  # type: ignore[misc]
        super().deliver(message)


class SmsPlugin:
    @hookimpl
    def ruledesk_notifiers(self) -> Sequence[type[Notifier]]:
        return [Sms]


@pytest.fixture
def sms_desk(open_desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(Sms, "before", None)
    return open_desk(
        {"notifiers": {"test-sms": {"via": ["sms", "popup", "message"]}}},
        plugins={"sms": SmsPlugin()},
        deliver=True,
    )


def submit(desk: Desk, at: datetime) -> Ticket:
    fields = {"type": "repair", "description": "x", "requester": {"phone": "1"}}
    return desk.submit(by="requester", line="main", channel="web", fields=fields, at=at)


def raising(error: BaseException) -> Send:
    def send(_: Message) -> None:
        raise error

    return send


def deliveries(desk: Desk, ticket: Ticket) -> list[Delivery]:
    return list(desk.store.messages(ticket.number))


def sent() -> list[str]:
    assert Sms.made is not None
    return [message.id for message in Sms.made.delivered]


@pytest.mark.requirement("F3")
def test_sent_once_and_recorded(sms_desk: Desk, start: datetime) -> None:
    ticket = submit(sms_desk, start)
    assert [d.state for d in deliveries(sms_desk, ticket)] == ["waiting", "waiting"]
    assert sms_desk.next_due() == start
    assert sms_desk.deliver(start) == 2
    assert sent() == [f"{ticket.number}/1", f"{ticket.number}/2"]
    assert {(d.state, d.notifier) for d in deliveries(sms_desk, ticket)} == {("sent", "test-sms")}
    assert sms_desk.deliver(start) == 0
    assert "message_failed" not in {e.body.kind for e in sms_desk.store.events(ticket.number)}


@pytest.mark.requirement("F3")
@pytest.mark.parametrize(
    "error", [DeliveryError("busy"), RuntimeError("broken"), SystemExit(3), OSError("no route")]
)
def test_tried_again_with_growing_waits(
    error: BaseException, sms_desk: Desk, start: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sms, "before", staticmethod(raising(error)))
    ticket = submit(sms_desk, start)
    now = start
    for n, wait in enumerate(RETRIES, start=1):
        assert sms_desk.deliver(now) == 2
        first = deliveries(sms_desk, ticket)[0]
        assert (first.state, first.attempts, first.not_before) == ("waiting", n, now + wait)
        assert str(error) in first.error
        assert sms_desk.deliver(now + wait - timedelta(seconds=1)) == 0
        now += wait
    assert sms_desk.deliver(now) == 2
    first = deliveries(sms_desk, ticket)[0]
    assert (first.state, first.attempts) == ("failed", len(RETRIES) + 1)
    failed = [
        e.body for e in sms_desk.store.events(ticket.number) if e.body.kind == "message_failed"
    ]
    assert [body.message for body in failed] == [f"{ticket.number}/1", f"{ticket.number}/2"]  # type: ignore[attr-defined]
    assert sms_desk.store.next_delivery() is None


def test_waits_grow() -> None:
    assert list(RETRIES) == sorted(set(RETRIES))


@pytest.mark.requirement("F3")
def test_success_after_a_failure(
    sms_desk: Desk, start: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sms, "before", staticmethod(raising(DeliveryError("busy"))))
    ticket = submit(sms_desk, start)
    sms_desk.deliver(start)
    monkeypatch.setattr(Sms, "before", None)
    sms_desk.advance(start + RETRIES[0])
    first = deliveries(sms_desk, ticket)[0]
    assert (first.state, first.attempts, first.error) == ("sent", 2, "")
    assert sent() == [f"{ticket.number}/1", f"{ticket.number}/2"]


@pytest.mark.requirement("F3")
def test_a_permanent_failure_is_not_tried_again(
    sms_desk: Desk, start: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = DeliveryError("no such number", permanent=True)
    monkeypatch.setattr(Sms, "before", staticmethod(raising(refused)))
    ticket = submit(sms_desk, start)
    sms_desk.deliver(start)
    assert {(d.state, d.error) for d in deliveries(sms_desk, ticket)} == {
        ("failed", "no such number")
    }


def test_no_notifier_for_a_way(open_desk: Callable[..., Desk], start: datetime) -> None:
    desk = open_desk(
        {"notifiers": {"test-sms": {"via": ["sms"]}}}, plugins={"sms": SmsPlugin()}, deliver=True
    )
    ticket = submit(desk, start)
    desk.deliver(start)
    states = {d.message.via: (d.state, d.error) for d in deliveries(desk, ticket)}
    assert states == {"popup": ("failed", "no notifier handles popup"), "sms": ("sent", "")}


@pytest.mark.requirement("F3")
def test_a_crash_between_sending_and_recording_sends_again(
    sms_desk: Desk, start: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = submit(sms_desk, start)
    real = sms_desk.store.transaction

    def failing() -> Any:
        raise StorageFault.of("disk full", "磁盘已满")

    monkeypatch.setattr(sms_desk.store, "transaction", failing)
    with pytest.raises(StorageFault, match="disk full"):
        sms_desk.deliver(start)
    assert sent() == [f"{ticket.number}/1"]
    monkeypatch.setattr(sms_desk.store, "transaction", real)
    assert [d.state for d in deliveries(sms_desk, ticket)] == ["waiting", "waiting"]
    assert sms_desk.deliver(start) == 1  # the other one: nobody has it in hand
    assert sms_desk.next_due() == start + LEASE
    assert sms_desk.deliver(start + LEASE) == 1
    # Twice, under the same id, by which a receiver can tell; never not at all.
    assert sent() == [f"{ticket.number}/{n}" for n in (1, 2, 1)]


def test_a_pilot_reaches_nobody(open_desk: Callable[..., Desk], start: datetime) -> None:
    Sms.made = None
    desk = open_desk({"notifiers": {"test-sms": {}}}, plugins={"sms": SmsPlugin()}, deliver=False)
    ticket = submit(desk, start)
    assert {(d.state, d.notifier) for d in deliveries(desk, ticket)} == {("sent", "pilot")}
    assert desk.deliver(start) == 0
    assert Sms.made is None


def test_a_notifier_may_take_longer_than_a_hook(
    open_desk: Callable[..., Desk], start: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ruledesk.hooks import guard  # noqa: PLC0415

    assert PATIENCE == 60 > guard.PATIENCE
    asked: list[float] = []
    call = guard.Guard.call

    def noting(self: guard.Guard, *args: Any, **options: Any) -> Any:
        if args[1].endswith(".deliver"):
            asked.append(options["patience"])
        return call(self, *args, **options)

    monkeypatch.setattr(guard.Guard, "call", noting)
    desk = open_desk({"notifiers": {"test-sms": {}}}, plugins={"sms": SmsPlugin()}, deliver=True)
    submit(desk, start)
    desk.deliver(start)
    assert asked == [60, 60]


def test_notifiers_are_closed_with_the_desk(open_desk: Callable[..., Desk]) -> None:
    desk = open_desk({"notifiers": {"test-sms": {}}}, plugins={"sms": SmsPlugin()}, deliver=True)
    assert Sms.made is not None
    made = Sms.made
    desk.close()
    assert made.closed


# -- what the configuration names -----------------------------------------------------------------


@pytest.mark.requirement("F4")
@pytest.mark.parametrize("kind", ["channels", "notifiers"])
def test_an_unknown_component_is_told_with_its_key(
    kind: str, open_desk: Callable[..., Desk]
) -> None:
    from ruledesk.errors import InvalidInput  # noqa: PLC0415

    with pytest.raises(InvalidInput) as error:
        open_desk({kind: {"carrier-pigeon": {}}}, deliver=True)
    (problem,) = error.value.problems
    assert problem.field == f"desk.toml: {kind}.carrier-pigeon"
    assert problem.value == "carrier-pigeon"
    assert problem.accepted


# -- several threads, and one commit --------------------------------------------------------------


@pytest.mark.requirement("F3")
def test_a_message_that_another_thread_has_in_hand_is_left_to_it(
    sms_desk: Desk, start: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = submit(sms_desk, start)
    tried: list[int] = []

    def deliver_beside(_: Message) -> None:
        if not tried:
            tried.append(-1)
            other = Thread(target=lambda: tried.append(sms_desk.deliver(start)))
            other.start()
            other.join()

    monkeypatch.setattr(Sms, "before", staticmethod(deliver_beside))
    assert sms_desk.deliver(start) == 1
    assert tried == [-1, 1]
    assert sent() == [f"{ticket.number}/2", f"{ticket.number}/1"]
    later = submit(sms_desk, start)
    sms_desk.deliver(start)
    assert sent()[2:] == [f"{later.number}/1", f"{later.number}/2"]


@pytest.mark.requirement("F3")
def test_a_failure_for_good_and_its_event_are_one_commit(
    sms_desk: Desk, start: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(sms_desk, start)
    refused = DeliveryError("no such number", permanent=True)
    monkeypatch.setattr(Sms, "before", staticmethod(raising(refused)))
    changes: list[Change] = []
    monkeypatch.setattr(sms_desk.store, "_persist", changes.append)
    assert sms_desk.deliver(start) == 2
    assert len(changes) == 2
    for change in changes:
        (saved,) = (step for step in change.steps if isinstance(step, DeliverySaved))
        (appended,) = (step for step in change.steps if isinstance(step, Appended))
        assert saved.delivery.state == "failed"
        assert "message_failed" in [event.body.kind for event in appended.events]


def test_what_was_opened_is_closed_where_the_opening_fails(
    open_desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StorageFault.of("full", "已满")

    options: dict[str, Any] = {"plugins": {"sms": SmsPlugin()}, "storage": "tinydb:desk.json"}
    with monkeypatch.context() as patch:
        patch.setattr("ruledesk.desk.assembly._remember", fail)
        with pytest.raises(StorageFault, match="full"):
            open_desk({"notifiers": {"test-sms": {}}}, deliver=True, **options)
    assert Sms.made is not None
    assert Sms.made.closed
    open_desk(**options)  # the file is locked no longer


def test_everything_is_closed_though_the_store_cannot_be(
    open_desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = open_desk({"notifiers": {"test-sms": {}}}, plugins={"sms": SmsPlugin()}, deliver=True)
    made = Sms.made
    assert made is not None
    with desk.store.transaction(), pytest.raises(StorageFault):
        desk.close()
    assert made.closed


# -- a send that outlives its lease ---------------------------------------------------------------


def outlived(
    desk: Desk, start: datetime, monkeypatch: pytest.MonkeyPatch, errors: list[DeliveryError | None]
) -> tuple[Ticket, Delivery]:
    """Send a message, and while it is on its way, once more after the lease.

    Args:
        errors: How the first and the second send end.

    Returns:
        The ticket, and where its first message stands.
    """
    ticket = submit(desk, start)
    entered: list[int] = []

    def slow(message: Message) -> None:
        if message.id != f"{ticket.number}/1":
            return
        entered.append(1)
        place = len(entered) - 1
        if place == 0:
            other = Thread(target=lambda: desk.deliver_one(start + LEASE))
            other.start()
            other.join()
        error = errors[place]
        if error is not None:
            raise error

    monkeypatch.setattr(Sms, "before", staticmethod(slow))
    assert desk.deliver_one(start)
    assert len(entered) == 2
    return ticket, deliveries(desk, ticket)[0]


@pytest.mark.requirement("F3")
@pytest.mark.parametrize(
    ("first", "second"),
    [
        (None, None),
        (DeliveryError("busy"), None),
        (DeliveryError("no such number", permanent=True), None),
        (None, DeliveryError("busy")),
    ],
)
def test_what_one_process_has_sent_no_other_makes_unsent(
    first: DeliveryError | None,
    second: DeliveryError | None,
    sms_desk: Desk,
    start: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ticket, settled = outlived(sms_desk, start, monkeypatch, [first, second])
    assert (settled.state, settled.attempts) == ("sent", 1)
    kinds = [event.body.kind for event in sms_desk.store.events(ticket.number)]
    assert "message_failed" not in kinds
    ids = [id_ for id_ in sent() if id_.endswith("/1")]
    assert len(ids) == (first is None) + (second is None)


@pytest.mark.requirement("F3")
def test_two_failures_at_once_are_one_attempt(
    sms_desk: Desk, start: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = DeliveryError("busy")
    _, settled = outlived(sms_desk, start, monkeypatch, [busy, busy])
    assert (settled.state, settled.attempts) == ("waiting", 1)
    assert settled.not_before == start + LEASE + RETRIES[0]


@pytest.mark.parametrize("error", [None, DeliveryError("no such number", permanent=True)])
def test_a_ticket_deleted_while_its_message_is_on_its_way_is_no_error(
    error: DeliveryError | None,
    sms_desk: Desk,
    start: datetime,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    ticket = submit(sms_desk, start)

    def gone(_: Message) -> None:
        with sms_desk.store.transaction() as transaction:
            transaction.delete_ticket(ticket.number, tombstone(ticket))
        if error is not None:
            raise error

    monkeypatch.setattr(Sms, "before", staticmethod(gone))
    assert sms_desk.deliver_one(start)
    assert sms_desk.store.next_delivery() is None
    assert [one.message for one in caplog.records if one.levelname == "ERROR"] == []


def test_the_lease_is_twice_what_a_notifier_may_take() -> None:
    assert timedelta(seconds=2 * PATIENCE) == LEASE
