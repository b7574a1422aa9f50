"""Reactions: what the ruleset does by itself when something happens, at once or later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ruledesk.lifecycle import merging
from ruledesk.lifecycle.consequences import handed_over
from ruledesk.lifecycle.keys import (
    event_about,
    event_target,
    event_task,
    event_text,
    timer_about,
    timer_name,
    timer_reaction,
    timer_task,
)
from ruledesk.lifecycle.self_made import do
from ruledesk.lifecycle.situation import actor_kind
from ruledesk.model import action as act
from ruledesk.model import event as ev
from ruledesk.model.decision import Decision
from ruledesk.model.event import Event
from ruledesk.model.message import Message, Via
from ruledesk.model.ticket import TERMINAL_STATUSES, Task
from ruledesk.model.values import Value
from ruledesk.rules.compiled import Compiled, Matched
from ruledesk.rules.recipients import Recipient, recipients
from ruledesk.rules.ruleset import Reaction, Send
from ruledesk.rules.templates import Scene, render, speaks_of
from ruledesk.targets.clock import clock

if TYPE_CHECKING:
    from ruledesk.lifecycle.unfold import Unfolding

_MOST_LINKS: Final = 20
#: Their writer need not be sent what they said.
_OWN_WORDS = (act.Note, act.ProvideInfo, act.AnswerTask, act.Rate, act.Contact)


def clear_timers(unfolding: Unfolding, event: Event, keys: frozenset[str]) -> None:
    """Drop the waiting reactions that an event ends; of those about a task, its own."""
    policy, timers = unfolding.situation.policy, unfolding.current.timers
    if not timers:
        return
    over = {name for key in keys for name in policy.untils.get(key, ())}
    ended = sorted(
        timer
        for timer in timers
        if timer_reaction(timer) in over and not _of_other_task(unfolding, event, timer)
    )
    if unfolding.current.status in TERMINAL_STATUSES:
        ended = sorted(timers)
    if ended:
        unfolding.record(ev.TimersCleared(tuple(ended)))


def _of_other_task(unfolding: Unfolding, event: Event, timer: str) -> bool:
    """Whether event and timer are about two different tasks: an answer ends no other's wait."""
    number = timer_task(timer)
    task = event_task(event, unfolding.current) if number else None
    return task is not None and task.number != number


def react(unfolding: Unfolding, event: Event, keys: frozenset[str]) -> None:
    """Let the reactions to an event act, and set the timers of those that wait."""
    policy = unfolding.situation.policy
    if not keys & policy.reaction_triggers:
        return
    delayed = [r for key in sorted(keys) for r in policy.delayed.get(key, ())]
    _set_timers(unfolding, delayed, event_about(event, unfolding.current), again=False)
    messages: list[Message] = []
    for key in sorted(keys):
        found = policy.immediate.get(key)
        if found is None:
            continue
        reactions, program = found
        matched = _matched(unfolding, program, event)
        for reaction in reactions:
            if reaction.name in matched.names and _first_time(unfolding, reaction, event):
                messages += _act(unfolding, reaction, event, matched, len(messages))
    _queue(unfolding, messages)
    _merge_later(unfolding)


def fire(unfolding: Unfolding, timer: str) -> None:
    """Let a reaction act whose wait is over; it is looked at whether its condition holds now."""
    policy = unfolding.situation.policy
    program = policy.timers.get(timer_reaction(timer))
    unfolding.record(ev.TimersCleared((timer,)))
    cleared = unfolding.events[-1]
    if program is None:
        return  # the ruleset was changed: it no longer has the reaction, or it no longer waits
    reaction = policy.by_name[timer_reaction(timer)]
    matched = _matched(unfolding, program, cleared)
    if not matched.names:
        return
    _queue(unfolding, _act(unfolding, reaction, cleared, matched, 0))
    _merge_later(unfolding)
    if reaction.every is not None:
        _set_timers(unfolding, [reaction], timer_about(timer), again=True)


def _first_time(unfolding: Unfolding, reaction: Reaction, event: Event) -> bool:
    """Once per event kind and action, so that reactions cannot chase each other for ever."""
    mark = f"{reaction.name}@{event.body.kind}.{event_about(event, unfolding.current)}"
    if mark in unfolding.fired:
        return False
    unfolding.fired.add(mark)
    return True


def _matched(unfolding: Unfolding, program: Compiled, event: Event) -> Matched:
    around = unfolding.surroundings(actor_kind(event.actor), event_target(event))
    matched = program.match(unfolding.current, around)
    if matched.fault:
        unfolding.engine_failed(matched.fault)
    return matched


def _set_timers(
    unfolding: Unfolding, reactions: list[Reaction], about: str, *, again: bool
) -> None:
    """Let reactions wait: at first for ``after`` where there is one, `again` for ``every``."""
    ruleset = unfolding.situation.policy.ruleset
    timers = {}
    for reaction in reactions:
        wait = reaction.every if again else reaction.after or reaction.every
        if wait is None:
            continue
        calendar = clock(ruleset.calendars, ruleset.policy.calendar if wait.working else "")
        timers[timer_name(reaction.name, about)] = wait.due(unfolding.now, calendar)
    if timers:
        unfolding.record(ev.TimersSet(timers))


def _act(
    unfolding: Unfolding, reaction: Reaction, event: Event, matched: Matched, before: int
) -> list[Message]:
    """Do everything but send and merge; returns the messages, numbered after `before` others."""
    into = merging.goal(unfolding, reaction) if reaction.merge_into else ""
    if _decides(reaction) or into:
        decision = _decision(unfolding, reaction, event, matched)
        unfolding.record(ev.Decided((merging.cited(unfolding, reaction, decision, into),)))
    if reaction.raise_flags or reaction.clear_flags:
        _flag(unfolding, reaction)
    if reaction.link_to:
        _link(unfolding, reaction)
    if reaction.assign_team and reaction.assign_team in unfolding.situation.directory.teams:
        unfolding.dispatch_to(reaction.assign_team, reaction.name, reaction.reason)
    if reaction.escalate_to:
        _escalate(unfolding, reaction)
    messages = _messages(unfolding, reaction, event, before)
    if reaction.act:
        do(unfolding, reaction)
    if into:
        unfolding.merges.append((into, reaction.name))
    return messages


def _merge_later(unfolding: Unfolding) -> None:
    """Merge the ticket once all reactions to an event have acted, so that none is cut off."""
    if unfolding.merges:
        merging.merge(unfolding)


def _queue(unfolding: Unfolding, messages: list[Message]) -> None:
    if messages:
        unfolding.record(ev.MessagesQueued(tuple(messages)))


def _decides(reaction: Reaction) -> bool:
    """Whether it does more than tell; then the decision is recorded in full (F2)."""
    return bool(
        reaction.raise_flags
        or reaction.clear_flags
        or reaction.link_to
        or reaction.assign_team
        or reaction.escalate_to
        or reaction.act
    )


def _decision(unfolding: Unfolding, reaction: Reaction, event: Event, matched: Matched) -> Decision:
    ruleset = unfolding.situation.policy.ruleset
    outcome: dict[str, Value] = {
        name: value
        for name, value in (
            ("raise_flags", reaction.raise_flags),
            ("clear_flags", reaction.clear_flags),
            ("escalate_to", reaction.escalate_to),
            ("assign_team", reaction.assign_team),
            ("link_to", reaction.link_to),
            ("act", reaction.act),
        )
        if value
    }
    return Decision(
        stage=f"on.{event.body.kind}",
        ruleset=ruleset.id,
        hash=ruleset.hash,
        hit="collect",
        rule=reaction.name,
        matched=(reaction.name,),
        facts=matched.facts,
        outcome=outcome,
    )


def _flag(unfolding: Unfolding, reaction: Reaction) -> None:
    flags = unfolding.current.flags
    raised = tuple(f for f in reaction.raise_flags if f not in flags)
    cleared = tuple(f for f in reaction.clear_flags if f in flags)
    if raised or cleared:
        unfolding.record(ev.FlagsChanged(raised, cleared, reaction.name))


def _link(unfolding: Unfolding, reaction: Reaction) -> None:
    """Link the ticket to the newest others that a correlation counts.

    Every link is written back on the other ticket, so a batch of hundreds must not link each with
    each; the decision cites all that were counted.
    """
    *others, _ = unfolding.counts(reaction.link_to) or ("",)
    linked = {link.other for link in unfolding.current.links}
    for other in others[-_MOST_LINKS:]:
        if other not in linked:
            unfolding.record(act.LinkTo(other, reaction.link_to))


def _escalate(unfolding: Unfolding, reaction: Reaction) -> None:
    body = act.Escalate(reaction.escalate_to, reaction.reason, reaction.hand_over, reaction.name)
    unfolding.record(body)
    for happening in handed_over(unfolding.current, body, unfolding.situation):
        unfolding.record(happening.body)


# -- messages ---------------------------------------------------------------------------------


def _messages(unfolding: Unfolding, reaction: Reaction, event: Event, before: int) -> list[Message]:
    at, ticket = unfolding.situation, unfolding.current
    task = event_task(event, ticket)
    scene = Scene(
        ruleset=at.policy.ruleset,
        ticket=ticket,
        directory=at.directory,
        line=at.line,
        timezone=at.timezone,
        desk=at.desk,
        text=event_text(event) or (task.duty if task is not None else ""),
        target=event_target(event),
        task=task,
    )
    messages: list[Message] = []
    for send in reaction.send:
        for recipient in recipients(_meant(send.to, event, task), ticket, at.directory):
            if recipient.to == event.actor and _own_words(unfolding, send, event):
                continue
            place = before + len(messages)
            messages += _rendered(unfolding, reaction, send, recipient, scene, place)
    return messages


def _own_words(unfolding: Unfolding, send: Send, event: Event) -> bool:
    """Whether a message only brings its writer's own words back."""
    template = unfolding.situation.policy.ruleset.templates[send.template]
    return isinstance(event.body, _OWN_WORDS) and speaks_of(template, "text")


def _meant(names: tuple[str, ...], event: Event, task: Task | None) -> list[str]:
    """Read the recipients that depend on the event: of a task, who it was escalated to."""
    body = event.body
    found = []
    for name in names:
        if name == "team" and task is not None and not isinstance(body, act.AnswerTask):
            found.append(f"team:{task.team}")
        elif name == "owner":
            found += [f"agent:{task.owner}"] if task is not None and task.owner else []
        elif name != "escalated_to":
            found.append(name)
        elif isinstance(body, act.Escalate):
            found.append(body.to)
    return found


def _rendered(
    unfolding: Unfolding,
    reaction: Reaction,
    send: Send,
    recipient: Recipient,
    scene: Scene,
    before: int,
) -> list[Message]:
    at, ticket = unfolding.situation, unfolding.current
    template = at.policy.ruleset.templates[send.template]
    locale = recipient.locale or at.locale
    subject, text = render(template, scene, locale)
    return [
        Message(
            id=f"{ticket.number}/{ticket.messages + before + place}",
            ticket=ticket.number,
            to=recipient.to,
            via=via,
            about=send.template,
            address=recipient.address(via),
            subject=subject,
            text=text,
            locale=locale,
            rule=reaction.name,
            on_behalf=recipient.on_behalf,
        )
        for place, via in enumerate(_ways(send, recipient), start=1)
    ]


def _ways(send: Send, recipient: Recipient) -> tuple[Via, ...]:
    """The ways for which an address is known; the first where none is, so that the loss is seen."""
    if send.every:
        return recipient.ways() or ("message",)
    return tuple(via for via in send.via if recipient.address(via)) or send.via[:1]
