"""Hypothesis strategies for tickets that a ruleset's form admits.

`submissions` draws whatever a form lets through: each way to be reached, fields required, optional
and conditional, words and their labels in both languages, channels, attachments, calls. What it
draws is made by the form's rules, not tried on the form, so a desk that refuses one has a fault.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from hypothesis import reject
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from ruledesk.desk.intake import Intake
from ruledesk.model.ticket import Call
from ruledesk.model.values import Value
from ruledesk.rules.expression.evaluate import holds
from ruledesk.rules.expression.types import Expression
from ruledesk.rules.expression.walk import atoms, reads
from ruledesk.rules.form import CONTACTS
from ruledesk.rules.ruleset import FormField, Ruleset
from ruledesk.testing.fields import Drawn, conditions, literals, values
from ruledesk.testing.files import files

#: Channels that any desk may have; those of the ruleset come to them.
CHANNELS: Final = ("phone", "web", "email", "chat", "portal", "app")
#: Channels on which a call or a chat rings.
_RINGING: Final = ("phone", "chat")
_MOST_OPTIONAL: Final = 8
_LEAN: Final = 3
_SECONDS: Final = (0, 1, 9, 10, 11, 300)


def submissions(
    ruleset: Ruleset,
    at: datetime,
    *,
    line: str = "",
    agents: Sequence[str] = (),
    channels: Sequence[str] = (),
) -> SearchStrategy[Intake]:
    """Draw what a ruleset's form admits; hand it in with ``desk.take(intake, at)``.

    Args:
        ruleset: Whose form it is.
        at: About when it is handed in, aware; times that are given lie around it, calls before.
        line: The business line; may be empty on a desk that has one only.
        agents: Staff numbers of agents who may hand it in, too.
        channels: The channels that it may come by; by default every usual one, and every one that
            the ruleset names.

    Returns:
        Intakes that the desk must take.
    """
    ways = tuple(channels) or channels_of(ruleset)
    actors = ("requester", *(f"agent:{agent}" for agent in agents))

    # A ruleset is no argument of it: Hypothesis would write it out wherever it tells of a draw.
    @st.composite
    def drawn(draw: DrawFn) -> Intake:
        channel = draw(st.sampled_from(ways))
        form = _form(draw, ruleset, at, {"channel": channel, "line": line})
        return Intake(
            by=draw(st.sampled_from(actors)),
            line=line,
            channel=channel,
            fields=_handed_in(form, draw(st.sampled_from(("", "custom.", "custom")))),
            files=draw(files(ruleset.attachments)),
            call=draw(calls(at)) if channel in _RINGING and draw(st.booleans()) else None,
        )

    return drawn()


def channels_of(ruleset: Ruleset) -> tuple[str, ...]:
    """Name the channels that a ruleset says anything of, and the usual ones."""
    asked = (atom for when in conditions(ruleset) for atom in atoms(when))
    named = literals(atom for atom in asked if getattr(atom, "field", "") == "channel")
    return tuple(dict.fromkeys((*ruleset.channels, *map(str, named), *CHANNELS)))


@st.composite
def calls(draw: DrawFn, at: datetime) -> Call:
    """Draw a call as a telephone system tells of it, which rang before an instant.

    Args:
        draw: Given by Hypothesis.
        at: The instant, aware.

    Returns:
        One that rings, is answered, was answered or was given up; each wait on either side of ten
        seconds (C2).
    """
    waited, talked = (draw(st.sampled_from(_SECONDS)) for _ in range(2))
    started = at - timedelta(seconds=waited + talked)
    answered = started + timedelta(seconds=waited)
    state = draw(st.sampled_from(("rings", "answered", "over", "given up")))
    return Call(
        id=f"call-{draw(st.integers(1, 10**9))}",
        caller="13800000001",
        started_at=started,
        answered_at=answered if state in ("answered", "over") else None,
        ended_at={"over": at, "given up": answered}.get(state),
    )


# -- the form ---------------------------------------------------------------------------------


def _form(
    draw: DrawFn, ruleset: Ruleset, at: datetime, around: Mapping[str, Value]
) -> dict[str, Drawn]:
    """Draw fields that belong together: first some, then all that these require."""
    form = {name: field for name, field in ruleset.form.items() if name != "contact"}
    asked = reads(conditions(ruleset)) & form.keys()  # what decides something comes more often
    names = [*sorted(form), *sorted(asked) * _LEAN]
    optional = st.lists(st.sampled_from(names), max_size=_MOST_OPTIONAL).map(dict.fromkeys)
    drawn: dict[str, Drawn] = {}
    wanted = list(draw(optional))
    for _ in range(len(form) + 2):
        for name in wanted:
            drawn[name] = draw(values(ruleset, form[name], at))
        facts = _facts(ruleset, drawn, around)
        out = [name for name in drawn if _is_out(ruleset, form[name], facts)]
        for name in out:
            del drawn[name]
        wanted = draw(_required(ruleset, facts))
        if not out and not wanted:
            return drawn
    return reject()  # conditions that go round in a circle: there is no such form


def _facts(
    ruleset: Ruleset, drawn: Mapping[str, Drawn], around: Mapping[str, Value]
) -> dict[str, Value]:
    """Collect what the form's conditions read: what is given, and the defaults that apply."""
    facts = {**around, **{name: one.meant for name, one in drawn.items()}}
    # As in the form itself: what belongs to every form stands before what depends on it.
    for field in sorted(ruleset.form.values(), key=lambda one: one.when is not None):
        if field.when is not None and not holds(field.when, facts):
            if _is_out(ruleset, field, facts):
                facts.pop(field.name, None)
        elif field.default is not None and not field.name.startswith("requester."):
            facts.setdefault(field.name, field.default)
    return facts


def _is_out(ruleset: Ruleset, field: FormField, facts: Mapping[str, Value]) -> bool:
    """Say whether a field does not belong here, whatever the stages will decide."""
    if field.when is None or holds(field.when, facts):
        return False
    decided = {name for stage in ruleset.stages for name in stage.sets}
    return all(name in facts for name in reads([field.when]) & decided)


def _required(ruleset: Ruleset, facts: Mapping[str, Value]) -> SearchStrategy[list[str]]:
    """Draw what is still to be given; of the ways to be reached, any one."""
    missing = [
        _ways(field)
        for field in ruleset.form.values()
        if _asked(field.required, field.required_when, facts)
        and (field.when is None or holds(field.when, facts))
        and not any(way in facts for way in _ways(field))
    ]
    return st.tuples(*map(st.sampled_from, missing)).map(lambda names: list(dict.fromkeys(names)))


def _ways(field: FormField) -> tuple[str, ...]:
    return (field.any_of or CONTACTS) if field.name == "contact" else (field.name,)


def _asked(always: bool, when: Expression | None, facts: Mapping[str, Value]) -> bool:
    return always or (when is not None and holds(when, facts))


def _handed_in(drawn: Mapping[str, Drawn], own: str) -> dict[str, Any]:
    """Write fields as people and programs do; the ruleset's own in one of the three ways.

    Args:
        drawn: By schema name.
        own: Before the ruleset's own fields: nothing, ``custom.``, or ``custom`` for a mapping.
    """
    given: dict[str, Any] = {}
    for name, one in drawn.items():
        group, _, rest = name.partition(".")
        if group == "requester" or (group == "custom" and own == "custom"):
            given.setdefault(group, {})[rest] = one.given
        elif group == "custom":
            given[f"{own}{rest}"] = one.given
        else:
            given[name] = one.given
    return given


def repeated(of: SearchStrategy[Intake], most: int = 6) -> SearchStrategy[list[Intake]]:
    """Draw several submissions, some of them said again (a second complaint, a batch of reports).

    Args:
        of: What is drawn from; all for one ruleset.
        most: How many at most.

    Returns:
        Lists of one to `most`.
    """
    return st.lists(of, min_size=1, max_size=3).flatmap(
        lambda few: st.lists(st.sampled_from(few), min_size=1, max_size=most)
    )
