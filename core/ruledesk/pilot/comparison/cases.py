"""The scenarios and recordings to be compared, each with its desk; and the line that is meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from attrs import frozen

from ruledesk.desk.config import DeskConfig
from ruledesk.errors import InvalidInput, suggestion
from ruledesk.pilot.desks import choose_desk
from ruledesk.pilot.recording import Progress, Recording
from ruledesk.pilot.steps import RECEIVE
from ruledesk.pilot.suite import lines_of, load_items
from ruledesk.pilot.values import Scenario, Step

_OPTION = "--line"


@frozen
class Case:
    """A scenario or recording and the desk that it runs on.

    Attributes:
        lines: The business lines that its steps name.
    """

    item: Scenario | Recording
    config: DeskConfig
    lines: frozenset[str]

    def steps(self, progress: Progress | None = None) -> Iterable[Step]:
        """Stream the steps; of a recording, `progress` is told the bytes read."""
        if isinstance(self.item, Recording):
            return self.item.steps(progress)
        return self.item.steps

    def may_use(self, line: str) -> bool:
        """Say whether it may have tickets of a line; channels have lines of their own."""
        if line not in self.config.lines:
            return False
        if not self.lines or line in self.lines or isinstance(self.item, Recording):
            return True
        return any(step.do == RECEIVE for step in self.item.steps)


def cases_of(files: Iterable[Path], folder: Path | None) -> Iterator[Case]:
    """Read files and choose their desks.

    Args:
        files: Scenario files and recordings.
        folder: The desk asked for; None for what a file names.

    Raises:
        InvalidInput: A file or desk cannot be used.
    """
    for file in files:
        for item in load_items(file):
            named = frozenset(lines_of(item)) - {""}
            yield Case(item, choose_desk(item.head, sorted(named), folder), named)


def choose_line(wanted: str, cases: Sequence[Case]) -> str:
    """Choose the line that is compared.

    Args:
        wanted: As asked for; empty for the only one.
        cases: What is replayed.

    Raises:
        InvalidInput: No case can have tickets of it, or there are several to choose from.
    """
    named = {line for case in cases for line in case.lines}
    known = named or {line for case in cases for line in case.config.lines}
    if wanted:
        if not any(case.may_use(wanted) for case in cases):
            raise _no_such_line(wanted, known | {n for case in cases for n in case.config.lines})
        return wanted
    if len(known) != 1:
        raise InvalidInput.of(
            "the recording has several lines; say which" if known else "there is no line",
            "录制中有多条业务线，须指定其一" if known else "没有业务线",
            field=_OPTION,
            accepted=tuple(sorted(known)),
        )
    return known.pop()


def no_tickets(line: str, others: Iterable[str]) -> InvalidInput:
    """Say that a recording has tickets of other lines only, or none."""
    return InvalidInput.of(
        "the recording has no ticket of this line",
        "录制中没有此业务线的工单",
        field=_OPTION,
        value=line,
        accepted=tuple(sorted(set(others) - {line})),
    )


def _no_such_line(line: str, known: Iterable[str]) -> InvalidInput:
    return InvalidInput.of(
        "neither the recording nor its desk has such a line",
        "录制及其服务台中没有此业务线",
        field=_OPTION,
        value=line,
        accepted=suggestion(line, known),
    )
