"""Coverage: which parts of the rulesets the scenarios have shown, from events and refusals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from os.path import normpath

from attrs import frozen

from ruledesk.errors import ABSENT
from ruledesk.model.action import Submit
from ruledesk.model.event import Decided, Event, MessagesQueued, TargetBreached, TargetsMet
from ruledesk.pilot.coverable import BREACHED, MET, REFUSED, REQUIRED, VALUE, Part, own_parts, parts
from ruledesk.pilot.result import Refusal
from ruledesk.rules.ruleset import Ruleset


@frozen
class Covered:
    """A ruleset, and who has shown each of its parts.

    Attributes:
        ruleset: ``name@version``.
        file: Its file. What it extends counts where that is run by a line of its own.
        shown: Names of the scenarios that have shown each part, in the ruleset's order.
    """

    ruleset: str
    file: str
    shown: Mapping[Part, tuple[str, ...]]

    @property
    def missing(self) -> tuple[Part, ...]:
        """What no scenario has shown."""
        return tuple(part for part, names in self.shown.items() if not names)

    @property
    def percent(self) -> float:
        """The share shown, of 100; all of a ruleset without parts."""
        if not self.shown:
            return 100.0
        return 100 * (len(self.shown) - len(self.missing)) / len(self.shown)


class Coverage:
    """Adds up what scenarios have shown."""

    def __init__(self) -> None:
        self._parts: dict[tuple[str, str], tuple[Part, ...]] = {}
        self._names: dict[Part, dict[str, None]] = {}

    def add(
        self,
        name: str,
        events: Iterable[Event],
        rulesets: Mapping[str, Ruleset],
        refusals: Iterable[Refusal] = (),
    ) -> None:
        """Count what a scenario has shown.

        Args:
            name: The scenario's name; a file that is replayed twice counts once.
            events: All events of its desk, in order of commit; streamed.
            rulesets: The ruleset of each line of its desk.
            refusals: What was refused.
        """
        lines: set[str] = set()
        for line, part in _shown(events, rulesets, refusals):
            lines.add(line)
            if part is not None:
                self._names.setdefault(part, {})[name] = None
        for line in sorted(lines & rulesets.keys()):
            ruleset = rulesets[line]
            key = (ruleset.id, normpath(ruleset.origin))
            if key not in self._parts:
                self._parts[key] = own_parts(ruleset)

    def covered(self) -> tuple[Covered, ...]:
        """Return the rulesets that tickets were decided by, in order of name and file."""
        return tuple(
            Covered(ruleset, file, {part: tuple(self._names.get(part, ())) for part in found})
            for (ruleset, file), found in sorted(self._parts.items())
        )

    def names(self, part: Part) -> tuple[str, ...]:
        """Name the scenarios that have shown a part, whichever line they used."""
        return tuple(self._names.get(part, ()))

    def merge(self, others: Iterable[Covered]) -> None:
        """Add what was counted elsewhere, such as in another process."""
        for other in others:
            self._parts.setdefault((other.ruleset, other.file), tuple(other.shown))
            for part, names in other.shown.items():
                self._names.setdefault(part, {}).update(dict.fromkeys(names))


def _shown(
    events: Iterable[Event], rulesets: Mapping[str, Ruleset], refusals: Iterable[Refusal]
) -> Iterator[tuple[str, Part | None]]:
    """Yield each line that is used, and each part that is shown with the line that showed it."""
    rulebooks = {line: _Rulebook(ruleset) for line, ruleset in rulesets.items()}
    of_ticket: dict[str, str] = {}
    for event in events:
        if isinstance(event.body, Submit):
            of_ticket[event.ticket] = event.body.line
            yield event.body.line, None
        line = of_ticket.get(event.ticket, "")
        if line in rulebooks:
            for part in rulebooks[line].shown(event):
                yield line, part
    only = next(iter(rulebooks)) if len(rulebooks) == 1 else ""
    for refusal in refusals:
        line = refusal.line or only
        if line in rulebooks:
            yield line, None
            for part in rulebooks[line].refused(refusal):
                yield line, part


class _Rulebook:
    """The parts of one ruleset, to be found by what events and refusals say."""

    def __init__(self, ruleset: Ruleset) -> None:
        found = parts(ruleset)
        self._rules = {part.name: part for part in found if not part.way}
        self._ways: dict[tuple[str, str, str], Part] = {
            (part.kind, part.name, part.way): part for part in found if part.way
        }

    def shown(self, event: Event) -> Iterator[Part]:
        match event.body:
            case Decided(decisions):
                for decision in decisions:
                    names = decision.matched if decision.hit == "collect" else (decision.rule,)
                    yield from self._named(names)
            case MessagesQueued(messages):
                yield from self._named(message.rule for message in messages)
            case TargetsMet(names):
                yield from self._found(("target", name, MET) for name in names)
            case TargetBreached(name):
                yield from self._found([("target", name, BREACHED)])

    def refused(self, refusal: Refusal) -> Iterator[Part]:
        if refusal.action in ("submit", "receive", "provide_info"):
            for problem in refusal.problems:
                name = problem.field.removeprefix("custom.")
                way = REQUIRED if problem.value is ABSENT else VALUE
                yield from self._found([("field", name, way)])
        yield from self._found([("action", refusal.action, REFUSED)])

    def _named(self, names: Iterable[str]) -> Iterator[Part]:
        return (self._rules[name] for name in names if name in self._rules)

    def _found(self, keys: Iterable[tuple[str, str, str]]) -> Iterator[Part]:
        return (self._ways[key] for key in keys if key in self._ways)
