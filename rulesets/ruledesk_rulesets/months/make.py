"""Makes the recorded months, each played on its line's sample desk while it is written.

The people are invented, the same ones for the same seed; the handlers are whom the desk chose. Run
``python -m ruledesk_rulesets.months.make [LINE …]`` after a change of a ruleset or desk; a test
holds the files to what this makes.
"""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path
from typing import Final

from ruledesk_rulesets.months.arrivals import START, UNTIL
from ruledesk_rulesets.months.month import RecordedMonth
from ruledesk_rulesets.months.words import read_texts
from ruledesk_rulesets.recorder.recorder import record

LINES: Final = ("home-appliances", "industrial-equipment")
_HERE: Final = Path(__file__).parents[1]


def file_of(line: str) -> Path:
    """Say where the recording of a line lies."""
    return _HERE / line / "recordings" / "2026-10.jsonl"


def make(line: str, *, seed: int | None = None, until: datetime = UNTIL) -> bytes:
    """Play a month.

    Args:
        line: The name of the line.
        seed: What the invented people come from; None for the line's own.
        until: When nobody does anything any more; earlier for a part of the month.

    Returns:
        The recording.

    Raises:
        RuntimeError: The desk did something else than the people expect.
    """
    file = file_of(line)
    texts = read_texts(line)
    header = {
        "recording": texts["title"],
        "desk": "..",
        "line": line,
        "start": START.isoformat(),
        "until": UNTIL.isoformat(),
    }
    chosen = texts["seed"] if seed is None else seed
    return record(
        file.parents[1], file, header, lambda desk: RecordedMonth(desk, line, chosen, until)
    )


def main() -> None:
    """Write the recordings that are asked for."""
    parser = argparse.ArgumentParser(description="Make the recorded months of the pilot lines.")
    parser.add_argument("lines", nargs="*", choices=[*LINES, []], metavar="LINE")
    options = parser.parse_args()
    for line in options.lines or LINES:
        file = file_of(line)
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(make(line))
        print(file)  # noqa: T201 - a command


if __name__ == "__main__":
    main()
