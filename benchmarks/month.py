"""How fast a recorded month of a pilot line is replayed, beside the recorded day of the hotline.

The day is short, the month ten times as long: what an event costs in both, and what a step costs in
the last quarter of the month against the first, say whether cost grows with the number of tickets.

    python benchmarks/month.py [--lines home-appliances …] [--engines durable python]
"""

from __future__ import annotations

import argparse
import time
from itertools import pairwise
from pathlib import Path

from ruledesk.errors import RuleDeskError
from ruledesk.pilot.recording import Progress
from ruledesk.pilot.replayed import Replayed
from ruledesk.pilot.result import Outcome
from ruledesk.pilot.suite import Options, memory_desk, run_files
from ruledesk.pilot.values import Head
from ruledesk_rulesets.hotline.recordings.make_day import FILE as DAY
from ruledesk_rulesets.months.make import LINES, file_of

PARTS = 4


class Stopwatch:
    """A reporter that takes the time at each quarter of a recording's bytes."""

    def __init__(self) -> None:
        self.outcome: Outcome | None = None
        self.times: list[float] = []

    def started(self, head: Head, size: int) -> Progress:  # noqa: ARG002
        """Begin."""
        self.times = [time.process_time()]

        def progress(done: int) -> None:
            if done * PARTS >= size * len(self.times):
                self.times.append(time.process_time())

        return progress

    def finished(self, outcome: Outcome, desk: Replayed) -> None:  # noqa: ARG002
        """Keep what came of it."""
        self.outcome = outcome

    def unusable(self, file: Path, name: str, error: RuleDeskError) -> None:  # noqa: ARG002
        """Stop."""
        raise error


def replay(file: Path, engine: str, base: float) -> float:
    """Replay a recording and print figures.

    Args:
        file: The recording.
        engine: Name of the rule engine.
        base: Seconds of CPU an event to compare with; 0 for none.

    Returns:
        Seconds of CPU an event.
    """
    watch = Stopwatch()
    began = time.process_time()
    run_files([file], Options(open_desk=memory_desk(engine)), [watch])
    seconds = time.process_time() - began
    if watch.outcome is None:
        raise SystemExit(f"{file} was not replayed")
    totals = watch.outcome.totals
    quarters = [after - before for before, after in pairwise(watch.times)]
    each = seconds / totals.events
    compared = f"{each / (base or each):5.2f} × the day's" if base else "            "
    print(
        f"{file.parents[1].name:>20} {engine:>8}: {totals.tickets:5} tickets, "
        f"{totals.events:6} events in {seconds:5.1f} s of CPU: {totals.tickets / seconds:4.0f} "
        f"tickets/s, {1 / each:5.0f} events/s, an event {compared}; a step in the last quarter "
        f"{quarters[-1] / quarters[0]:4.2f} × the first"
    )
    return each


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", nargs="+", default=LINES, choices=LINES)
    parser.add_argument("--engines", nargs="+", default=["durable", "python"])
    options = parser.parse_args()
    for engine in options.engines:
        run_files([DAY], Options(open_desk=memory_desk(engine)), [])  # loads and compiles
        base = replay(DAY, engine, 0)
        for line in options.lines:
            replay(file_of(line), engine, base)


if __name__ == "__main__":
    main()
