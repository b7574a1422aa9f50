"""Who comes to a line in a recorded month, and what belongs together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any, Final

from ruledesk_rulesets.months.case import Case, Month
from ruledesk_rulesets.months.channels import Channels
from ruledesk_rulesets.months.life import CaseLife
from ruledesk_rulesets.months.words import Problem
from ruledesk_rulesets.recorder.life import Life
from ruledesk_rulesets.recorder.recorder import ZONE
from ruledesk_rulesets.recorder.words import Customer

#: The month, and the days on which what came in is still worked on.
START: Final = datetime(2026, 9, 28, 8, 0, tzinfo=ZONE)
LAST: Final = datetime(2026, 10, 31, 22, 0, tzinfo=ZONE)
UNTIL: Final = datetime(2026, 11, 8, 20, 0, tzinfo=ZONE)
#: How busy each hour from 08:00 to 22:00 is.
_LOAD: Final = (8, 14, 15, 13, 8, 8, 11, 12, 11, 9, 6, 6, 5, 3)
#: So many days off in a row, and there is a rush after them.
_HOLIDAY: Final = 3
_OPENING: Final = time(8, 0, tzinfo=ZONE)
_COMPLAINTS: Final = ("quality", "service")
#: How often somebody takes the wrong type in a form.
_MISTAKEN: Final = {"phone": 0.045, "web": 0.1, "app": 0.1}
#: How often somebody says what the fault is called.
_NAMED: Final = {"phone": 0.5, "web": 0.2, "app": 0.3}


class Arrivals(Channels):
    """Everybody who calls, posts or writes in a month."""

    def __init__(self, month: Month) -> None:
        super().__init__(month)
        self._customers: list[Customer] = []
        self._cases = 0

    def plan(self) -> None:
        """Have everybody come at their time: more on working days, most after days off."""
        day, off = START, 0
        while day < LAST:
            open_ = self.month.office.is_working_day(day.date())
            usual = self.words.texts["per_working_day" if open_ else "per_day_off"]
            rush = 1.35 if open_ and off >= _HOLIDAY else 1
            for _ in range(self.random.randint(int(usual * rush * 0.9), int(usual * rush * 1.1))):
                self.month.wake(self._time(day), self._somebody())
            for _ in range(self.random.randint(0, 2)):
                self.month.wake(self._time(day), self.automatic(self._customer()))
            day, off = day + timedelta(days=1), 0 if open_ else off + 1
        for batch in self.words.texts["batches"]:
            at = batch["at"]
            for _ in range(batch["reports"]):
                self.month.wake(at, self._reported(batch))
                at += timedelta(minutes=self.random.randint(20, 150))

    def begun(self, case: Case, number: str) -> Life:
        """Live on; now and then the customer comes again about it."""
        if case.problem.batch:
            self.month.see(number, "priority", "team", "flags")
        elif case.again:
            self.month.see(number, "status", "flags")
        elif self.chance(0.05):
            self.month.see(number, "priority", "team", "targets.resolution.due")
        if not case.again:
            self._comes_again(case)
        yield from CaseLife(self.month, case, number).live()

    # -- who comes ----------------------------------------------------------------------------

    def _time(self, day: datetime) -> datetime:
        hour = self.random.choices(range(len(_LOAD)), _LOAD)[0]
        return day + timedelta(seconds=3600 * hour + self.random.randrange(3600))

    def _somebody(self) -> Life:
        yield from self.handed_in(self._case(self._channel()))

    def _reported(self, batch: Mapping[str, Any]) -> Life:
        """Report a fault that many have at once."""
        customer = self.words.customer()
        problem = self.words.batch_problem(customer, batch)
        channel = self.words.choose(("phone", "app", "web"))
        yield from self.handed_in(self._named(customer, problem, channel))

    def _channel(self) -> str:
        channels: dict[str, int] = self.words.texts["channels"]
        return self.random.choices(list(channels), list(channels.values()))[0]

    def _case(self, channel: str) -> Case:
        customer = self._customer()
        return self._named(customer, self.words.problem(customer), channel)

    def _named(self, customer: Customer, problem: Problem, channel: str) -> Case:
        self._cases += 1
        case = Case(f"t{self._cases:04}", customer, problem, channel)
        if channel != "email":
            case.form = self._form_of(problem, channel)
        return case

    def _customer(self) -> Customer:
        """Choose who comes: now and then somebody who came before."""
        if self._customers and self.chance(0.03):
            return self.words.choose(self._customers)
        customer = self.words.customer()
        self._customers.append(customer)
        return customer

    def _form_of(self, problem: Problem, channel: str) -> dict[str, str]:
        """Fill in a form; the type may be the wrong one, less often as people learn."""
        kind = problem.kind
        learnt = max(0.4, 1.25 - (self.month.now - START) / timedelta(days=40))
        if not problem.batch and self.chance(_MISTAKEN[channel] * learnt):
            kind = self.words.choose([one for one in self.words.texts["kinds"] if one != kind])
        given = {
            "type": kind,
            "description": problem.description,
            "product": problem.product,
            "urgency": "" if problem.urgency == "general" else problem.urgency,
            "fault": problem.fault if problem.batch or self.chance(_NAMED[channel]) else "",
        }
        told: Mapping[str, float] = self.words.texts["told"]
        for name, share in told.items():
            given[name] = problem.filling[name] if self.chance(share) else ""
        return {key: value for key, value in given.items() if value}

    # -- who comes again ----------------------------------------------------------------------

    def _comes_again(self, case: Case) -> None:
        """Have a customer report it once more by telephone, or complain again weeks later."""
        if case.form and case.channel != "phone" and self.chance(0.07):
            self._wakes(self.random.randint(30, 1100), self._twice(case))
        elif case.problem.kind in _COMPLAINTS and self.chance(0.05):
            minutes = self.random.randint(3 * 1440, 24 * 1440)
            self._wakes(minutes, self._complains(case.customer))

    def _wakes(self, minutes: int, life: Life) -> None:
        """Have somebody come so many minutes later, by day, within the month."""
        at = (self.month.now + timedelta(minutes=minutes)).astimezone(ZONE)
        at = max(at, datetime.combine(at.date(), _OPENING))
        if at < LAST:
            self.month.wake(at, life)

    def _twice(self, first: Case) -> Life:
        """Report the same by telephone: one ticket, while the first is worked on (E2)."""
        problem = self.words.again(first.problem)
        case = self._named(first.customer, problem, "phone")
        case.form = {**first.form, "description": problem.description}
        case.again = True
        yield from self.handed_in(case)

    def _complains(self, customer: Customer) -> Life:
        """Complain a second time within 30 days (E8)."""
        problem = self.words.problem(customer, self.words.choose(_COMPLAINTS))
        case = self._named(customer, problem, self.words.choose(("phone", "phone", "web", "app")))
        case.form = {**case.form, "type": problem.kind}
        case.again = True
        yield from self.handed_in(case)
