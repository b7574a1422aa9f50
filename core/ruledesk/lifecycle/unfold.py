"""What follows from an action: rules decide, targets move, reactions act, until nothing more does.

`Unfolding` grows a ticket's new events from the first happening. It is a pure function of the
ticket, the happenings and the `Situation`: it asks nothing else and touches nothing outside.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from attrs import evolve as with_changes

from ruledesk.lifecycle import react
from ruledesk.lifecycle.consequences import Happening
from ruledesk.lifecycle.evolve import evolve
from ruledesk.lifecycle.keys import event_keys, event_target, fields_changed
from ruledesk.lifecycle.situation import Situation, actor_kind
from ruledesk.lifecycle.surroundings import counts, surroundings
from ruledesk.model import action as act
from ruledesk.model import event as ev
from ruledesk.model.action import Body
from ruledesk.model.decision import Decision
from ruledesk.model.event import Event
from ruledesk.model.ticket import Status, Ticket
from ruledesk.model.values import Value
from ruledesk.rules.compiled import Compiled
from ruledesk.rules.correlation import correlation_keys
from ruledesk.rules.dispatch import Placement, Request, place
from ruledesk.rules.expression.facts import CHANGED
from ruledesk.rules.facts import Surroundings
from ruledesk.rules.stage import decide_stage
from ruledesk.targets.follow import Happened, follow, recomputed

#: More events than this from one action are a ruleset that chases its own tail.
MOST_EVENTS: Final = 400
#: What rules may read that changes where a ticket comes to lack something, or no longer does.
_COMPLETENESS: Final = frozenset({"lacks", "missing_fields", "flags"})


class Unfolding:
    """The growing consequence of one action.

    Attributes:
        ticket: The ticket after all events so far; None before ``submitted``.
        events: The new events, in order.
        situation: What surrounds the action.
        fired: The reactions that acted, each with the event and target that it acted on.
        merges: The tickets that reactions want this one merged into, each with the reaction.
    """

    def __init__(self, number: str, ticket: Ticket | None, situation: Situation) -> None:
        self.ticket = ticket
        self.events: list[Event] = []
        self.situation = situation
        self.fired: set[str] = set()
        self.merges: list[tuple[str, str]] = []
        self._number = number
        self._version = ticket.version if ticket else 0
        self._queue: deque[tuple[Event, frozenset[str]]] = deque()
        self._completed: set[int] = set()  # events after which the ticket lacks something else

    @property
    def now(self) -> datetime:
        """The time at which all of this happens."""
        return self.situation.now

    @property
    def current(self) -> Ticket:
        """The ticket, which exists once ``submitted`` was recorded."""
        if self.ticket is None:
            msg = "nothing was submitted yet"
            raise RuntimeError(msg)
        return self.ticket

    def run(self, happenings: Iterable[Happening], actor: str | None = None) -> None:
        """Record happenings and everything that follows from them.

        Args:
            happenings: What happened.
            actor: Who did it; the situation's actor by default. What follows is the system's.
        """
        for happening in happenings:
            self.record(happening.body, happening.status, actor or self.situation.actor)
        self._follow_all()
        if self._record_faults():  # on which a reaction may tell somebody
            self._follow_all()
            self._record_faults()
        self._queue.clear()

    def _follow_all(self) -> None:
        while self._queue and len(self.events) < MOST_EVENTS:
            self._follow(*self._queue.popleft())
        if self._queue:
            self._queue.clear()
            self.engine_failed(f"more than {MOST_EVENTS} events follow from one action")

    def record(self, body: Body, status: Status | None = None, actor: str = "system") -> None:
        """Record one event and evolve the ticket by it."""
        self._version += 1
        event = Event(self._number, self._version, self.now, actor, body, status)
        before, self.ticket = self.ticket, evolve(self.ticket, event)
        self.events.append(event)
        if before is not None and before.missing != self.ticket.missing:
            self._completed.add(event.version)
        if status is not None or body.kind in self.situation.policy.followed:
            self._queue.append((event, event_keys(event, before)))

    def engine_failed(self, why: str) -> None:
        """Note that a stage had an incident; the default applied, and the ticket is flagged."""
        fault = ev.PluginFaulted("rules", self.situation.policy.ruleset.id, why)
        if fault not in self.situation.faults:
            self.situation.faults.append(fault)

    def _record_faults(self) -> bool:
        """Record each fault once, however often the plugin was asked meanwhile."""
        told = [event.body for event in self.events if isinstance(event.body, ev.PluginFaulted)]
        fresh = [fault for fault in dict.fromkeys(self.situation.faults) if fault not in told]
        self.situation.faults.clear()
        for fault in fresh:
            self.record(fault)
        return bool(fresh)

    # -- what follows from one event ----------------------------------------------------------

    def _follow(self, event: Event, keys: frozenset[str]) -> None:
        changed = fields_changed(event)
        if event.version in self._completed and not isinstance(event.body, ev.Decided):
            changed |= _COMPLETENESS  # a decision's own lacks are seen by the stages behind it
        if changed:
            self._decide(event, changed)
        if isinstance(event.body, act.Assign | act.Escalate):
            self._dispatch_by_hand(event.body)
        self._move_targets(event, keys)
        react.clear_timers(self, event, keys)
        react.react(self, event, keys)

    def _surroundings(self, event: Event, changed: frozenset[str] = frozenset()) -> Surroundings:
        around = self.surroundings(actor_kind(event.actor), event_target(event))
        return with_changes(around, changed=changed) if changed else around

    def surroundings(self, by: str = "system", target: str = "") -> Surroundings:
        """Collect what conditions may read besides the ticket."""
        return surroundings(self.current, self.situation, by, target)

    def counts(self, correlation: str) -> tuple[str, ...]:
        """Name the tickets that a correlation counts, oldest first, this one last."""
        return counts(self.current, self.situation, correlation)

    # -- rules --------------------------------------------------------------------------------

    def _decide(self, event: Event, changed: frozenset[str]) -> None:
        """Let each stage decide that reads what changed; later stages see earlier ones."""
        first = isinstance(event.body, act.Submit)
        around = self._surroundings(event, frozenset() if first else changed)
        decisions: list[Decision] = []
        seen = self.current
        stale = set(changed)
        for compiled in self.situation.policy.stages:
            counts = self.situation.policy.count_reads.items()
            stale |= {name for name, read in counts if read & stale}
            if not first and not _reads(compiled.program, stale):
                continue
            decision = decide_stage(self.situation.policy.ruleset, compiled, seen, around)
            decisions.append(decision)
            if decision.incident:
                self.engine_failed(decision.incident)
            stale |= _changed_by(decision)
            seen = _applied(seen, decision, self.now)
        placement = self._route(decisions, seen)
        if placement is not None:
            decisions.append(self._dispatch_decision(placement))
        if decisions:
            self.record(ev.Decided(tuple(decisions)))
        self._file_correlations()
        if placement is not None:
            self._placed(placement, _route_rule(decisions))
        elif first and not self.current.team:
            self.record(ev.FlagsChanged(raised=("unrouted",)))
            self.record(ev.Pooled("", "no routing rule matched"))
        if not first and _reads(self.situation.policy.limits, stale):
            self._recompute_targets(around)

    def _route(self, decisions: list[Decision], seen: Ticket) -> Placement | None:
        """Find a person where the route says another team than the ticket has."""
        for decision in decisions:
            request = Request.of(decision.outcome)
            if not request.team or request.team == self.current.team:
                continue
            return self._place(seen, request)
        return None

    def _place(self, ticket: Ticket, request: Request) -> Placement:
        at = self.situation
        if request.team not in at.directory.teams:
            reason = f"the desk has no team {request.team!r}"
            return Placement("", "", "", reason, {"team": request.team})
        policy = at.policy.ruleset.dispatch
        return place(ticket, request, policy, at.directory, at.workloads, at.choose)

    def _dispatch_decision(self, placement: Placement) -> Decision:
        ruleset = self.situation.policy.ruleset
        outcome: dict[str, Value] = {"team": placement.team, "agent": placement.agent}
        return Decision(
            stage="dispatch",
            ruleset=ruleset.id,
            hash=ruleset.hash,
            hit="plugin",
            rule=placement.strategy,
            matched=(),
            facts=placement.facts,
            outcome=outcome,
        )

    def _placed(self, placement: Placement, rule: str) -> None:
        ticket = self.current
        if placement.team:
            self.record(ev.Assigned(placement.team, placement.agent, rule, placement.reason))
            if "unrouted" in ticket.flags:
                self.record(ev.FlagsChanged(cleared=("unrouted",)))
        elif "unrouted" not in ticket.flags:
            self.record(ev.FlagsChanged(raised=("unrouted",)))
        if not placement.agent and (not placement.team or placement.strategy):
            self.record(ev.Pooled(placement.team, placement.reason))

    def dispatch_to(self, team: str, rule: str = "", reason: str = "") -> None:
        """Give the ticket to a team: the dispatcher finds the person, on record."""
        placement = self._place(self.current, Request(team))
        self.record(ev.Decided((self._dispatch_decision(placement),)))
        if reason:
            placement = with_changes(placement, reason=reason)
        self._placed(placement, rule)

    def _dispatch_by_hand(self, body: act.Assign | act.Escalate) -> None:
        if isinstance(body, act.Assign):
            if body.team and not body.agent:
                self.dispatch_to(body.team, reason=body.note)
        elif body.hand_over and body.to.startswith("team:"):
            self.dispatch_to(body.to.removeprefix("team:"), body.rule, body.reason)

    def _file_correlations(self) -> None:
        ruleset = self.situation.policy.ruleset
        if not ruleset.correlations:
            return
        ticket = self.current
        keys = tuple(correlation_keys(ticket.line, ruleset, ticket).values())
        if keys != ticket.correlation_keys:
            self.record(ev.Correlated(keys))

    # -- targets ------------------------------------------------------------------------------

    def _limits(self, around: Surroundings) -> tuple[dict[str, str], list[Decision]]:
        """Ask which limit applies to each target: hit policy unique, none is no target."""
        policy = self.situation.policy
        matched = policy.limits.match(self.current, around)
        if matched.fault:
            self.engine_failed(matched.fault)
        rules: dict[str, str] = {}
        decisions = []
        for name, target in policy.ruleset.targets.items():
            fitting = [r for r in target.limits if r.name in matched.names]
            if fitting:
                rules[name] = fitting[0].name
            decisions.append(
                Decision(
                    stage=f"targets.{name}",
                    ruleset=policy.ruleset.id,
                    hash=policy.ruleset.hash,
                    hit="unique",
                    rule=rules.get(name, ""),
                    matched=tuple(r.name for r in fitting),
                    facts={f: v for f, v in matched.facts.items() if f in policy.limit_reads[name]},
                    outcome=dict(fitting[0].set) if fitting else {},
                    incident="more than one limit matched" if len(fitting) > 1 else "",
                )
            )
        return rules, decisions

    def _move_targets(self, event: Event, keys: frozenset[str]) -> None:
        if event.status is None and not keys & self.situation.policy.target_triggers:
            return
        decisions: list[Decision] = []

        def limits() -> dict[str, str]:
            rules, made = self._limits(self._surroundings(event))
            decisions.extend(made)
            return rules

        ruleset = self.situation.policy.ruleset
        if not event.actor.startswith("agent:"):
            keys -= _keeping(event.body)
        happened = Happened(keys, self.now, event.status)
        bodies = follow(ruleset, self.current, happened, limits)
        before = self.current.targets
        news = {
            f"targets.{target.name}"
            for body in bodies
            if isinstance(body, ev.TargetsStarted)
            for target in body.targets
            # A target that repeats under the same limit is no new decision.
            if target.name not in before or before[target.name].rule != target.rule
        }
        asked = [d for d in decisions if d.incident or d.stage in news]
        for decision in asked:
            if decision.incident:
                self.engine_failed(f"{decision.stage}: {decision.incident}")
        if asked:
            self.record(ev.Decided(tuple(asked)))
        for body in bodies:
            self.record(body)

    def _recompute_targets(self, around: Surroundings) -> None:
        rules, decisions = self._limits(around)
        bodies = recomputed(self.situation.policy.ruleset, self.current, rules, self.now)
        if bodies:
            self.record(ev.Decided(tuple(decisions)))
        for body in bodies:
            self.record(body)


def _keeping(body: Body) -> frozenset[str]:
    """Name what keeps a promise only where an agent does it: progress, and a plan."""
    return frozenset({body.kind}) if isinstance(body, act.Note | act.MakePlan) else frozenset()


def _reads(program: Compiled, stale: set[str]) -> bool:
    return bool(program.reads & stale) or CHANGED in program.reads


def _applied(ticket: Ticket, decision: Decision, now: datetime) -> Ticket:
    """What the ticket will be once the decision is recorded; for the stages that follow."""
    if not decision.outcome:
        return ticket
    return evolve(
        ticket, Event(ticket.number, ticket.version, now, "system", ev.Decided((decision,)))
    )


def _changed_by(decision: Decision) -> set[str]:
    """Name what a decision changes that later stages may read."""
    changed = set(decision.outcome)
    if "unflag" in changed:
        changed.add("flags")
    if changed & {"lacks", "unlack"}:
        changed |= _COMPLETENESS
    return changed


def _route_rule(decisions: list[Decision]) -> str:
    return next((d.rule for d in decisions if d.outcome.get("team")), "")
