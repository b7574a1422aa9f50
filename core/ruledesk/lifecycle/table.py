"""Who may do what in which status: the lifecycle as one table (contract, section 2).

A row names the action, the capacities that may do it, the statuses it may be done in, and the
status it leads to. ``STAY`` leaves the status as it is; ``POLICY`` leaves it to
`ruledesk.lifecycle.decide`, since it depends on the ruleset or on where the ticket came from.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

from attrs import frozen

from ruledesk.model.ticket import OPEN_STATUSES, TERMINAL_STATUSES, Status


class Lead(Enum):
    """Where an action leads when that is no fixed status."""

    STAY = "stay"
    POLICY = "policy"


STAY: Final = Lead.STAY
POLICY: Final = Lead.POLICY

_NEW = Status.NEW
_WORK = Status.IN_PROGRESS
_WAIT = Status.WAITING_REQUESTER
_ASKED = Status.AWAITING_CONFIRMATION
_FOLLOW = Status.FOLLOW_UP
_CLOSED = Status.CLOSED

_OPEN: Final = OPEN_STATUSES
_ACTIVE: Final = _OPEN | {_ASKED}
_ANY: Final = _ACTIVE | {_CLOSED}


@frozen
class Row:
    """One action of the lifecycle.

    Attributes:
        by: Capacities, one of which the actor must have: ``requester``, ``system``, ``agent`` (any
            agent of the desk), ``editor`` (an agent whom the ruleset's ``edit`` lets work on this
            ticket), ``writer`` (an agent who may add a note: anybody of the desk; where ``edit`` is
            ``own``, only an editor, a task's team or who holds a role), ``task-team`` (an agent of
            a team with an open task), ``supervisor`` (also the head of the ticket's team),
            ``administrator``, ``colleague`` (an agent who is not the ticket's handler: nobody rates
            their own work).
        within: Statuses in which it may be done.
        to: The status afterwards.
    """

    by: frozenset[str]
    within: frozenset[Status]
    to: Status | Lead


def _row(by: str, within: frozenset[Status], to: Status | Lead = STAY) -> Row:
    return Row(frozenset(by.split()), within, to)


# Whether the requester is satisfied is the requester's own word: who works on the ticket cannot
# give it. A supervisor can, for a requester who says it on the phone.
TABLE: Final[Mapping[str, Row]] = {
    "acknowledge": _row("editor supervisor", frozenset({_NEW, _WORK, _FOLLOW}), _WORK),
    "assign": _row("supervisor administrator system", _OPEN | {_ASKED}),
    "accept": _row("editor supervisor", frozenset({_NEW, _WORK, _FOLLOW}), _WORK),
    "contact": _row("editor supervisor", _ACTIVE),
    "request_info": _row("editor supervisor system", frozenset({_NEW, _WORK, _FOLLOW}), _WAIT),
    "provide_info": _row("requester agent", _OPEN | {_ASKED}, POLICY),
    "classify": _row("editor supervisor", _OPEN),
    "note": _row("requester writer supervisor system", _ANY),
    "collaborate": _row("editor supervisor", _OPEN),
    "answer_task": _row("task-team supervisor", _ACTIVE),
    "plan": _row("editor supervisor", _OPEN, POLICY),
    "approve_plan": _row("supervisor", _OPEN),
    "reject_plan": _row("supervisor", _OPEN),
    "resolve": _row("editor supervisor", _OPEN, _ASKED),
    "confirm": _row("requester supervisor", frozenset({_ASKED, _FOLLOW}), _CLOSED),
    "decline": _row("requester supervisor", frozenset({_ASKED}), POLICY),
    "rate": _row("requester colleague", frozenset({_ASKED, _CLOSED, Status.ARCHIVED})),
    "escalate": _row("editor supervisor system", _ACTIVE),
    "supervise": _row("supervisor administrator", _ACTIVE),
    "merge": _row("editor supervisor system", _OPEN, Status.MERGED),
    "link": _row("agent system", _ANY),
    "close": _row("editor supervisor system", _ACTIVE, _CLOSED),
    "reopen": _row("requester editor supervisor system", frozenset({_CLOSED}), POLICY),
    "cancel": _row("requester editor supervisor system", _ACTIVE, Status.CANCELLED),
    "archive": _row(
        "editor supervisor administrator system", frozenset({_CLOSED}), Status.ARCHIVED
    ),
    "review": _row("colleague", frozenset({_CLOSED, Status.ARCHIVED})),
    # By the system only where a retention is over: see `ruledesk.lifecycle.checks`.
    "delete": _row("administrator system", TERMINAL_STATUSES | {_CLOSED}),
}


def capacities_accepted(action: str) -> tuple[str, ...]:
    """Name who may do an action, for refusals and the reference."""
    return tuple(sorted(TABLE[action].by))


def actions_in(status: Status) -> tuple[str, ...]:
    """Name the actions that a status admits, in the table's order."""
    return tuple(name for name, row in TABLE.items() if status in row.within)
