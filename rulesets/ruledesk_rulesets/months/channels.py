"""The ways by which tickets of a recorded month come in: calls, forms, the app, and mail."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from ruledesk_rulesets.months.case import Case, Month
from ruledesk_rulesets.recorder.life import Life
from ruledesk_rulesets.recorder.mail import mail
from ruledesk_rulesets.recorder.recorder import ZONE
from ruledesk_rulesets.recorder.steps import cti, received, submitted
from ruledesk_rulesets.recorder.words import Customer


class Channels(ABC):
    """Hands tickets in.

    Args:
        month: What can be seen of the month.
    """

    def __init__(self, month: Month) -> None:
        self.month = month
        self.random = month.random
        self.words = month.words
        self.chance = month.words.chance

    @abstractmethod
    def begun(self, case: Case, number: str) -> Life:
        """Go on with what the desk made of a submission."""

    def handed_in(self, case: Case) -> Life:
        """Hand a ticket in by its channel, and go on with it."""
        ways = {"phone": self._calls, "web": self._posts, "app": self._taps, "email": self._writes}
        yield from ways[case.channel](case)
        yield from self.begun(case, self.month.last)

    def automatic(self, customer: Customer) -> Life:
        """Get mail that a machine wrote: kept, and no ticket."""
        subject, text, word = self.words.choose(self.words.texts["talk"]["automatic"])
        raw = self._mail(customer, subject, text, automatic=word)
        yield {**received("email", raw), "expect": {"received": "ignored"}}

    def _calls(self, case: Case) -> Life:
        if not case.again and not case.problem.batch and self.chance(0.02):
            yield from self._rings_out(case)
            return
        agent = self.words.choose(self.month.members("customer-service"))
        requester = case.customer.told("phone", "company", "level")
        fields: dict[str, Any] = {"requester": requester, **case.form}
        if self.chance(0.2):
            call = f"c-{self.random.randrange(10**6):06}"
            yield cti("newCall", call, **{"from": case.customer.phone})
            yield self.month.now + timedelta(seconds=self.random.randint(3, 28))
            yield cti("answer", call, agent=agent)
            yield self.month.now + timedelta(seconds=self.random.randint(60, 240))
            fields["call"] = call
            over = self.month.now + timedelta(seconds=self.random.randint(5, 60))
            self.month.wake(over, _hung_up(call))
        by = f"agent:{agent}"
        if self.chance(0.01):
            wrong = {key: value for key, value in fields.items() if key != "description"}
            yield {**submitted(case.name, by, "phone", wrong), "refused": "description"}
        yield submitted(case.name, by, "phone", fields)

    def _rings_out(self, case: Case) -> Life:
        """Hang up before anybody answers."""
        call = f"c-{self.random.randrange(10**6):06}"
        yield cti("newCall", call, **{"from": case.customer.phone})
        yield self.month.now + timedelta(seconds=self.random.randint(25, 70))
        yield {**cti("hangup", call), "as": case.name}

    def _taps(self, case: Case) -> Life:
        fields = {"requester": case.customer.told("phone", "company"), **case.form}
        yield submitted(case.name, "requester", "app", fields)

    def _posts(self, case: Case) -> Life:
        requester = case.customer.told("phone", "company", *self._mailbox())
        form: dict[str, Any] = {"requester": requester, **case.form}
        if self.chance(0.015):
            yield received("web", {"json": {**form, "requester": case.customer.told()}}, "contact")
        if self.chance(0.01):
            yield received("web", {"json": {**form, "type": "坏了"}}, "type")
        yield {**received("web", self._form(requester, case.form)), "as": case.name}

    def _mailbox(self) -> tuple[str, ...]:
        return ("email",) if self.chance(0.4) else ()

    def _form(self, requester: Mapping[str, str], form: Mapping[str, str]) -> dict[str, Any]:
        if self.chance(0.85):
            return {"json": {"requester": dict(requester), **form}}
        flat = {f"requester.{key}": value for key, value in requester.items()}
        return {
            "text": urlencode({**flat, **form}),
            "content_type": "application/x-www-form-urlencoded",
        }

    def _writes(self, case: Case) -> Life:
        case.mail = f"{case.name}@example.net"
        problem = case.problem
        raw = self._mail(case.customer, problem.subject, problem.description, message_id=case.mail)
        yield {**received("email", raw), "as": case.name}

    def _mail(
        self, customer: Customer, subject: str, text: str, message_id: str = "", automatic: str = ""
    ) -> dict[str, Any]:
        return mail(
            customer.sender,
            self.words.texts["mailbox"],
            subject,
            text,
            self.month.now.astimezone(ZONE),
            message_id=message_id or f"auto-{self.random.randrange(10**6):06}@example.net",
            automatic=automatic,
            charset="gb18030" if self.chance(0.2) else "utf-8",
        )


def _hung_up(call: str) -> Life:
    yield cti("hangup", call)
