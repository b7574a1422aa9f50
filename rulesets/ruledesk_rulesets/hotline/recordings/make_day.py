"""Makes ``day.jsonl``: one day of a hotline, played on the desk itself while it is written.

The people are invented, the same ones for the same seed; the handlers are whom the desk chose. Run
``python make_day.py [--seed N] [FILE]``; a test holds the file to what this makes.
"""

from __future__ import annotations

import argparse
from datetime import timedelta
from pathlib import Path
from typing import Final

from ruledesk_rulesets.hotline.recordings.day_arrivals import START, Arrivals
from ruledesk_rulesets.hotline.recordings.day_words import Words
from ruledesk_rulesets.recorder.recorder import Recorder, Watched, record

SEED: Final = 20260312
UNTIL: Final = START + timedelta(days=6)
HEADER: Final = {
    "recording": "服务热线的一天（2026年3月12日及后续处理）",
    "desk": "..",
    "line": "hotline",
    "start": START.isoformat(),
    "until": UNTIL.isoformat(),
}
FILE: Final = Path(__file__).with_name("day.jsonl")


class Hotline(Recorder):
    """The day: everybody who calls, posts or writes, and everybody who works."""

    def __init__(self, desk: Watched, seed: int = SEED) -> None:
        super().__init__(desk, START, UNTIL, seed)
        self.words = Words(self.random)

    def begin(self) -> None:
        """Have everybody begin at their time of the day."""
        Arrivals(self).plan()


def make(seed: int = SEED) -> bytes:
    """Play the day.

    Args:
        seed: What the invented people come from.

    Returns:
        The recording.

    Raises:
        RuntimeError: The desk did something else than the day expects.
    """
    return record(FILE.parents[1], FILE, HEADER, lambda desk: Hotline(desk, seed))


def main() -> None:
    """Write the recording to the file that is asked for."""
    parser = argparse.ArgumentParser(description="Make the recorded day of the hotline.")
    parser.add_argument("file", nargs="?", type=Path, default=FILE)
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    options.file.write_bytes(make(options.seed))


if __name__ == "__main__":
    main()
