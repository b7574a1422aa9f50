"""Makes ``day.jsonl``: one day of a hotline, played on the desk itself while it is written.

The people are invented, the same ones for the same seed; the handlers are whom the desk chose. Run
``python make_day.py [--seed N] [FILE]``; a test holds the file to what this makes.
"""

from __future__ import annotations

import argparse
import heapq
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

from ruledesk.desk.assembly import open_desk
from ruledesk.desk.config import load_desk
from ruledesk.desk.intake import Intake
from ruledesk.desk.receiving import Receipt
from ruledesk.desk.service import Desk
from ruledesk.hooks.kinds import RawInput
from ruledesk.model.ticket import Ticket
from ruledesk.pilot.entry import Entry, Source
from ruledesk.pilot.play import play
from ruledesk.pilot.scenario import read_head
from ruledesk.pilot.steps import Before, read_step
from ruledesk.pilot.values import Head, Step
from ruledesk_rulesets.hotline.recordings.day_arrivals import START, Arrivals
from ruledesk_rulesets.hotline.recordings.day_case import ZONE, Life
from ruledesk_rulesets.hotline.recordings.day_words import Words

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


class Watched(Desk):
    """The desk, remembering which ticket came of the last input."""

    last = ""

    def take(self, intake: Intake, at: datetime) -> Ticket:
        """Hand in a ticket."""
        ticket = super().take(intake, at)
        self.last = ticket.number
        return ticket

    def receive(
        self, channel: str, raw: RawInput, *, at: datetime, line: str = ""
    ) -> tuple[Receipt, ...]:
        """Give raw input to a channel."""
        receipts = super().receive(channel, raw, at=at, line=line)
        self.last = next((receipt.ticket for receipt in receipts if receipt.ticket), "")
        return receipts


class Day:
    """Everybody's lives, woken in the order of time."""

    def __init__(self, desk: Watched, seed: int = SEED) -> None:
        self.random = Random(seed)  # noqa: S311 - invented customers need no secrecy
        self.words = Words(self.random)
        self.desk = desk
        self.now = START
        self.written: list[dict[str, Any]] = []
        self._waiting: list[tuple[datetime, int, Life]] = []
        self._woken = 0

    # -- what a life can see ------------------------------------------------------------------

    def ticket(self, number: str) -> Ticket:
        """Look a ticket up."""
        return self.desk.ticket(number)

    def members(self, team: str) -> tuple[str, ...]:
        """Name a team's agents who are there."""
        directory = self.desk.config.directory
        return tuple(a for a in directory.teams[team].agents if not directory.agents[a].away)

    def least_loaded(self) -> str:
        """Name the agent of the desk who has the fewest open tickets."""
        agents = [a for team in self.desk.config.directory.teams for a in self.members(team)]
        loads = self.desk.store.workloads(agents)
        return min(agents, key=lambda agent: (loads[agent].open, agent))

    @property
    def last(self) -> str:
        """The number of the ticket that the last input went to."""
        return self.desk.last

    # -- time ---------------------------------------------------------------------------------

    def steps(self, head: Head) -> Iterator[Step]:
        """Yield the steps one by one; each is done by the desk before the next is thought of."""
        Arrivals(self).plan()
        while self._waiting:
            self.now, _, life = heapq.heappop(self._waiting)
            for wish in life:
                if isinstance(wish, datetime):
                    self.wake(max(wish, self.now), life)
                    break
                yield self._written(wish, head)

    def wake(self, at: datetime, life: Life) -> None:
        """Let a life go on at an instant, if that is before the end of the recording."""
        if at < UNTIL:
            self._woken += 1
            heapq.heappush(self._waiting, (at, self._woken, life))

    def _written(self, wish: dict[str, Any], head: Head) -> Step:
        document = {"at": self.now.astimezone(ZONE).isoformat(), **wish}
        self.written.append(document)
        entry = Entry(document, Source(head.file))
        names = {str(step["as"]) for step in self.written if "as" in step}
        step = read_step(entry, len(self.written), head, Before(head.start, names))
        entry.source.raise_problems()
        assert step is not None  # noqa: S101 - a step without problems was read
        return step


def make(seed: int = SEED) -> bytes:
    """Play the day.

    Args:
        seed: What the invented people come from.

    Returns:
        The recording.

    Raises:
        RuntimeError: The desk did something else than the day expects.
    """
    desk = Watched(open_desk(load_desk(FILE.parents[1]), storage="memory:", deliver=False).parts)
    try:
        head = read_head(Entry(HEADER, Source(FILE)), FILE, "recording")
        assert head is not None  # noqa: S101 - the header is the one above
        day = Day(desk, seed)
        played = play(desk, head, day.steps(head))
    finally:
        desk.close()
    if played.failures:
        raise RuntimeError("\n".join(map(str, played.failures)))
    lines = [json.dumps(line, ensure_ascii=False) for line in (HEADER, *day.written)]
    return ("\n".join(lines) + "\n").encode()


def main() -> None:
    """Write the recording to the file that is asked for."""
    parser = argparse.ArgumentParser(description="Make the recorded day of the hotline.")
    parser.add_argument("file", nargs="?", type=Path, default=FILE)
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    options.file.write_bytes(make(options.seed))


if __name__ == "__main__":
    main()
