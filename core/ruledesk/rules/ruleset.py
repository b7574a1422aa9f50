"""A resolved ruleset: what a line's policy says, checked and flat.

Made by `ruledesk.rules.load` from TOML; everything here is data. `origin` attributes name the file
that a part came from, since a ruleset may extend another.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from attrs import field, frozen

from ruledesk.calendar import WorkCalendar
from ruledesk.model.message import Via
from ruledesk.model.ticket import Status
from ruledesk.model.values import Text, Value
from ruledesk.rules.expression.types import Expression, FieldType, Schema
from ruledesk.targets.limit import Limit

HitPolicy: TypeAlias = Literal["unique", "first", "collect"]


@frozen
class FormField:
    """A field of the submission form.

    Attributes:
        name: Ticket field name; the ruleset's own fields as ``custom.<name>``.
        type: What it may hold.
        required: Whether a submission without it is refused.
        required_when: Required only where this holds (over the other fields).
        default: Value where none is given.
        max_length: Longest text, in characters.
        minimum: Least number.
        maximum: Greatest number.
        label: What people call it.
        words: Labels of an enum's words.
    """

    name: str
    type: FieldType
    required: bool = False
    required_when: Expression | None = None
    default: Value = None
    max_length: int = 10_000
    minimum: float | None = None
    maximum: float | None = None
    label: Text = field(default=Text("", ""))
    words: Mapping[str, Text] = field(factory=dict)


@frozen
class Rule:
    """A named rule: when the condition holds, these values are its outcome."""

    name: str
    when: Expression
    set: Mapping[str, Value]
    origin: str = ""


@frozen
class Stage:
    """Rules that decide together (``category``, ``priority``, ``route`` …).

    Attributes:
        hit: ``unique``: exactly one may match, two are an incident and the first wins; ``first``:
            the first that matches; ``collect``: all that match.
        sets: What the outcomes may set; see `ruledesk.rules.load` for the names.
        default: The outcome where no rule matches; empty for none.
    """

    name: str
    hit: HitPolicy
    sets: tuple[str, ...]
    rules: tuple[Rule, ...]
    default: Mapping[str, Value] = field(factory=dict)


@frozen
class TargetPolicy:
    """A promise: when its clock starts, what meets it, and how long it has.

    Attributes:
        starts: Event kinds that start it, or start it again after it was met.
        met_by: Event kinds that meet it; ``noted.public`` is a public note only.
        pauses_in: Statuses in which the clock waits.
        restarts_on: Event kinds that run a met target on, the time between being a pause
            (``declined`` for resolution).
        repeats: Whether it starts again when met, until an event of `ends`.
        ends: Event kinds that end it: met where it is repeated, cancelled otherwise.
        calendar: Name of the calendar of working limits; empty for the line's.
        warn: Share of the budget after which the ticket is at risk; 0 for never.
        limits: Rules whose outcome is ``within``; hit policy ``unique``.
        durations: The parsed limit of each rule, by rule name.
        flags: Whether a warning and a breach raise ``at_risk`` and ``overdue``.
    """

    name: str
    starts: tuple[str, ...]
    met_by: tuple[str, ...]
    limits: tuple[Rule, ...]
    durations: Mapping[str, Limit]
    pauses_in: tuple[Status, ...] = ()
    restarts_on: tuple[str, ...] = ()
    repeats: bool = False
    ends: tuple[str, ...] = ()
    calendar: str = ""
    warn: float = 0.0
    flags: bool = True
    label: Text = field(default=Text("", ""))


@frozen
class Send:
    """Messages that a reaction sends: to each of `to`, by each of `via`, from one template."""

    to: tuple[str, ...]
    via: tuple[Via, ...]
    template: str


@frozen
class Reaction:
    """On an event, at once or later, when a condition holds: do something.

    Attributes:
        on: Event kinds (``noted.public``, ``target_breached.resolution`` narrow them).
        when: Condition over the ticket as it then stands.
        after: Wait so long first; the condition is looked at when the wait is over.
        every: Repeat at this interval, until the condition is false or an event of `until`.
        until: Event kinds that drop a waiting reaction.
        send: Messages.
        raise_flags: Flags raised.
        clear_flags: Flags cleared.
        escalate_to: ``head``, ``superior``, ``role:…``, ``team:…``, ``agent:…``; empty for none.
        hand_over: Whether the escalation takes the ticket along.
        assign_team: The team that the ticket is given to, and dispatched in; empty for none.
        act: An action done by the system: ``close``, ``archive``, ``reopen``; empty for none.
        reason: Reason given with the action or escalation.
        link_to: Name of a correlation: the ticket is linked to the others it counts.
    """

    name: str
    on: tuple[str, ...]
    when: Expression
    after: Limit | None = None
    every: Limit | None = None
    until: tuple[str, ...] = ()
    send: tuple[Send, ...] = ()
    raise_flags: tuple[str, ...] = ()
    clear_flags: tuple[str, ...] = ()
    escalate_to: str = ""
    hand_over: bool = False
    assign_team: str = ""
    act: Literal["", "close", "archive", "reopen"] = ""
    reason: str = ""
    link_to: str = ""
    origin: str = ""


@frozen
class Correlation:
    """A count over a sliding window: tickets of the line that agree in `key`.

    The rules read it as ``counts.<name>``; the ticket itself is counted.
    """

    name: str
    key: tuple[str, ...]
    window: Limit
    when: Expression


@frozen
class ChannelPolicy:
    """What is particular to a channel: its service hours, by calendar name (empty: always)."""

    name: str
    hours: str = ""


@frozen
class DispatchPolicy:
    """How a ticket finds its handler inside the team.

    Attributes:
        strategy: Name of a dispatcher.
        spill: When everyone in the team is full: whether the ticket goes to whoever is free
            elsewhere (D7).
        automatic: Whether tickets are given to a person at all, or wait for one to accept.
    """

    strategy: str = "least_loaded"
    spill: bool = False
    automatic: bool = True


@frozen
class Template:
    """A message in both languages; ``{…}`` names are checked when the ruleset is loaded."""

    name: str
    subject: Text
    text: Text


@frozen
class Policy:
    """Choices that are neither rule nor target.

    Attributes:
        calendar: Name of the line's calendar.
        on_decline: Status after the requester declines (A12, D11).
        edit: Whose tickets an agent may work on: their own, their teams', or any (E6).
        plan_approval: Plans wait for the supervisor where this holds (C9).
    """

    calendar: str = "business"
    on_decline: Status = Status.IN_PROGRESS
    edit: Literal["own", "team", "any"] = "team"
    plan_approval: Expression | None = None


@frozen
class Ruleset:
    """Everything that a line is run by.

    Attributes:
        hash: SHA-256 of the canonical resolved document, hex: identifies what decided.
        document: The resolved document itself, as plain data.
        number: The number format, for example ``G{date:%Y%m%d}{seq:03}``.
        schema: All fields that conditions may read.
        stages: In the order in which they decide.
        categories: The category tree, path to label.
        type_codes: Code of each type, for number formats.
    """

    name: str
    version: str
    hash: str
    document: Mapping[str, object]
    title: Text
    number: str
    schema: Schema
    form: Mapping[str, FormField]
    stages: tuple[Stage, ...]
    targets: Mapping[str, TargetPolicy]
    reactions: tuple[Reaction, ...]
    correlations: Mapping[str, Correlation]
    channels: Mapping[str, ChannelPolicy]
    dispatch: DispatchPolicy
    templates: Mapping[str, Template]
    calendars: Mapping[str, WorkCalendar]
    policy: Policy
    categories: Mapping[str, Text] = field(factory=dict)
    type_codes: Mapping[str, str] = field(factory=dict)

    @property
    def id(self) -> str:
        """``name@version``."""
        return f"{self.name}@{self.version}"

    def rule_names(self) -> tuple[str, ...]:
        """Name every rule: of stages, of targets, and the reactions; unique in the ruleset."""
        return (
            *(rule.name for stage in self.stages for rule in stage.rules),
            *(rule.name for target in self.targets.values() for rule in target.limits),
            *(reaction.name for reaction in self.reactions),
        )
