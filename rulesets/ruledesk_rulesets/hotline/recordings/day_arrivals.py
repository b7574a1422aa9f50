"""How tickets of the recorded day come in: calls, forms, mails, and mail of machines."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from ruledesk_rulesets.hotline.recordings.day_case import Case, Day
from ruledesk_rulesets.hotline.recordings.day_life import CaseLife
from ruledesk_rulesets.hotline.recordings.day_mail import TO, form
from ruledesk_rulesets.hotline.recordings.day_words import Problem, Words
from ruledesk_rulesets.recorder.life import Life
from ruledesk_rulesets.recorder.mail import mail
from ruledesk_rulesets.recorder.recorder import ZONE
from ruledesk_rulesets.recorder.steps import cti, received, submitted
from ruledesk_rulesets.recorder.words import Customer

ARRIVALS: Final = 232
START: Final = datetime(2026, 3, 12, 8, 30, tzinfo=ZONE)
#: How busy each half hour from 08:30 to 20:00 is.
_LOAD: Final = (5, 9, 14, 15, 13, 10, 8, 5, 5, 7, 11, 13, 14, 12, 10, 9, 8, 7, 6, 7, 8, 7, 5)
_RECEPTION: Final = ("CS001", "CS002", "CS003", "CS004", "CS005")


class Arrivals:
    """Everybody who calls, posts or writes on the day."""

    def __init__(self, day: Day) -> None:
        self.day = day
        self.random = day.random
        self.words = day.words
        self.chance = day.words.chance
        self._customers: list[Customer] = []
        self._cases: list[Case] = []

    def plan(self) -> None:
        """Have everybody begin at their time of the day."""
        for half_hour in self.random.choices(range(len(_LOAD)), _LOAD, k=ARRIVALS):
            at = START + timedelta(seconds=1800 * half_hour + self.random.randrange(1800))
            channel = self.random.choices((self._calls, self._posts, self._writes), (55, 28, 17))[0]
            self.day.wake(at, channel())
        for _ in range(9):
            self.day.wake(
                START + timedelta(seconds=self.random.randrange(41_000)), self._automatic()
            )

    def _customer(self) -> Customer:
        """Choose who comes: often somebody who came before."""
        if self._customers and self.chance(0.2):
            return self.random.choice(self._customers)
        foreign = self.chance(0.02)
        customer = self.words.foreigner() if foreign else self.words.customer()
        self._customers.append(customer)
        return customer

    def _case(self, channel: str, customer: Customer, problem: Problem | None = None) -> Case:
        name = f"t{len(self._cases) + 1:03}"
        case = Case(name, customer, problem or self.words.problem(customer), channel)
        self._cases.append(case)
        return case

    def _begun(self, case: Case) -> Life:
        """Go on with what the desk made of the submission."""
        case.number = self.day.last
        if case.channel != "phone" and self.chance(0.14):
            self.day.wake(
                self.day.now + timedelta(minutes=self.random.randint(20, 200)), self._again(case)
            )
        yield from CaseLife(self.day, case).live()

    def _calls(self) -> Life:
        customer = self._customer()
        call = f"c-{self.random.randrange(10**6):06}"
        yield cti("newCall", call, **{"from": customer.phone})
        if self.chance(0.06):
            yield self.day.now + timedelta(seconds=self.random.randint(25, 70))
            case = self._case("phone", customer)
            yield {**cti("hangup", call), "as": case.name}
            yield from self._begun(case)
            return
        yield self.day.now + timedelta(seconds=self.random.randint(3, 28))
        agent = self.random.choice(_RECEPTION)
        yield cti("answer", call, agent=agent)
        yield self.day.now + timedelta(seconds=self.random.randint(40, 200))
        case = self._case("phone", customer)
        yield from self._registered(case, call, agent)
        case.number = self.day.last
        self.day.wake(self.day.now + timedelta(seconds=self.random.randint(8, 90)), _hung_up(call))
        yield from self._begun(case)

    def _registered(self, case: Case, call: str, agent: str) -> Life:
        """Fill in the registration while the customer is on the line."""
        step = _registration(case, call, agent, self.words)
        if self.chance(0.04):
            wrong = {key: value for key, value in step["with"].items() if key != "description"}
            yield {**step, "with": wrong, "refused": "description"}
        yield step

    def _posts(self) -> Life:
        customer = self._customer()
        case = self._case("web", customer)
        raw = form(customer, case.problem, as_json=self.chance(0.8))
        if "json" in raw and self.chance(0.08):
            wrong = {"json": {**raw["json"], "requester": {"name": customer.name}}}
            yield received("web", wrong, refused="contact")
        yield {**received("web", raw), "as": case.name}
        yield from self._begun(case)

    def _writes(self) -> Life:
        customer = self._customer()
        case = self._case("email", customer)
        case.mail = f"{case.name}@example.net"
        problem = case.problem
        charset = "gb18030" if self.chance(0.3) else "utf-8"
        at = self.day.now.astimezone(ZONE)
        raw = mail(
            customer.sender,
            TO,
            problem.subject,
            problem.description,
            at,
            message_id=case.mail,
            charset=charset,
        )
        yield {**received("email", raw), "as": case.name}
        yield from self._begun(case)

    def _automatic(self) -> Life:
        """Mail that machines write: kept, and no ticket."""
        subject, text, word = self.random.choice(self.words.texts["talk"]["automatic"])
        message_id = f"auto-{self.random.randrange(10**6):06}@example.net"
        raw = mail(
            self._customer().sender,
            TO,
            subject,
            text,
            self.day.now.astimezone(ZONE),
            message_id=message_id,
            automatic=word,
        )
        yield {**received("email", raw), "expect": {"received": "ignored"}}

    def _again(self, first: Case) -> Life:
        """Call about what was reported already; the supervisor joins the two."""
        agent = self.random.choice(_RECEPTION)
        case = self._case("phone", first.customer, first.problem)
        yield _registration(case, "", agent, self.words)
        case.number = self.day.last
        yield self.day.now + timedelta(minutes=self.random.randint(3, 20))
        yield {
            "do": "merge",
            "ticket": case.name,
            "by": "agent:CS900",
            "with": {"into": first.name},
        }


def _registration(case: Case, call: str, agent: str, words: Words) -> dict[str, Any]:
    """Write down what an agent registers while the customer is on the line."""
    problem, customer = case.problem, case.customer
    requester = {
        "name": customer.name,
        "phone": customer.phone,
        "region": customer.region,
        "level": customer.level,
    }
    agreed = words.choose(words.texts["talk"]["agreed"]) if problem.kind == "repair" else ""
    fields = {
        **({"call": call} if call else {}),
        "requester": {key: value for key, value in requester.items() if value},
        "type": "consult",
        **problem.remarks(),
        **({"agreed": agreed} if agreed else {}),
    }
    return submitted(case.name, f"agent:{agent}", "phone", fields)


def _hung_up(call: str) -> Life:
    yield cti("hangup", call)
