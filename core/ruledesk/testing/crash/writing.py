"""What a writer does until it is killed: it hands in tickets and works on them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import count
from typing import Any, Final, NoReturn

from ruledesk.desk.service import Desk
from ruledesk.errors import Conflict, RuleDeskError, StorageFault, Unavailable
from ruledesk.model.ticket import Ticket
from ruledesk.testing.crash.children import Say
from ruledesk.testing.crash.desk import LINE
from ruledesk.testing.crash.said import line_of

_PHONES: Final = 50


class Writer:
    """Submits and acts through the desk service, and says what it was given back.

    Args:
        desk: The desk, open.
        name: A word that no other writer has.
        say: Tells the parent.
        clock: The desk's clock.

    Attributes:
        errors: What it was refused, in order.
    """

    def __init__(self, desk: Desk, name: str, say: Say, clock: Callable[[], datetime]) -> None:
        self.errors: list[RuleDeskError] = []
        self._desk = desk
        self._name = name
        self._say = say
        self._clock = clock
        self._steps = count()
        self._lives = count()

    def write(self, *, shared: str = "") -> NoReturn:
        """Go through lives of tickets for ever.

        Args:
            shared: A ticket that other writers note on at the same time.
        """
        while True:
            self.life()
            if shared:
                self.note(shared)

    def life(self) -> Ticket | None:
        """Go through one life; return the ticket as it was handed in, None where that failed."""
        life = next(self._lives)
        ticket = self.submit(life)
        if ticket is not None:
            self._work_on(ticket, life)
        return ticket

    def submit(self, life: int) -> Ticket | None:
        """Hand in the ticket of a life; None where that failed."""
        return self._step(
            "submit",
            lambda word: self._desk.submit(
                by="requester",
                line=LINE,
                channel="web",
                fields={
                    "description": f"冰箱不制冷 {word}.",
                    "urgency": ("urgent", "normal")[life % 2],
                    "requester": {"name": "张三", "phone": f"138{life % _PHONES:08}"},
                },
                at=self._clock(),
            ),
        )

    def note(self, number: str) -> Ticket | None:
        """Add a note to a ticket; None where that failed."""
        return self._step("note", lambda word: self._note(number, word))

    def _work_on(self, ticket: Ticket, life: int) -> None:
        number, handler = ticket.number, f"agent:{ticket.agent}"
        self._step("act", lambda _: self._act(number, "accept", handler))
        self._step("note", lambda word: self._note(number, word, by=handler))
        if life % 3:
            self._step("note", lambda word: self._resolve(number, word, handler))

    def _note(self, number: str, word: str, by: str = "agent:H00") -> Ticket:
        fields = {"text": f"已联系 {word}.", "public": True}
        return self._act(number, "note", by, fields)

    def _resolve(self, number: str, word: str, by: str) -> Ticket:
        return self._act(number, "resolve", by, {"solution": f"更换温控器 {word}."})

    def _act(
        self, number: str, action: str, by: str, fields: dict[str, Any] | None = None
    ) -> Ticket:
        return self._desk.act(number, action, by=by, fields=fields, at=self._clock())

    def _step(self, kind: str, do: Callable[[str], Ticket]) -> Ticket | None:
        """Do something; `kind` is ``act`` where the word is in no text."""
        word = f"{kind}:{self._name}-{next(self._steps)}"
        self._say(f"? {word}")
        try:
            ticket = do(word)
        except (Conflict, Unavailable) as error:
            self.errors.append(error)
            self._say(f"- {word}")
        except StorageFault as error:
            self.errors.append(error)
            self._say(f"! {word}")
        else:
            self._say(line_of(word, ticket))
            return ticket
        return None
