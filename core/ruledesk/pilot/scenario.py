"""Scenario files: YAML, one scenario a document."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from ruledesk.errors import InvalidInput
from ruledesk.model.requirement import ACCEPTED, is_requirement
from ruledesk.pilot.entry import Entry
from ruledesk.pilot.steps import Before, read_step
from ruledesk.pilot.values import DeskSource, Head, Scenario, Step
from ruledesk.pilot.yaml_source import read_yaml

_HEAD: Final = ("start", "until", "line", "channel", "desk", "description", "requirements")


def load_scenarios(file: Path) -> tuple[Scenario, ...]:
    """Read a scenario file.

    Args:
        file: A YAML file with one or more documents.

    Returns:
        Its scenarios, in order.

    Raises:
        InvalidInput: It cannot be used; every problem of the first unusable document, each with
            file, line, key path, value and what would be accepted.
    """
    scenarios = tuple(_scenario(root, file) for root in read_yaml(file))
    if not scenarios:
        raise InvalidInput.of(
            "holds no scenario", "不含场景", field=str(file), accepted=("scenario, start, steps",)
        )
    return scenarios


def _scenario(root: Entry, file: Path) -> Scenario:
    head = read_head(root, file, "scenario", ("steps",))
    steps = _read_steps(root, head) if head is not None else ()
    root.source.raise_problems()
    assert head is not None  # noqa: S101 - a head that cannot be read is a problem raised above
    return Scenario(head, steps)


def _read_steps(root: Entry, head: Head) -> tuple[Step, ...]:
    if not root.has("steps"):
        root.missing("steps", "a list of steps")
        return ()
    entry = root.at("steps")
    if not isinstance(entry.value, list) or not entry.value:
        entry.wrong("a list of steps")
        return ()
    steps: list[Step] = []
    names: set[str] = set()
    at = head.start
    for number, part in enumerate(entry.items(), 1):
        step = read_step(part, number, head, Before(at, names))
        if step is not None:
            steps.append(step)
            at = step.at
            names |= {step.name} - {""}
    return tuple(steps)


def read_head(
    root: Entry, file: Path, kind: Literal["scenario", "recording"], more: tuple[str, ...] = ()
) -> Head | None:
    """Read what stands before the steps. Problems are noted on the entry's source.

    Args:
        root: The document of a scenario, the first line of a recording.
        file: The file.
        kind: The key that holds the title.
        more: Other keys that may stand here.

    Returns:
        The head; None where there is none.
    """
    if root.mapping() is None:
        return None
    root.only((kind, *_HEAD, *more))
    start = _read_start(root)
    until = root.at("until").instant(start) if root.has("until") else None
    if until is not None and until < start:
        root.at("until").problem(
            "earlier than the start", "早于开始时间", value=root.value["until"]
        )
    return Head(
        name=root.required_text(kind, "a title"),
        file=file,
        start=start,
        until=until,
        line=root.text("line"),
        channel=root.text("channel", "web"),
        desk=_read_desk(root),
        desk_line=root.source.line(("desk",)),
        description=root.text("description"),
        requirements=_read_requirements(root),
        source_line=root.line,
    )


def _read_requirements(root: Entry) -> tuple[str, ...]:
    """Read the lines of the manual that a scenario shows: one ID or a list of them."""
    found: list[str] = []
    for entry in root.at("requirements").items() if root.has("requirements") else ():
        if not is_requirement(entry.value):
            entry.problem(
                "not a line of a manual", "不是手册条目编号", value=entry.value, accepted=ACCEPTED
            )
        elif entry.value in found:
            entry.problem("named more than once", "重复出现", value=entry.value)
        else:
            found.append(entry.value)
    return tuple(found)


def _read_start(root: Entry) -> datetime:
    start = None
    if root.has("start"):
        start = root.at("start").instant()
    else:
        root.missing("start", "a time such as 2026-11-02T09:00:00+08:00")
    # Any instant will do to read on with; the problem is noted.
    return start or datetime(1970, 1, 1, tzinfo=UTC)


def _read_desk(root: Entry) -> DeskSource:
    if not root.has("desk"):
        return None
    value = root.at("desk").value
    if isinstance(value, Mapping) or (isinstance(value, str) and value.strip()):
        return value
    root.at("desk").wrong("a mapping of teams, agents, lines …, or the path of a desk")
    return None
