"""Plays lives on a desk, and writes what they do as a recording."""

from __future__ import annotations

import heapq
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

from ruledesk.desk.config import load_desk
from ruledesk.desk.intake import Intake
from ruledesk.desk.receiving import Receipt
from ruledesk.desk.service import Desk
from ruledesk.hooks.kinds import RawInput
from ruledesk.model.ticket import Ticket
from ruledesk.pilot.entry import Entry, Source
from ruledesk.pilot.fields import read_field
from ruledesk.pilot.plain import plain
from ruledesk.pilot.play import play
from ruledesk.pilot.scenario import read_head
from ruledesk.pilot.steps import Before, read_step
from ruledesk.pilot.suite import memory_desk
from ruledesk.pilot.values import Head, Step
from ruledesk_rulesets.recorder.life import Life

ZONE: Final = ZoneInfo("Asia/Shanghai")


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


class Recorder(ABC):
    """Everybody's lives, woken in the order of time.

    Args:
        desk: The desk that they are played on.
        start: When the recording begins.
        until: When it ends: nobody is woken from here on.
        seed: What the invented people come from.
    """

    def __init__(self, desk: Watched, start: datetime, until: datetime, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 - invented customers need no secrecy
        self.desk = desk
        self.now = start
        self.until = until
        self.written: list[dict[str, Any]] = []
        self._names: set[str] = set()
        self._waiting: list[tuple[datetime, int, Life]] = []
        self._woken = 0

    @abstractmethod
    def begin(self) -> None:
        """Wake everybody who begins by themselves."""

    # -- what a life can see ------------------------------------------------------------------

    def ticket(self, number: str) -> Ticket:
        """Look a ticket up."""
        return self.desk.ticket(number)

    def members(self, team: str) -> tuple[str, ...]:
        """Name a team's agents who are there."""
        directory = self.desk.config.directory
        return tuple(a for a in directory.teams[team].agents if not directory.agents[a].away)

    def least_loaded(self, *teams: str) -> str:
        """Name who has the fewest open tickets, of these teams or of the whole desk."""
        of = teams or tuple(self.desk.config.directory.teams)
        agents = [agent for team in of for agent in self.members(team)]
        loads = self.desk.store.workloads(agents)
        return min(agents, key=lambda agent: (loads[agent].open, agent))

    @property
    def last(self) -> str:
        """The number of the ticket that the last input went to."""
        return self.desk.last

    def see(self, number: str, *keys: str) -> None:
        """Have the last step expect these fields of a ticket to be what they are now."""
        ticket = self.ticket(number)
        self.written[-1]["expect"] = {key: plain(read_field(ticket, key), ZONE) for key in keys}

    # -- time ---------------------------------------------------------------------------------

    def steps(self, head: Head) -> Iterator[Step]:
        """Yield the steps one by one; each is done by the desk before the next is thought of."""
        self.begin()
        while self._waiting:
            self.now, _, life = heapq.heappop(self._waiting)
            for wish in life:
                if isinstance(wish, datetime):
                    self.wake(max(wish, self.now), life)
                    break
                yield self._written(wish, head)

    def wake(self, at: datetime, life: Life) -> None:
        """Let a life go on at an instant, if that is before the end of the recording."""
        if at < self.until:
            self._woken += 1
            heapq.heappush(self._waiting, (at, self._woken, life))

    def _written(self, wish: dict[str, Any], head: Head) -> Step:
        document = {"at": self.now.astimezone(ZONE).isoformat(), **wish}
        self.written.append(document)
        if "as" in document:
            self._names.add(str(document["as"]))
        entry = Entry(document, Source(head.file))
        step = read_step(entry, len(self.written), head, Before(head.start, self._names))
        entry.source.raise_problems()
        assert step is not None  # noqa: S101 - a step without problems was read
        return step


def record(
    folder: Path, file: Path, header: Mapping[str, Any], lives: Callable[[Watched], Recorder]
) -> bytes:
    """Play lives on a desk in memory.

    Args:
        folder: The desk.
        file: What the recording is going to be called.
        header: Its first line.
        lives: Makes the recorder of a desk.

    Returns:
        The recording.

    Raises:
        RuntimeError: The desk did something else than the lives expect.
    """
    desk = Watched(memory_desk()(load_desk(folder)).parts)
    try:
        head = read_head(Entry(dict(header), Source(file)), file, "recording")
        assert head is not None  # noqa: S101 - the generator's own header
        recorder = lives(desk)
        played = play(desk, head, recorder.steps(head))
    finally:
        desk.close()
    if played.failures:
        raise RuntimeError("\n".join(map(str, played.failures[:20])))
    lines = [json.dumps(line, ensure_ascii=False) for line in (header, *recorder.written)]
    return ("\n".join(lines) + "\n").encode()
