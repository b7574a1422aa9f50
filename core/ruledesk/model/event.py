"""Events: a ticket's history, audit trail and recording are the same list.

An event is either an accepted action (`ruledesk.model.action`) or a consequence that the desk
added to it, defined here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import frozen

from ruledesk.model.action import ACTIONS, Body
from ruledesk.model.decision import Decision
from ruledesk.model.message import Message
from ruledesk.model.ticket import Call, Status, Target


@frozen(slots=False)
class Decided(Body):
    """The rules decided; outcomes apply in the order of the decisions (F2)."""

    kind = "decided"
    decisions: tuple[Decision, ...]


@frozen(slots=False)
class Assigned(Body):
    """The ticket went to a team, and to a person where there was one.

    Attributes:
        rule: The routing rule or reaction; empty when a person did it.
        reason: Why this person: the dispatcher's words, or the note given.
    """

    kind = "assigned"
    team: str
    agent: str
    rule: str = ""
    reason: str = ""


@frozen(slots=False)
class FlagsChanged(Body):
    """Flags raised and cleared; `rule` is the reaction that did it."""

    kind = "flags_changed"
    raised: tuple[str, ...] = ()
    cleared: tuple[str, ...] = ()
    rule: str = ""


@frozen(slots=False)
class TargetsStarted(Body):
    """Clocks began, or were set anew because what they depend on changed."""

    kind = "targets_started"
    targets: tuple[Target, ...]


@frozen(slots=False)
class TargetsPaused(Body):
    """Clocks wait, as the policy says for this status (F1)."""

    kind = "targets_paused"
    names: tuple[str, ...]


@frozen(slots=False)
class TargetsResumed(Body):
    """Clocks go on; each target as it now stands, with its new due time."""

    kind = "targets_resumed"
    targets: tuple[Target, ...]


@frozen(slots=False)
class TargetsCorrected(Body):
    """Clocks were put right by what the telephone system said of the call afterwards (C2).

    Attributes:
        targets: Each as it runs from the call's own start; what became of it follows.
        unbroken: Those of them whose breach is taken back: it was none.
        unmet: Those of them that were taken for met before the call said when.
    """

    kind = "targets_corrected"
    targets: tuple[Target, ...]
    unbroken: tuple[str, ...] = ()
    unmet: tuple[str, ...] = ()


@frozen(slots=False)
class TargetsMet(Body):
    """What was promised happened, in time or late.

    Attributes:
        at: When, where it is measured on the contact and told afterwards (C2); None for now.
    """

    kind = "targets_met"
    names: tuple[str, ...]
    at: datetime | None = None


@frozen(slots=False)
class TargetsCancelled(Body):
    """What was promised is no longer owed."""

    kind = "targets_cancelled"
    names: tuple[str, ...]


@frozen(slots=False)
class TargetWarned(Body):
    """A target is near its due time; the ticket is ``at_risk``."""

    kind = "target_warned"
    name: str
    flag: bool = True


@frozen(slots=False)
class TargetBreached(Body):
    """A target's due time passed; the ticket is ``overdue`` (D13)."""

    kind = "target_breached"
    name: str
    due: datetime
    flag: bool = True


@frozen(slots=False)
class TaskOverdue(Body):
    """A collaboration task was still open at its deadline (A11, B10)."""

    kind = "task_overdue"
    task: int
    due: datetime


@frozen(slots=False)
class Correlated(Body):
    """The groups that the ticket counts in from here on; see `ruledesk.rules.correlation`."""

    kind = "correlated"
    keys: tuple[str, ...]


@frozen(slots=False)
class Pooled(Body):
    """No person could be found; the ticket waits in the team's pool, or in nobody's (D7).

    Attributes:
        team: The team whose pool it is; empty where no routing rule matched.
        reason: Why: everyone full, away, or without the skill.
    """

    kind = "pooled"
    team: str
    reason: str


@frozen(slots=False)
class PlanSubmitted(Body):
    """A plan waits for the supervisor's approval (C9)."""

    kind = "plan_submitted"


@frozen(slots=False)
class TimersSet(Body):
    """Something will happen by itself: timer name to instant."""

    kind = "timers_set"
    timers: Mapping[str, datetime]


@frozen(slots=False)
class TimersCleared(Body):
    """Timers that fired or no longer apply."""

    kind = "timers_cleared"
    names: tuple[str, ...]


@frozen(slots=False)
class MessagesQueued(Body):
    """Messages were decided; they are in the outbox in the same commit (F3)."""

    kind = "messages_queued"
    messages: tuple[Message, ...]


@frozen(slots=False)
class MessageFailed(Body):
    """A message cannot be sent; nobody will try again by itself (F3)."""

    kind = "message_failed"
    message: str
    error: str


@frozen(slots=False)
class CallUpdated(Body):
    """The telephone system said more of the call (D3)."""

    kind = "call_updated"
    call: Call


@frozen(slots=False)
class DuplicateReceived(Body):
    """The same problem came again and was joined to this ticket (E2)."""

    kind = "duplicate_received"
    channel: str
    source: str
    raw: str


@frozen(slots=False)
class PluginFaulted(Body):
    """A plugin failed; the desk went on with the default."""

    kind = "plugin_faulted"
    plugin: str
    hook: str
    error: str


@frozen(slots=False)
class PersonErased(Body):
    """What was personal in the ticket was erased from all its events; the actor did it (C13).

    Attributes:
        reason: Why: the request or the law, without anything personal.
    """

    kind = "person_erased"
    reason: str = ""


CONSEQUENCES: tuple[type[Body], ...] = (
    Decided,
    Assigned,
    FlagsChanged,
    TargetsStarted,
    TargetsPaused,
    TargetsResumed,
    TargetsCorrected,
    TargetsMet,
    TargetsCancelled,
    TargetWarned,
    TargetBreached,
    TaskOverdue,
    Correlated,
    Pooled,
    PlanSubmitted,
    TimersSet,
    TimersCleared,
    MessagesQueued,
    MessageFailed,
    CallUpdated,
    DuplicateReceived,
    PluginFaulted,
    PersonErased,
)
BODIES: Mapping[str, type[Body]] = {body.kind: body for body in (*ACTIONS, *CONSEQUENCES)}


@frozen(slots=False)
class Event:
    """One entry of a ticket's history.

    Attributes:
        ticket: The ticket's number.
        version: 1 for the first event, one more for each.
        at: When, on the desk's clock, in UTC.
        actor: ``requester``, ``agent:<id>`` or ``system``.
        body: What happened.
        status: The status that the ticket has from here on; None where it stays.
    """

    ticket: str
    version: int
    at: datetime
    actor: str
    body: Body
    status: Status | None = None
