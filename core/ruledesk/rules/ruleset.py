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
from ruledesk.rules.attachments import AttachmentPolicy
from ruledesk.rules.expression.types import Expression, FieldType, Schema
from ruledesk.rules.retention import Retention
from ruledesk.targets.limit import Limit

HitPolicy: TypeAlias = Literal["unique", "first", "collect"]
Fallback: TypeAlias = Literal["pool", "head"]


@frozen
class FormField:
    """A field of the submission form.

    Attributes:
        name: Ticket field name; the ruleset's own fields as ``custom.<name>``.
        type: What it may hold.
        required: Whether a submission without it is refused.
        required_when: Required only where this holds (over the other fields).
        wanted: Asked for where absent, but not refused: the ticket is ``incomplete`` (A4).
        wanted_when: Wanted only where this holds.
        when: Belongs to the form only where this holds over the other fields; None for always.
        any_of: Of ``contact``: the fields of which one is needed.
        default: Value where none is given.
        max_length: Longest text, in characters.
        min_length: Shortest text, in characters, blanks around it not counted.
        pattern: Regular expression that the whole of a text must match; empty for any.
        pattern_hint: What the pattern asks for, for people.
        minimum: Least number.
        maximum: Greatest number.
        label: What people call it.
        words: Labels of an enum's words.
        manual: Lines of the manual that it implements.
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
    wanted: bool = False
    wanted_when: Expression | None = None
    when: Expression | None = None
    any_of: tuple[str, ...] = ()
    min_length: int = 0
    pattern: str = ""
    pattern_hint: Text = field(default=Text("", ""))
    manual: tuple[str, ...] = ()


@frozen
class Rule:
    """A named rule: when the condition holds, these values are its outcome.

    `manual` names the lines of the manual that it implements.
    """

    name: str
    when: Expression
    set: Mapping[str, Value]
    origin: str = ""
    manual: tuple[str, ...] = ()


@frozen
class Stage:
    """Rules that decide together (``category``, ``priority``, ``route`` …).

    Attributes:
        hit: ``unique``: exactly one may match, two are an incident and the first wins; ``first``:
            the first that matches; ``collect``: all that match.
        sets: What the outcomes may set; see `ruledesk.rules.load` for the names.
        default: The outcome where no rule matches; empty for none.
        manual: Lines of the manual; for its rules where they name none.
    """

    name: str
    hit: HitPolicy
    sets: tuple[str, ...]
    rules: tuple[Rule, ...]
    default: Mapping[str, Value] = field(factory=dict)
    manual: tuple[str, ...] = ()


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
        opens: Where the clock waits for an opening to begin: ``channel`` (the service hours of the
            ticket's channel) or the name of a calendar; empty for at once (C1).
        clock: What it is measured on: the ticket, or the ``contact`` that it came from, whose
            times the telephone system gave (C2).
        optional: Whether it is meant that it does not apply to every ticket.
        manual: Lines of the manual; for its limits where they name none.
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
    opens: str = ""
    clock: Literal["ticket", "contact"] = "ticket"
    optional: bool = False
    label: Text = field(default=Text("", ""))
    manual: tuple[str, ...] = ()


@frozen
class Send:
    """Messages that a reaction sends: to each of `to`, by each of `via`, from one template.

    With `every` they go by every way that the reader has an address for, and `via` is empty (B9).
    """

    to: tuple[str, ...]
    via: tuple[Via, ...]
    template: str
    every: bool = False


@frozen
class ReadyPlan:
    """A plan that stands ready for a kind of ticket; `within` is its time limit (B9)."""

    cause: Text
    solution: Text
    within: Limit | None = None


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
        act: An action done by the system: ``close``, ``archive``, ``reopen``, ``plan`` (makes
            `plan`), ``request_info`` (asks for what is missing); empty for none.
        reason: Reason given with the action or escalation.
        link_to: Name of a correlation: the ticket is linked to the others it counts.
        plan: What ``act = "plan"`` records.
        merge_into: Name of a correlation: the ticket is merged into the oldest other one that it
            counts and that is not over; empty for none (E2).
        manual: Lines of the manual that it implements.
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
    act: Literal["", "close", "archive", "reopen", "plan", "request_info"] = ""
    reason: str = ""
    link_to: str = ""
    plan: ReadyPlan | None = None
    merge_into: str = ""
    origin: str = ""
    manual: tuple[str, ...] = ()


@frozen(cache_hash=True)
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
        fallback: Where nobody is free: the team's ``pool``, or its ``head``, who then answers for
            the ticket (B8).
    """

    strategy: str = "least_loaded"
    spill: bool = False
    automatic: bool = True
    fallback: Fallback = "pool"


@frozen
class ActionPolicy:
    """What a ruleset asks of an action, besides what the lifecycle does.

    Attributes:
        required: Arguments that must be given.
        any_of: Arguments of which at least one must be given.
        teams: Whose members may do it; with `roles`, nobody else may, but administrators.
        roles: Whose holders may do it.
        when: It may be done only where this holds of the ticket; None for always.
        reason: Why not otherwise, for people.
        eta_within: The target within whose limit an estimate must lie; empty for none (A10).
    """

    name: str
    required: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    when: Expression | None = None
    reason: Text = field(default=Text("", ""))
    eta_within: str = ""


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
        task_owner: Whether what is passed on, a task or a ticket, must have an owner (B10).
        retention: How long a ticket must be kept after it was closed; None for no time (C13).
    """

    calendar: str = "business"
    on_decline: Status = Status.IN_PROGRESS
    edit: Literal["own", "team", "any"] = "team"
    plan_approval: Expression | None = None
    task_owner: bool = False
    retention: Retention | None = None


@frozen
class Ruleset:
    """Everything that a line is run by.

    Attributes:
        hash: SHA-256 of the canonical resolved document, hex: identifies what decided.
        document: The resolved document itself, as plain data.
        number: The number format, for example ``G{date:%Y%m%d}{seq:03}``.
        department: Department code of numbers, where the desk's line names none (B2).
        attachments: Which files tickets take; None for any (A3, B5).
        schema: All fields that conditions may read.
        stages: In the order in which they decide.
        categories: The category tree, path to label.
        type_codes: Code of each type, for number formats.
        actions: What it asks of actions, by the action's word.
        survey: The scores that a survey asks for, with their labels; empty for any (C12).
        manual: Lines of the manual by key path, of what is no rule, target, reaction or field
            (``number``, ``actions.plan``).
        origin: The file that it was read from.
        origins: The files that fields, stages, targets, actions, correlations and templates stand
            in, by key path, where a ruleset may extend another (``targets.response``).
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
    department: str = ""
    attachments: AttachmentPolicy | None = None
    actions: Mapping[str, ActionPolicy] = field(factory=dict)
    survey: Mapping[str, Text] = field(factory=dict)
    manual: Mapping[str, tuple[str, ...]] = field(factory=dict)
    origin: str = ""
    origins: Mapping[str, str] = field(factory=dict)

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
