"""What scenarios could show of a ruleset: its rules, limits, reactions, targets and refusals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from os.path import normpath
from typing import Final, Literal, TypeAlias

from attrs import field, frozen

from ruledesk.rules.facts import FORM_FIELDS
from ruledesk.rules.ruleset import FormField, Rule, Ruleset

#: ``rule`` and ``row`` are of a stage, ``limit`` is of a target; ``field`` and ``action`` are what
#: the form and the table of an action refuse.
PartKind: TypeAlias = Literal["rule", "row", "limit", "reaction", "target", "field", "action"]
#: What is to be seen of a target; what is to be refused of a field.
MET: Final = "met"
BREACHED: Final = "breached"
REQUIRED: Final = "required"
VALUE: Final = "value"
REFUSED: Final = "refused"
_DEMANDS: Final = ("required", "any_of", "teams", "roles", "when", "eta_within")


@frozen
class Part:
    """One thing that a scenario can show.

    Attributes:
        file: The file that it stands in.
        kind: What it is.
        name: Its name in the ruleset; of a row ``<table>/<row>``.
        way: Where there are several things to see of it, which one: ``met``, ``breached``;
            ``required``, ``value``, ``refused``.
        place: Its stage or target; for readers.
        manual: The lines of the manual that it implements; for readers.
    """

    file: str
    kind: PartKind
    name: str
    way: str = ""
    place: str = field(default="", eq=False)
    manual: tuple[str, ...] = field(default=(), eq=False)


def parts(ruleset: Ruleset) -> tuple[Part, ...]:
    """List what scenarios could show of a ruleset, in its order; what it extends included."""
    return (
        *(
            _of_rule(ruleset, rule, "row" if "/" in rule.name else "rule", stage.name)
            for stage in ruleset.stages
            for rule in stage.rules
        ),
        *(
            _of_rule(ruleset, rule, "limit", target.name)
            for target in ruleset.targets.values()
            for rule in target.limits
        ),
        *(
            Part(_file(ruleset, f"targets.{target.name}"), "target", target.name, way,
                 manual=target.manual)
            for target in ruleset.targets.values()
            for way in (MET, BREACHED)
        ),
        *(
            Part(normpath(one.origin or ruleset.origin), "reaction", one.name,
                 place=", ".join(one.on), manual=one.manual)
            for one in ruleset.reactions
        ),
        *_refusals(ruleset),
    )  # fmt: skip


def own_parts(ruleset: Ruleset) -> tuple[Part, ...]:
    """List what stands in a ruleset's own file; what it extends has scenarios of its own."""
    file = normpath(ruleset.origin)
    return tuple(part for part in parts(ruleset) if part.file == file)


def _of_rule(ruleset: Ruleset, rule: Rule, kind: PartKind, place: str) -> Part:
    file = normpath(rule.origin or ruleset.origin)
    return Part(file, kind, rule.name, place=place, manual=rule.manual)


def _refusals(ruleset: Ruleset) -> Iterator[Part]:
    """List what the form and the actions of a ruleset can refuse beyond what every desk does."""
    for key in _tables(ruleset, "fields"):
        one = ruleset.form.get(key) or ruleset.form.get(f"custom.{key}")
        if one is not None and _submitted(one.name):
            for way in _ways(one):
                yield Part(
                    _file(ruleset, f"fields.{key}"),
                    "field",
                    one.name.removeprefix("custom."),
                    way,
                    manual=one.manual,
                )
    for action, table in _tables(ruleset, "actions").items():
        if isinstance(table, Mapping) and any(key in table for key in _DEMANDS):
            path = f"actions.{action}"
            lines = ruleset.manual.get(path, ())
            yield Part(_file(ruleset, path), "action", action, REFUSED, manual=lines)


def _submitted(name: str) -> bool:
    """Say whether people hand a field in; the priority is what the rules make of the others."""
    if name == "priority":
        return False
    return name in FORM_FIELDS or name == "contact" or name.startswith(("custom.", "requester."))


def _ways(one: FormField) -> Iterator[str]:
    if one.required or one.required_when is not None:
        yield REQUIRED
    bounded = one.minimum is not None or one.maximum is not None or one.min_length > 0
    if bounded or one.pattern or one.type.values or one.type.kind != "text" or one.when is not None:
        yield VALUE


def _tables(ruleset: Ruleset, key: str) -> Mapping[str, object]:
    tables = ruleset.document.get(key)
    return tables if isinstance(tables, Mapping) else {}


def _file(ruleset: Ruleset, path: str) -> str:
    return normpath(ruleset.origins.get(path, ruleset.origin))
