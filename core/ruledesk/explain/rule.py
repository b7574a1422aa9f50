"""What became of one rule: fired, or why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ruledesk.errors import InvalidInput, NotFound, suggestion
from ruledesk.explain.decisions import FindRuleset, Recorded, decisions_of
from ruledesk.explain.reaction import limit_evaluations, reaction_evaluations
from ruledesk.explain.rulebook import Entry, chosen, entries, lacking, withheld
from ruledesk.explain.values import Evaluation, RuleExplanation
from ruledesk.lifecycle.keys import timer_reaction
from ruledesk.model.event import Event
from ruledesk.model.ticket import Ticket
from ruledesk.rules.expression.format import format_expression
from ruledesk.rules.ruleset import Ruleset


def explain_rule(
    name: str, ticket: Ticket, events: Sequence[Event], find: FindRuleset
) -> RuleExplanation:
    """Explain each evaluation of one rule on a ticket (requirement F2).

    Args:
        name: A rule of a stage, a limit of a target, or a reaction.
        ticket: The ticket as its events have made it.
        events: All its events, in order.
        find: Finds the rulesets that decided.

    Returns:
        Every time that the rule was looked at; none where that never happened.

    Raises:
        NotFound: None of the rulesets that decided on the ticket is kept.
        InvalidInput: None of them has such a rule; the error says which are near.
    """
    rulesets = _rulesets(events, find)
    if not rulesets:
        raise NotFound.of(
            "the rulesets that decided on this ticket are not kept",
            "未保存对此工单作出决定的规则集",
            field=ticket.number,
        )
    found = {
        hash_: entry
        for hash_, ruleset in rulesets.items()
        for entry in entries(ruleset)
        if entry.name == name
    }
    if not found:
        raise _unknown(name, tuple(rulesets.values()))
    latest = list(found)[-1]
    entry = found[latest]
    if entry.reaction is not None:
        # Looked at anew, as the record has no line for a reaction that did nothing.
        evaluations = reaction_evaluations(entry.reaction, rulesets[latest], events)
    else:
        evaluations = tuple(_evaluations(events, found, rulesets))
        if not evaluations and entry.kind == "target":
            target = rulesets[latest].targets[entry.place]
            evaluations = limit_evaluations(entry.when, target, rulesets[latest], events)
    return RuleExplanation(
        ticket=ticket,
        rule=name,
        kind=entry.kind,
        place=entry.place,
        ruleset=rulesets[latest].id,
        condition=format_expression(entry.when),
        origin=entry.origin,
        evaluations=evaluations,
        waits_until=min(
            (at for timer, at in ticket.timers.items() if timer_reaction(timer) == name),
            default=None,
        ),
        by_hand=tuple(one for one in entry.sets if one in ticket.manual),
        manual=entry.manual,
    )


def _rulesets(events: Sequence[Event], find: FindRuleset) -> dict[str, Ruleset]:
    """Find the rulesets that decided, by hash, the one that decided last at the end."""
    hashes = [recorded.decision.hash for recorded in decisions_of(events)]
    newest_last = reversed(dict.fromkeys(reversed(hashes)))
    found = {hash_: find(hash_) for hash_ in newest_last}
    return {hash_: ruleset for hash_, ruleset in found.items() if ruleset is not None}


def _unknown(name: str, rulesets: Sequence[Ruleset]) -> InvalidInput:
    names = tuple(rule for ruleset in rulesets for rule in ruleset.rule_names())
    where = ", ".join(dict.fromkeys(ruleset.id for ruleset in rulesets))
    return InvalidInput.of(
        "no such rule", "没有这条规则", field=where, value=name, accepted=suggestion(name, names)
    )


def _evaluations(
    events: Sequence[Event], found: Mapping[str, Entry], rulesets: Mapping[str, Ruleset]
) -> Iterator[Evaluation]:
    for recorded in decisions_of(events):
        entry = found.get(recorded.decision.hash)
        if entry is not None and entry.decided_in(recorded.decision):
            yield _evaluation(recorded, entry, rulesets[recorded.decision.hash])


def _evaluation(recorded: Recorded, entry: Entry, ruleset: Ruleset) -> Evaluation:
    event, decision = recorded.event, recorded.decision

    def evaluation(**said: object) -> Evaluation:
        return Evaluation(event.at, event.version, decision.stage, decision=decision, **said)  # type: ignore[arg-type]

    if entry.name in chosen(decision):
        return evaluation(verdict="fired", by_hand=withheld(entry, decision))
    if entry.name in decision.matched:
        verdict = "outvoted" if decision.hit == "unique" else "shadowed"
        return evaluation(verdict=verdict, winner=decision.rule)
    failed = lacking(ruleset.schema, entry.when, decision.facts)
    # Where the facts on record would match, the evaluation itself went wrong, and says so.
    return evaluation(
        verdict="failed" if failed else "unknown", failed=failed, winner=decision.rule
    )
