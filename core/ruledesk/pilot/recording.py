"""Recordings: JSON lines, a header and then steps, read one by one however many there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from attrs import frozen

from ruledesk.errors import InvalidInput, Problem
from ruledesk.pilot.entry import Entry
from ruledesk.pilot.json_source import read_lines
from ruledesk.pilot.scenario import read_head
from ruledesk.pilot.steps import Before, read_step
from ruledesk.pilot.values import Head, Step

_PROBLEMS_TOLD = 50
#: Told how many bytes of the file have been read.
Progress = Callable[[int], None]


@frozen
class Recording:
    """A recording whose every line has been read once and found usable.

    Attributes:
        head: Its header.
        lines: The business lines that its steps name.
        size: Length of the file in bytes.
    """

    head: Head
    lines: frozenset[str]
    size: int

    def steps(self, progress: Progress | None = None) -> Iterator[Step]:
        """Stream the steps.

        Args:
            progress: Told the bytes read, once a step.

        Yields:
            The steps in order.

        Raises:
            InvalidInput: The file is not what it was when it was checked.
        """
        for entry, step, done in _stream(self.head.file, self.head):
            entry.source.raise_problems()
            if progress is not None:
                progress(done)
            if step is not None:
                yield step


def load_recording(file: Path) -> Recording:
    """Read a recording once, from end to end, keeping nothing but what is wrong with it.

    A broken line is so told before hours of the recording have been replayed in vain.

    Args:
        file: A JSON-lines file.

    Returns:
        The recording, to be streamed.

    Raises:
        InvalidInput: It cannot be used; the first problems, each with file, line, key path, value
            and what would be accepted.
    """
    head = _read_header(file)
    problems: list[Problem] = []
    lines = {head.line}
    for entry, step, _ in _stream(file, head):
        problems.extend(entry.source.problems)
        if len(problems) >= _PROBLEMS_TOLD:
            break
        if step is not None:
            lines.add(step.line)
    if problems:
        raise InvalidInput(*problems[:_PROBLEMS_TOLD])
    return Recording(head, frozenset(lines - {""}), file.stat().st_size)


def is_recording(file: Path) -> bool:
    """Say whether a JSON-lines file begins with the header of a recording."""
    try:
        first = next(read_lines(file), None)
    except InvalidInput:
        # Whoever named the file a recording is told what is wrong with it.
        return True
    return first is not None and first[0].has("recording")


def _read_header(file: Path) -> Head:
    first = next(read_lines(file), None)
    if first is None:
        raise InvalidInput.of(
            "holds no recording", "不含录制内容", field=str(file), accepted=("a header line first",)
        )
    root = first[0]
    head = read_head(root, file, "recording")
    root.source.raise_problems()
    assert head is not None  # noqa: S101 - a head that cannot be read is a problem raised above
    return head


def _stream(file: Path, head: Head) -> Iterator[tuple[Entry, Step | None, int]]:
    names: set[str] = set()
    at = head.start
    lines = read_lines(file)
    next(lines, None)
    for number, (entry, done) in enumerate(lines, 1):
        step = read_step(entry, number, head, Before(at, names))
        if step is not None:
            at = step.at
            if step.name:
                names.add(step.name)
        yield entry, step, done
