"""One desk process of the load: people in threads, who look, hand in and act.

Started by ``load.py``. Each step is a line of a file, written when it is done; what was written is
there also when the process is killed. The words are those of ``ruledesk.testing.crash.said``, and
besides ``= operation began seconds`` (seconds since 1970) and ``x operation error``.
"""

from __future__ import annotations

import os
import random
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from ruledesk.desk.assembly import open_desk
from ruledesk.desk.config import load_desk
from ruledesk.desk.service import Desk
from ruledesk.model.ticket import Ticket
from ruledesk.storage.interface import TicketQuery
from ruledesk.testing.crash.desk import AGENTS, HEAD, LINE, TEAM
from ruledesk.testing.crash.said import line_of

#: How often people do what: of a hundred steps.
MIX = {"list": 40, "open": 25, "submit": 15, "act": 20}
NEXT = {"": "accept", "accept": "note", "note": "resolve"}
OPEN = ("new", "in_progress", "waiting_requester", "follow_up")
PAGE = 50


class Person:
    """Somebody at the desk: an agent, or a requester at the portal; each has a thread."""

    def __init__(self, desk: Desk, name: str, think: float, say: Callable[[str], None]) -> None:
        self.desk = desk
        self.name = name
        self.think = think
        self.say = say
        self.chance = random.Random(name)
        self.steps = count()
        self.seen: deque[str] = deque(maxlen=PAGE)
        self.mine: deque[tuple[Ticket, str]] = deque()

    def work(self, until: float) -> None:
        """Do one thing after the other until a time (monotonic)."""
        operations = {
            "list": self.list,
            "open": self.open,
            "submit": self.submit,
            "act": self.act,
        }
        while time.monotonic() < until:
            (name,) = self.chance.choices(list(MIX), list(MIX.values()))
            began, start = time.time(), time.perf_counter()
            try:
                operations[name]()
            except Exception as error:
                self.say(f"x {name} {type(error).__name__}: {' '.join(str(error).split())}")
            else:
                self.say(f"= {name} {began:.6f} {time.perf_counter() - start:.6f}")
            if self.think:
                time.sleep(self.chance.expovariate(1 / self.think))

    def list(self) -> None:
        """Look at one of the lists: the team's, one's own, the newest, the overdue."""
        agent = self.chance.choice(AGENTS)
        queries = (
            TicketQuery({"team": (TEAM,), "status": OPEN}, sort="next_due", descending=False),
            TicketQuery({"agent": (agent,), "status": OPEN}, sort="updated_at"),
            TicketQuery({"status": ("new",)}, sort="created_at"),
            TicketQuery({"flag": ("overdue",)}, sort="priority"),
        )
        query = self.chance.choice(queries)
        self.seen.extend(ticket.number for ticket in self.desk.store.query(query).tickets)
        self.desk.store.count(query.where)

    def open(self) -> None:
        """Open a ticket: what it says, its history, its messages."""
        if self.seen:
            number = self.chance.choice(self.seen)
            self.desk.ticket(number)
            self.desk.store.events(number)
            self.desk.store.messages(number)

    def submit(self) -> None:
        """Hand in a ticket."""
        fields = {
            "urgency": self.chance.choice(("normal", "urgent")),
            "requester": {"name": "张三", "phone": f"138{self.chance.randrange(2000):08}"},
        }
        ticket = self._step(
            "submit",
            lambda word: self.desk.submit(
                by="requester",
                line=LINE,
                channel="web",
                fields={**fields, "description": f"冰箱不制冷 {word}."},
                at=datetime.now(UTC),
            ),
        )
        self.mine.append((ticket, ""))

    def act(self) -> None:
        """Work on a ticket of one's own, or add a note to one that others see, too."""
        if self.seen and self.chance.random() < 0.2:
            number = self.chance.choice(self.seen)
            self._step("note", lambda word: self._note(number, word, f"agent:{HEAD}"))
        elif self.mine:
            ticket, last = self.mine.popleft()
            number, by, action = ticket.number, f"agent:{ticket.agent}", NEXT[last]
            if action == "accept":
                self._step("act", lambda _: self._act(number, action, by))
            elif action == "note":
                self._step("note", lambda word: self._note(number, word, by))
            else:
                self._step("note", lambda word: self._resolve(number, word, by))
            if action in NEXT:
                self.mine.append((ticket, action))

    def _note(self, number: str, word: str, by: str) -> Ticket:
        return self._act(number, "note", by, {"text": f"已联系 {word}.", "public": True})

    def _resolve(self, number: str, word: str, by: str) -> Ticket:
        return self._act(number, "resolve", by, {"solution": f"更换温控器 {word}."})

    def _act(self, number: str, action: str, by: str, fields: Any = None) -> Ticket:
        return self.desk.act(number, action, by=by, fields=fields, at=datetime.now(UTC))

    def _step(self, kind: str, do: Callable[[str], Ticket]) -> Ticket:
        word = f"{kind}:{self.name}-{next(self.steps)}"
        self.say(f"? {word}")
        ticket = do(word)
        self.say(line_of(word, ticket))
        return ticket


def main() -> None:
    """Read ``FOLDER NAME PEOPLE SECONDS THINK``, be the desk process, end."""
    folder, name, people, seconds, think = sys.argv[1:]
    file = os.open(Path(folder) / f"said-{name}.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def say(line: str) -> None:
        os.write(file, f"{line}\n".encode())

    desk = open_desk(load_desk(Path(folder)))
    everybody = [Person(desk, f"{name}.{n}", float(think), say) for n in range(int(people))]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()  # all desk processes begin together
    until = time.monotonic() + float(seconds)
    threads = [threading.Thread(target=one.work, args=(until,)) for one in everybody]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    desk.close()


if __name__ == "__main__":
    main()
