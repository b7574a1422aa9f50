"""The ticket and the values it is made of. Names are those of the contract, section 2."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal, TypeAlias

from attrs import field, frozen

from ruledesk.model.values import Value


class Status(StrEnum):
    """Where a ticket stands. Overdue, vague, supervised … are flags, not statuses."""

    NEW = "new"
    IN_PROGRESS = "in_progress"
    WAITING_REQUESTER = "waiting_requester"
    AWAITING_CONFIRMATION = "awaiting_confirmation"
    FOLLOW_UP = "follow_up"
    CLOSED = "closed"
    ARCHIVED = "archived"
    CANCELLED = "cancelled"
    MERGED = "merged"


#: What people read for a status, in English and Chinese (contract, section 2; F5).
STATUS_LABELS: Final[Mapping[Status, tuple[str, str]]] = {
    Status.NEW: ("new", "待受理"),
    Status.IN_PROGRESS: ("in progress", "处理中"),
    Status.WAITING_REQUESTER: ("waiting for requester", "待补充"),
    Status.AWAITING_CONFIRMATION: ("awaiting confirmation", "待反馈"),
    Status.FOLLOW_UP: ("follow-up", "待跟进"),
    Status.CLOSED: ("closed", "已关闭"),
    Status.ARCHIVED: ("archived", "已归档"),
    Status.CANCELLED: ("cancelled", "已取消"),
    Status.MERGED: ("merged", "已合并"),
}
#: A ticket in one of these is work that somebody still has to do.
OPEN_STATUSES = frozenset(
    {Status.NEW, Status.IN_PROGRESS, Status.WAITING_REQUESTER, Status.FOLLOW_UP}
)
#: No action leads out of these.
TERMINAL_STATUSES = frozenset({Status.ARCHIVED, Status.CANCELLED, Status.MERGED})
#: A ticket in one of these is over; what was promised on it is no longer owed.
OVER_STATUSES = TERMINAL_STATUSES | {Status.CLOSED}

TargetState: TypeAlias = Literal["running", "paused", "met", "breached", "cancelled"]


@frozen(slots=False)
class Requester:
    """Who reports: an employee, a customer, a partner."""

    id: str = ""
    name: str = ""
    phone: str = ""
    email: str = ""
    level: str = ""
    kind: str = ""
    company: str = ""
    region: str = ""


@frozen(slots=False)
class Attachment:
    """A file handed in with a ticket; its bytes are a blob of the store, named by `sha256`.

    `kind` is the policy's word for what it shows (``screenshot``); `original` the name that it came
    under, where the policy gave it another (B5).
    """

    name: str
    media_type: str
    size: int
    sha256: str
    kind: str = ""
    original: str = ""


@frozen(slots=False)
class Call:
    """What the telephone system said of the call that a ticket came from (requirement D3).

    Attributes:
        id: The telephone system's own name for the call.
        caller: The caller's number as given.
        started_at: When it rang.
        answered_at: When somebody answered; None when nobody did (yet).
        ended_at: When it was hung up; None while it goes on.
        agent: Staff number of who answered, where the system says it.
    """

    id: str
    caller: str = ""
    started_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    agent: str = ""

    @property
    def waiting_seconds(self) -> int | None:
        """Seconds from the first ring to the answer, or to the end of a call nobody answered."""
        until = self.answered_at or self.ended_at
        if self.started_at is None or until is None:
            return None
        return int((until - self.started_at).total_seconds())

    @property
    def talking_seconds(self) -> int | None:
        """Seconds from the answer to the end; None while unknown."""
        if self.answered_at is None or self.ended_at is None:
            return None
        return int((self.ended_at - self.answered_at).total_seconds())


@frozen(slots=False)
class Task:
    """A collaboration task 协同任务: another team's part, with duty and deadline.

    `owner` is the staff number of who answers for it: the agent named, else the team's head (B10).
    `overdue_at` is when the clock found it still open at its deadline; None while it is in time.
    """

    number: int
    team: str
    duty: str
    due: datetime | None
    opened_at: datetime
    opened_by: str
    answer: str | None = None
    answered_at: datetime | None = None
    answered_by: str | None = None
    owner: str = ""
    overdue_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether the team still owes its answer."""
        return self.answered_at is None


@frozen(slots=False)
class Plan:
    """What will be done, by when; `approval` is empty where the ruleset asks for none.

    `overrides` is the latest estimate that the ruleset allowed, where a supervisor's word stands
    above it (A10).
    """

    cause: str
    solution: str
    eta: datetime | None
    by: str
    approval: Literal["", "pending", "approved", "rejected"] = ""
    approval_reason: str = ""
    overrides: datetime | None = None


#: What a quality review may come to, and what people read for it.
VERDICTS: Final[Mapping[str, tuple[str, str]]] = {
    "good": ("good", "合格"),
    "improve": ("to be improved", "需改进"),
}


@frozen(slots=False)
class Review:
    """A colleague's judgement of how a closed ticket was handled (A13, E9).

    Attributes:
        verdict: ``good``, or ``improve`` where something should be done better.
        text: What was found.
        improvement: What is to be done better.
        by: Who reviewed it: ``agent:<id>``.
        at: When.
    """

    verdict: str
    text: str
    improvement: str
    by: str
    at: datetime


@frozen(slots=False)
class Link:
    """A related ticket: `kind` is ``related``, ``duplicate``, ``batch`` or the ruleset's own."""

    other: str
    kind: str


@frozen(slots=False)
class Target:
    """One promise of the SLA policy, as it stands on a ticket.

    Attributes:
        name: The policy's name for it (``response``, ``resolution`` …).
        state: Running, paused, met, breached or cancelled.
        started_at: When its clock began; with `asked_at` the opening that it waited for.
        limit: The budget as the policy states it (``2h``, ``3wd``; see `ruledesk.targets.limit`).
        calendar: The name of the calendar that the clock runs on; empty for the wall clock.
        due: The instant it is due, pauses so far included.
        warn_at: When it becomes ``at_risk``; None where the policy does not warn, or has warned.
        warned_at: When it became ``at_risk``; None while it is not.
        rule: The rule that set the limit.
        pauses: The closed pauses, each from and to.
        paused_at: Since when it is paused; None while it is not.
        paused_seconds: Whole seconds of all closed pauses, on the wall clock.
        met_at: When it was met, in time or late.
        breached_at: When it was breached.
        asked_at: When it was to begin, where its clock waited for an opening (C1); None where it
            began at once.
        opens: The name of the calendar whose opening it waited for; empty where it did not.
    """

    name: str
    state: TargetState
    started_at: datetime
    limit: str
    calendar: str
    due: datetime
    rule: str
    warn_at: datetime | None = None
    warned_at: datetime | None = None
    pauses: tuple[tuple[datetime, datetime], ...] = ()
    paused_at: datetime | None = None
    paused_seconds: int = 0
    met_at: datetime | None = None
    breached_at: datetime | None = None
    asked_at: datetime | None = None
    opens: str = ""


@frozen(slots=False)
class Ticket:
    """A ticket 工单 as its events have made it.

    Attributes:
        version: The number of its events.
        ruleset: ``name@version`` of the ruleset that decided last.
        manual: Fields set by hand, which the rules therefore leave alone.
        timers: What will happen by itself, and when: reaction to instant, ``<reaction>@<target>``
            where it waits about a target.
        correlation_keys: The groups that this ticket counts in (see `ruledesk.rules.correlation`).
        source: The channel's own identity of what was received (Message-ID, call id …), used
            to recognise what comes twice; empty where the channel has none.
        raw: SHA-256 of the raw input, kept as a blob; empty where there was none.
        missing: What the ticket is without: `unfilled`, `asked` and `lacks` together. While there
            is anything `unfilled` or in `lacks`, the flag ``incomplete`` is up (A4).
        unfilled: Fields that the form found missing and nobody gave yet.
        asked: Fields that an agent asked the requester for.
        lacks: What the rules find that it lacks.
        article: The knowledge article that solves it, where one does (E7).
        reviews: Quality reviews after closing.
        messages: How many messages were queued for it; numbers them.
    """

    number: str
    line: str
    channel: str
    created_at: datetime
    requester: Requester
    status: Status = Status.NEW
    version: int = 0
    type: str = ""
    category: str = ""
    subject: str = ""
    description: str = ""
    phenomenon: str = ""
    impact_text: str = ""
    expected: str = ""
    occurred_at: datetime | None = None
    module: str = ""
    product: str = ""
    order: str = ""
    urgency: str = ""
    impact: str = ""
    affected_users: int | None = None
    loss: float | None = None
    expected_by: datetime | None = None
    priority: str = ""
    flags: frozenset[str] = frozenset()
    team: str = ""
    agent: str = ""
    targets: Mapping[str, Target] = field(factory=dict)
    tasks: tuple[Task, ...] = ()
    plan: Plan | None = None
    opinion: str = ""
    solution: str = ""
    steps: str = ""
    cautions: str = ""
    rating: int | None = None
    scores: Mapping[str, int] = field(factory=dict)
    comment: str = ""
    reopens: int = 0
    links: tuple[Link, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    call: Call | None = None
    closed_at: datetime | None = None
    custom: Mapping[str, Value] = field(factory=dict)
    ruleset: str = ""
    manual: frozenset[str] = frozenset()
    timers: Mapping[str, datetime] = field(factory=dict)
    correlation_keys: tuple[str, ...] = ()
    source: str = ""
    raw: str = ""
    missing: tuple[str, ...] = ()
    resumes: Status | None = None
    resolved_at: datetime | None = None
    updated_at: datetime | None = None
    messages: int = 0
    unfilled: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    article: str = ""
    reviews: tuple[Review, ...] = ()


def tasks_awaited(ticket: Ticket) -> Iterator[tuple[datetime, Task]]:
    """Yield the open tasks whose deadline the clock still watches, each with its deadline (A11).

    A ticket that is over asks nothing of other teams; one that is opened again does again.
    """
    if ticket.status in OVER_STATUSES:
        return
    for task in ticket.tasks:
        if task.open and task.due is not None and task.overdue_at is None:
            yield task.due, task
