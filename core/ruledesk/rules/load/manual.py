"""The key ``manual``: which lines of the service manual a part of a ruleset implements.

It is taken out of the document before anything else is read, so that no reader of a part has to
know it, and given to the parts of the finished ruleset. It says nothing about what is decided and
is no part of the content hash. The loader's notes of which file a table stands in go the same way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from attrs import evolve, field, frozen

from ruledesk.errors import Problem
from ruledesk.model.requirement import ACCEPTED, is_requirement
from ruledesk.rules.load.schema import schema_name
from ruledesk.rules.ruleset import Rule, Ruleset, Stage, TargetPolicy
from ruledesk.toml import Problems, joined

KEY: Final = "manual"
#: Where each part came from stands beside it under this key, outside the content hash.
ORIGIN: Final = "__origin__"
#: Tables of named tables whose files are noted on the ruleset; rules keep theirs themselves.
_TABLES: Final = ("fields", "stages", "targets", "actions", "correlations", "templates")
_DEPTH: Final = 2
Path: TypeAlias = tuple[str, ...]
#: IDs by the place that names them: keys, and the names of things in lists.
Lines: TypeAlias = Mapping[Path, tuple[str, ...]]


@frozen
class _Place:
    """A table that may have the key.

    Attributes:
        parts: Tables below it, by key.
        many: What holds named tables below it: a table of tables, or a list of tables.
    """

    parts: Mapping[str, _Place] = field(factory=dict)
    many: Mapping[str, _Place] = field(factory=dict)


_LEAF: Final = _Place()
_DOCUMENT: Final = _Place(
    parts=dict.fromkeys(("number", "attachments", "survey", "dispatch", "policy"), _LEAF),
    many={
        **dict.fromkeys(
            ("fields", "actions", "channels", "correlations", "templates", "reactions"), _LEAF
        ),
        "stages": _Place(many={"rules": _LEAF, "tables": _Place(many={"rows": _LEAF})}),
        "targets": _Place(many={"limits": _LEAF}),
    },
)


@frozen
class Taken:
    """A document without the key, and what the key said.

    Attributes:
        document: The rest, in the same order.
        lines: By place; what is named further out holds for everything inside that names nothing.
        origins: The files that tables stand in, by dotted key path.
    """

    document: dict[str, Any]
    lines: Lines
    origins: Mapping[str, str]


def take_manual(document: Mapping[str, Any], where: str, problems: Problems) -> Taken:
    """Take the key ``manual`` out of a resolved document.

    Args:
        document: The document.
        where: What errors call it.
        problems: Told what is not an ID or a list of IDs.

    Returns:
        The document without the key, what it said where, and where the tables stand.
    """
    taking = _Taking(where, problems)
    rest = taking.inside(document, _DOCUMENT, (), (), "")
    return Taken(rest, taking.lines, taking.origins)


def without_manual(document: Mapping[str, Any]) -> dict[str, Any]:
    """Copy a document without the key."""
    return take_manual(document, "", Problems()).document


@frozen
class _Taking:
    where: str
    problems: Problems
    lines: dict[Path, tuple[str, ...]] = field(factory=dict)
    origins: dict[str, str] = field(factory=dict)

    def table(
        self, value: Mapping[str, Any], place: _Place, path: Path, around: tuple[str, ...], key: str
    ) -> dict[str, Any]:
        ids = self.ids(value[KEY], key) if KEY in value else around
        if ids:
            self.lines[path] = ids
        rest = {name: part for name, part in value.items() if name != KEY}
        if path[0] in _TABLES and len(path) == _DEPTH and ORIGIN in rest:
            self.origins[".".join(path)] = rest.pop(ORIGIN)
        return self.inside(rest, place, path, ids, key)

    def inside(
        self, value: Mapping[str, Any], place: _Place, path: Path, around: tuple[str, ...], key: str
    ) -> dict[str, Any]:
        rest = dict(value)
        for name, below in place.parts.items():
            if isinstance(part := rest.get(name), Mapping):
                rest[name] = self.table(part, below, (*path, name), around, joined(key, name))
        for name, below in place.many.items():
            part, inner, shown = rest.get(name), (*path, name), joined(key, name)
            if isinstance(part, Mapping):
                rest[name] = {
                    own: self.table(one, below, (*inner, own), around, joined(shown, own))
                    if isinstance(one, Mapping)
                    else one
                    for own, one in part.items()
                }
            elif isinstance(part, list):
                rest[name] = [
                    self.table(
                        one, below, (*inner, _name(one, number)), around, f"{shown}[{number}]"
                    )
                    if isinstance(one, Mapping)
                    else one
                    for number, one in enumerate(part, start=1)
                ]
        return rest

    def ids(self, value: Any, key: str) -> tuple[str, ...]:
        given = value if isinstance(value, list | tuple) else [value]
        wrong = [one for one in given if not is_requirement(one)]
        doubled = {str(one) for one in given if given.count(one) > 1}
        where = f"{self.where}: {joined(key, KEY)}"
        if wrong or not given:
            shown = wrong[0] if wrong else value
            self.problems.add(
                Problem("not a line of a manual", "不是手册条目编号", where, shown, ACCEPTED)
            )
            return ()
        for one in sorted(doubled):
            self.problems.add(Problem("named more than once", "重复出现", where, one))
        return tuple(given)


def _name(value: Mapping[str, Any], number: int) -> str:
    """Name a thing of a list: rows of a table may go by their number."""
    name = value.get("name")
    return name if isinstance(name, str) else str(number)


def with_manual(ruleset: Ruleset, lines: Lines) -> Ruleset:
    """Give each part of a ruleset the lines that it implements.

    Args:
        ruleset: As built from the document without the key.
        lines: What the key said.

    Returns:
        The ruleset; what is no rule, target, reaction or field stands in `Ruleset.manual`.
    """
    if not lines:
        return ruleset
    rules = dict(_rules(lines))
    form = {schema_name(path[1]): ids for path, ids in lines.items() if path[0] == "fields"}
    contact = lines.get(("fields", "contact"))
    form |= {"contact": contact} if contact else {}
    own = ("fields", "stages", "targets", "reactions")
    return evolve(
        ruleset,
        stages=tuple(_stage(stage, lines, rules) for stage in ruleset.stages),
        targets={name: _target(target, lines, rules) for name, target in ruleset.targets.items()},
        reactions=tuple(
            evolve(reaction, manual=lines.get(("reactions", reaction.name), ()))
            for reaction in ruleset.reactions
        ),
        form={name: evolve(one, manual=form.get(name, ())) for name, one in ruleset.form.items()},
        manual={".".join(path): ids for path, ids in lines.items() if path[0] not in own},
    )


def _rules(lines: Lines) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Name the lines of rules of stages (rows as ``<table>/<row>``) and of limits."""
    for path, ids in lines.items():
        match path:
            case ("stages", _, "rules", name) | ("targets", _, "limits", name):
                yield name, ids
            case ("stages", _, "tables", table, "rows", row):
                yield f"{table}/{row}", ids


def _rule(rule: Rule, rules: Mapping[str, tuple[str, ...]]) -> Rule:
    return evolve(rule, manual=rules.get(rule.name, ()))


def _stage(stage: Stage, lines: Lines, rules: Mapping[str, tuple[str, ...]]) -> Stage:
    return evolve(
        stage,
        manual=lines.get(("stages", stage.name), ()),
        rules=tuple(_rule(rule, rules) for rule in stage.rules),
    )


def _target(
    target: TargetPolicy, lines: Lines, rules: Mapping[str, tuple[str, ...]]
) -> TargetPolicy:
    return evolve(
        target,
        manual=lines.get(("targets", target.name), ()),
        limits=tuple(_rule(rule, rules) for rule in target.limits),
    )


__all__ = ["KEY", "Taken", "take_manual", "with_manual", "without_manual"]
