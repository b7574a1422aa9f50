"""Verification: every ticket recomputed from its events, every answer compared with the records.

It reads a snapshot, so others may go on writing. What has to be remembered of each ticket is kept
on the disk (`ruledesk.storage.scratch`); memory does not grow with the store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

from ruledesk.errors import RuleDeskError
from ruledesk.model.event import Event
from ruledesk.model.message import Delivery
from ruledesk.model.ticket import Ticket
from ruledesk.model.tombstone import Tombstone
from ruledesk.storage import verify_answers as answers
from ruledesk.storage.change import CallSaved, DocumentSaved, RequesterSaved
from ruledesk.storage.findings import Finding, of_problem
from ruledesk.storage.interface import Store, next_due, over_at
from ruledesk.storage.record import Blob, Record, SequenceTaken, Unreadable
from ruledesk.storage.record_lines import KINDS, kind_of
from ruledesk.storage.scratch import Scratch
from ruledesk.storage.verify_compare import Comparison, content_findings, unread
from ruledesk.storage.verify_numbers import Numbers
from ruledesk.storage.verify_records import record_findings
from ruledesk.storage.verify_ticket import queued_by


class Verification:
    """One verification of a store.

    Args:
        store: What is verified.
        numbers: Tells the places of numbers in their sequences; None where no desk says enough.
        progress: Told how many records were looked at.

    Attributes:
        counts: How many records of each kind were looked at.
        quiet: Whether nobody wrote meanwhile; else counters could not be compared.
    """

    def __init__(
        self,
        store: Store,
        numbers: Numbers | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> None:
        self.counts = dict.fromkeys(KINDS, 0)
        self.quiet = True
        self._store = store
        self._numbers = numbers
        self._progress = progress
        self._done = 0
        self._totals = answers.Totals()
        #: Kind and ticket of records that cannot be read, or of which more need not be told.
        self._told: set[tuple[str, str]] = set()
        self._comparison = Comparison(store, self._told)
        self._unreadable_keys: set[str] = set()
        self._sequences: set[str] = set()

    def findings(self) -> Iterator[Finding]:
        """Look at everything.

        Yields:
            What is not as it should be, as soon as it is found.
        """
        before = self._store.counts()
        with closing(Scratch()) as scratch:
            with self._store.snapshot() as records:
                for record in records:
                    yield from self._record(record, scratch)
                    self._advance()
            yield from self._left_over(scratch)
            yield from self._answers(scratch)
            self.quiet = self._store.counts() == before
            if self.quiet and ("ticket", "") not in self._told:
                yield from self._totals.findings(self._store, deleted=self.counts["tombstone"] > 0)
                yield from answers.first_due_findings(self._store, scratch)
        for problem in self._store.faults():
            if problem.field not in self._unreadable_keys:  # else it was told with the records
                yield of_problem(problem)

    def _advance(self) -> None:
        self._done += 1
        if self._progress is not None:
            self._progress(self._done)

    # -- records ----------------------------------------------------------------------------------

    def _record(self, record: Record, scratch: Scratch) -> Iterator[Finding]:
        self.counts[kind_of(record)] += 1
        match record:
            case Event(ticket=number, version=version):
                scratch.event(number, version)
                self._totals.event(record)
            case Ticket():
                yield from self._ticket(record, scratch)
            case Delivery():
                scratch.delivery(record.message.ticket)
                self._totals.counts["messages"] += 1
            case Tombstone(number=number):
                if scratch.version(number):
                    yield Finding(
                        "tombstone", number, "there is also a ticket of this number",
                        "同一编号仍有工单", number,
                    )  # fmt: skip
                yield from record_findings(self._store, record)
            case SequenceTaken(key=key, last=last):
                self._sequences.add(key)
                yield from self._sequence(key, last)
            case Blob():
                yield from content_findings(record.name, record.content)
            case Unreadable():
                yield from self._unreadable(record, scratch)
            case RequesterSaved() | CallSaved() | DocumentSaved():
                yield from record_findings(self._store, record)

    def _unreadable(self, record: Unreadable, scratch: Scratch) -> Iterator[Finding]:
        number, version = record.key, ""
        if record.kind in ("event", "delivery"):
            number, _, version = record.key.rpartition("/")
        self._told |= {(record.kind, number), (record.kind, "")}
        self._unreadable_keys.add(f"{record.kind} {record.key}")
        event = 0
        if record.kind == "event" and version.isdigit():
            event = int(version)
            scratch.event(number, event)
            self._totals.counts["events"] += 1
        elif record.kind == "delivery":
            scratch.delivery(number)
            self._totals.counts["messages"] += 1
        ticket = number if record.kind in ("event", "delivery", "ticket") else ""
        yield Finding(
            record.kind, number if record.kind == "event" else record.key,
            f"cannot be read ({record.error})", f"无法读取（{record.error}）", ticket, event,
        )  # fmt: skip

    def _sequence(self, key: str, last: int) -> Iterator[Finding]:
        highest, number = (0, "")
        if self._numbers is not None:
            highest, number = self._numbers.highest.get(key, (0, ""))
        if last < highest:
            yield Finding(
                "sequence", key, "is behind a number in use", "落后于已使用的编号", number,
                field="last", stored=last, expected=highest,
            )  # fmt: skip

    # -- tickets ----------------------------------------------------------------------------------

    def _ticket(self, ticket: Ticket, scratch: Scratch) -> Iterator[Finding]:
        number = ticket.number
        self._totals.ticket(ticket)
        found, events = self._comparison.compared(ticket)
        yield from found
        self._told |= {(finding.kind, number) for finding in found}
        known = [event for event in events if event.version <= ticket.version]
        noted, in_order = scratch.events_of(number)
        if (noted != ticket.version or not in_order) and ("event", number) not in self._told:
            yield Finding(
                "event", number, "the stream of all events has them not, or not in order",
                "全部事件流中的事件缺失或次序错误", number, stored=noted, expected=ticket.version,
            )  # fmt: skip
        scratch.ticket(
            number,
            ticket.version,
            len(queued_by(known)),
            answers.sortable(next_due(ticket)),
            answers.sortable(over_at(ticket)),
        )
        for key in dict.fromkeys(ticket.correlation_keys):
            scratch.correlation(key, answers.sortable(ticket.created_at), number)
        if self._numbers is not None:
            self._numbers.note(known)

    # -- after the last record --------------------------------------------------------------------

    def _left_over(self, scratch: Scratch) -> Iterator[Finding]:
        for number, count in scratch.tickets_without():
            if ("ticket", number) not in self._told:
                yield Finding(
                    "event", number, f"{count} events are stored of a ticket that is not",
                    f"存有 {count} 个事件，但没有此工单", number,
                )  # fmt: skip
        for number, count in scratch.deliveries_without():
            if ("ticket", number) not in self._told:
                yield Finding(
                    "delivery", number, f"{count} messages are stored of a ticket that is not",
                    f"存有 {count} 条消息，但没有此工单", number,
                )  # fmt: skip
        for number, count in scratch.deliveries_uneven():
            if not self._told & {("delivery", number), ("event", number)}:
                yield Finding(
                    "delivery", number, "the outbox as a whole has another number of its messages",
                    "发件箱中的消息数量不符", number, stored=count,
                )  # fmt: skip
        if self._numbers is not None:
            for key, (highest, number) in self._numbers.highest.items():
                if key not in self._sequences and ("sequence", key) not in self._told:
                    yield Finding(
                        "sequence", key, "is missing, and a number of it is in use",
                        "序列缺失，但其编号已使用", number, field="last", expected=highest,
                    )  # fmt: skip

    def _answers(self, scratch: Scratch) -> Iterator[Finding]:
        asked = (
            answers.correlation_findings(self._store, scratch),
            answers.order_findings(self._store, scratch, self._advance),
        )
        for findings in asked:
            try:
                yield from findings
            except RuleDeskError as error:  # what is in the way was told already, or is told now
                if ("ticket", "") not in self._told:
                    yield unread("index", "", "", error)
