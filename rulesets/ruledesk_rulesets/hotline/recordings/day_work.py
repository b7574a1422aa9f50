"""How a ticket of the recorded day is worked on, between acceptance and resolution."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from ruledesk_rulesets.hotline.recordings.day_case import SUPERVISORS, CasePart
from ruledesk_rulesets.hotline.recordings.day_mail import TO
from ruledesk_rulesets.recorder.life import Life
from ruledesk_rulesets.recorder.mail import mail
from ruledesk_rulesets.recorder.recorder import ZONE

#: From accepting to resolving, in minutes, by kind of problem.
EFFORT: Final = {
    "consult": (6, 50),
    "english": (20, 240),
    "suggestion": (10, 120),
    "refund": (60, 1500),
    "logistics": (90, 2200),
    "complaint": (50, 1900),
    "repair": (120, 2900),
}


class CaseWork(CasePart):
    """The handler, the departments, and the customer asking how it goes."""

    def work(self) -> Life:
        """Work on it until it is resolved, or turns out to be nothing."""
        low, high = EFFORT[self.case.problem.kind]
        until = self.at_work(low, self.random.randint(low, high))
        for part, share in (
            (self._contact, 0.3),
            (self._ask, 0.08),
            (self.supervise, 0.4 if self.ticket.priority == "critical" else 0.02),
            (self._collaborate, 0.13),
            (self._urged, 0.07),
            (self._internal, 0.15),
            (self._stumble, 0.03),
        ):
            if self.chance(share):
                yield from part()
        if self.chance(0.03):
            yield self.at_work(5, 60)
            reason = self.words.choose(self.talk["cancels"])
            yield self.step("cancel", self.handler, reason=reason)
            return
        yield from self.report_until(until)
        yield self.step("resolve", self.handler, **self.words.solution(self.case.problem))

    def report_until(self, until: datetime) -> Life:
        """Tell the customer how it goes, mostly once a day as promised, until it is done."""
        forgets = self.chance(0.12)
        while until - self.world.now > timedelta(hours=5):
            yield min(self.at_work(300, 2200 if forgets else 1200), until)
            if self.world.now < until:
                text = self.words.say("public", self.case.problem.filling)
                yield self.step("note", self.handler, text=text, public=True)
        yield max(until, self.at_work(2, 30))

    def _contact(self) -> Life:
        yield self.at_work(1, 20)
        text = self.words.say("contact", self.case.problem.filling)
        yield self.step("contact", self.handler, via="phone", text=text)

    def _internal(self) -> Life:
        yield self.at_work(3, 60)
        text = self.words.say("internal", self.case.problem.filling)
        yield self.step("note", self.handler, text=text)

    def supervise(self) -> Life:
        """Have the supervisor put it under supervision 督办."""
        yield self.at_work(5, 40)
        reason = self.words.choose(self.talk["supervise"])
        yield self.step("supervise", SUPERVISORS[0], reason=reason)

    def _urged(self) -> Life:
        yield self.at_work(10, 120)
        text = self.words.say("urge", self.case.problem.filling)
        yield from self._customer_says("note", text=text, public=True)

    def _ask(self) -> Life:
        yield self.at_work(2, 30)
        missing = self.words.choose(self.talk["missing"])
        yield self.step(
            "request_info",
            self.handler,
            missing=missing,
            text=self.words.say("ask", self.case.problem.filling),
        )
        yield self.at_work(8, 500)
        filling = self.case.problem.filling
        given = {name: filling[name.removeprefix("custom.")] for name in missing}
        yield from self._customer_says(
            "provide_info", fields=given, text=self.words.say("answer", filling)
        )

    def _customer_says(self, do: str, text: str, **fields: Any) -> Life:
        """Write on the website, or answer by mail who wrote by mail."""
        if not self.case.mail:
            yield self.step(do, "requester", text=text, **fields)
            return
        answer = f"{self.case.name}-{self.random.randrange(10**6):06}@example.net"
        subject = f"Re: {self.case.problem.subject}"
        raw = mail(
            self.case.customer.sender,
            TO,
            subject,
            text,
            self.world.now.astimezone(ZONE),
            message_id=answer,
            answers=self.case.mail,
        )
        yield {"do": "receive", "as": f"{self.case.name}-re", "channel": "email", "raw": raw}

    def _collaborate(self) -> Life:
        yield self.at_work(3, 45)
        duties = [duty for duty in self.talk["duties"] if duty[0] != self.ticket.team]
        team, duty, answer = self.words.choose(duties)
        filling = self.case.problem.filling
        due = self.at_work(240, 480).isoformat()
        yield self.step(
            "collaborate", self.handler, team=team, duty=duty.format_map(filling), due=due
        )
        if self.chance(0.2):
            yield self.later(1, 15)
            yield self.step("resolve", self.handler, refused=True, solution="先行办结")
        yield self.at_work(15, 300)
        by = f"agent:{self.words.choose(self.world.members(team))}"
        task = self.ticket.tasks[-1].number
        yield self.step("answer_task", by, task=task, text=answer.format_map(filling))

    def _stumble(self) -> Life:
        """Do something wrong, which the desk refuses."""
        yield self.at_work(1, 30)
        handler = self.handler
        yield self.words.choose(
            (
                self.step("resolve", handler, refused="solution"),
                self.step("note", handler, refused="text", text=""),
                self.step(
                    "collaborate", handler, refused="warehouse", team="warehouse", duty="查库存"
                ),
                self.step("classify", handler, refused="urgency", urgency="asap", reason="催办"),
            )
        )
