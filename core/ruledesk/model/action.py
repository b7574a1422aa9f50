"""What people do to a ticket: one class an action, each with what the action is done *with*.

An accepted action is recorded as it is: the action is the body of the event it causes. The table
in `ruledesk.lifecycle.table` says who may do it in which status.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from attrs import field, frozen

from ruledesk.model.ticket import Attachment, Call, Requester
from ruledesk.model.values import Value


@frozen(slots=False)
class Body:
    """What an event says. `kind` names it in recordings and in a ruleset's ``on``."""

    kind: ClassVar[str] = ""


@frozen(slots=False)
class ActionBody(Body):
    """What was done, by an actor. `action` is the contract's word for doing it."""

    action: ClassVar[str] = ""


@frozen(slots=False)
class Submit(ActionBody):
    """A ticket is handed in.

    Attributes:
        fields: Values by ticket field name; the ruleset's own fields as ``custom.<name>``.
        source: The channel's identity of the input; the same source is one ticket.
        raw: SHA-256 of the raw input, where a channel kept one.
        missing: Fields that the form asks for and the input lacks, where it was taken all the
            same because nobody could be told (mail, a missed call).
    """

    action = "submit"
    kind = "submitted"
    line: str
    channel: str
    requester: Requester
    fields: Mapping[str, Value] = field(factory=dict)
    attachments: tuple[Attachment, ...] = ()
    call: Call | None = None
    source: str = ""
    raw: str = ""
    missing: tuple[str, ...] = ()


@frozen(slots=False)
class Acknowledge(ActionBody):
    """Looked at and triaged (A7)."""

    action = "acknowledge"
    kind = "acknowledged"
    opinion: str = ""
    category: str = ""


@frozen(slots=False)
class Assign(ActionBody):
    """Dispatched by hand (D7)."""

    action = "assign"
    kind = "assigned_by_hand"
    team: str = ""
    agent: str = ""
    note: str = ""


@frozen(slots=False)
class Accept(ActionBody):
    """The handler takes it (D8)."""

    action = "accept"
    kind = "accepted"


@frozen(slots=False)
class Contact(ActionBody):
    """The requester was reached (A8)."""

    action = "contact"
    kind = "contacted"
    via: str = "phone"
    text: str = ""


@frozen(slots=False)
class RequestInfo(ActionBody):
    """The requester is asked for what is missing (A4)."""

    action = "request_info"
    kind = "info_requested"
    missing: tuple[str, ...] = ()
    text: str = ""
    rule: str = ""


@frozen(slots=False)
class ProvideInfo(ActionBody):
    """The requester answers; `fills` is what that answers besides `fields`, said by the desk."""

    action = "provide_info"
    kind = "info_provided"
    fields: Mapping[str, Value] = field(factory=dict)
    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    source: str = ""
    raw: str = ""
    fills: tuple[str, ...] = ()


@frozen(slots=False)
class Classify(ActionBody):
    """Decided again by hand; the rules that read these fields follow."""

    action = "classify"
    kind = "classified"
    reason: str = ""
    category: str = ""
    urgency: str = ""
    impact: str = ""
    priority: str = ""


@frozen(slots=False)
class Note(ActionBody):
    """Progress; a public note is sent to the requester (D10)."""

    action = "note"
    kind = "noted"
    text: str = ""
    public: bool = False
    attachments: tuple[Attachment, ...] = ()
    source: str = ""
    raw: str = ""


@frozen(slots=False)
class Collaborate(ActionBody):
    """A collaboration task is opened (A11, D9).

    Attributes:
        agent: Who is to do it; empty for whoever in the team does.
        owner: Staff number of who answers for it, filled in by the desk (B10).
    """

    action = "collaborate"
    kind = "task_opened"
    team: str = ""
    duty: str = ""
    due: datetime | None = None
    agent: str = ""
    owner: str = ""


@frozen(slots=False)
class AnswerTask(ActionBody):
    """A collaboration task is answered (A11, D9)."""

    action = "answer_task"
    kind = "task_answered"
    task: int = 0
    text: str = ""
    attachments: tuple[Attachment, ...] = ()


@frozen(slots=False)
class MakePlan(ActionBody):
    """What will be done, by when (A10).

    Attributes:
        eta: When it will be solved.
        overrides: The latest estimate that the ruleset allows, where the plan goes beyond it by a
            supervisor's word; filled in by the desk.
    """

    action = "plan"
    kind = "planned"
    cause: str = ""
    solution: str = ""
    eta: datetime | None = None
    rule: str = ""
    overrides: datetime | None = None


@frozen(slots=False)
class ApprovePlan(ActionBody):
    """The supervisor agrees (C9)."""

    action = "approve_plan"
    kind = "plan_approved"
    reason: str = ""


@frozen(slots=False)
class RejectPlan(ActionBody):
    """The supervisor does not agree (C9)."""

    action = "reject_plan"
    kind = "plan_rejected"
    reason: str = ""


@frozen(slots=False)
class Resolve(ActionBody):
    """Solved, by a text or a knowledge article; the requester is asked to confirm (A12, E7)."""

    action = "resolve"
    kind = "resolved"
    solution: str = ""
    steps: str = ""
    cautions: str = ""
    article: str = ""


@frozen(slots=False)
class Confirm(ActionBody):
    """The requester is satisfied (A12, D11)."""

    action = "confirm"
    kind = "confirmed"
    rating: int | None = None
    comment: str = ""


@frozen(slots=False)
class Decline(ActionBody):
    """The requester is not satisfied, and says why (A12, D11)."""

    action = "decline"
    kind = "declined"
    reason: str = ""


@frozen(slots=False)
class Rate(ActionBody):
    """An answer to the survey (C12, D12): one rating, several named scores, or both."""

    action = "rate"
    kind = "rated"
    rating: int | None = None
    scores: Mapping[str, int] = field(factory=dict)
    comment: str = ""


@frozen(slots=False)
class Escalate(ActionBody):
    """Told, and where said handed over, to somebody higher (C8, D11).

    Attributes:
        to: ``agent:<id>``, ``team:<name>``, ``role:<name>`` or ``head``.
        hand_over: Whether the ticket goes there too.
        rule: The reaction that did it; empty when a person did.
    """

    action = "escalate"
    kind = "escalated"
    to: str = ""
    reason: str = ""
    hand_over: bool = False
    rule: str = ""


@frozen(slots=False)
class Supervise(ActionBody):
    """Put under supervision 督办 (D1)."""

    action = "supervise"
    kind = "supervised"
    reason: str = ""


@frozen(slots=False)
class Merge(ActionBody):
    """The same problem as another ticket; this one ends (E2)."""

    action = "merge"
    kind = "merged"
    into: str = ""
    rule: str = ""


@frozen(slots=False)
class LinkTo(ActionBody):
    """Related to another ticket (E8)."""

    action = "link"
    kind = "linked"
    other: str = ""
    kind_of: str = "related"


@frozen(slots=False)
class Close(ActionBody):
    """Closed without the requester's word, by a person or by policy (A12)."""

    action = "close"
    kind = "closed"
    reason: str = ""
    rule: str = ""


@frozen(slots=False)
class Reopen(ActionBody):
    """A closed ticket is work again."""

    action = "reopen"
    kind = "reopened"
    reason: str = ""


@frozen(slots=False)
class Cancel(ActionBody):
    """Withdrawn: nothing is to be done."""

    action = "cancel"
    kind = "cancelled"
    reason: str = ""


@frozen(slots=False)
class Archive(ActionBody):
    """Put away, for good (A13)."""

    action = "archive"
    kind = "archived"
    reason: str = ""
    rule: str = ""


@frozen(slots=False)
class MakeReview(ActionBody):
    """How a closed ticket was handled, in a colleague's judgement (A13, E9).

    Attributes:
        verdict: ``good`` or ``improve``.
        text: What was found.
        improvement: What is to be done better.
    """

    action = "review"
    kind = "reviewed"
    verdict: str = ""
    text: str = ""
    improvement: str = ""


@frozen(slots=False)
class Delete(ActionBody):
    """Removed for good, with its events, once it need not be kept (C13); a tombstone stays."""

    action = "delete"
    kind = "deleted"
    reason: str = ""


#: Every action of the contract, in its order.
ACTIONS: tuple[type[ActionBody], ...] = (
    Submit,
    Acknowledge,
    Assign,
    Accept,
    Contact,
    RequestInfo,
    ProvideInfo,
    Classify,
    Note,
    Collaborate,
    AnswerTask,
    MakePlan,
    ApprovePlan,
    RejectPlan,
    Resolve,
    Confirm,
    Decline,
    Rate,
    Escalate,
    Supervise,
    Merge,
    LinkTo,
    Close,
    Reopen,
    Cancel,
    Archive,
    MakeReview,
    Delete,
)
BY_NAME: Mapping[str, type[ActionBody]] = {body.action: body for body in ACTIONS}
