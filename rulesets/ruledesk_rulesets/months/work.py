"""How a ticket of a recorded month is worked on, between acceptance and resolution."""

from __future__ import annotations

from datetime import datetime, timedelta

from ruledesk.model.ticket import OPEN_STATUSES, Status
from ruledesk_rulesets.months.case import CasePart
from ruledesk_rulesets.recorder.life import Life
from ruledesk_rulesets.recorder.mail import mail
from ruledesk_rulesets.recorder.recorder import ZONE


class CaseWork(CasePart):
    """The handler, the other departments, and the customer asking how it goes."""

    def work(self, haste: float = 1) -> Life:
        """Work on it until it is resolved, or turns out to be nothing.

        Args:
            haste: Which part of the usual time it takes.
        """
        low, high = self.words.texts[self.case.problem.kind]["effort"]
        until = self.in_hours(low * haste, self.random.randint(low, high) * haste)
        if self.chance(0.03):
            until = self.in_hours(3000, 4200)  # forgotten: beyond any limit
        yield from self._plan()
        for part, share in (
            (self._ask, 0.05),
            (self._collaborate, 0.1),
            (self._urged, 0.07),
            (self._internal, 0.06),
            (self._progress, 0.3),
            (self._raised, 0.03),
            (self._supervised, 0.015),
            (self._stumble, 0.03),
        ):
            if self.chance(share) and self.ticket.status in OPEN_STATUSES:
                yield from part()
        if self.chance(0.02):
            yield self.on_duty(5, 60)
            yield self.act("cancel", reason=self.words.choose(self.talk["cancels"]))
            return
        yield max(until, self.on_duty(2, 30))
        yield self.act("resolve", **self.words.solution(self.case.problem))
        self.looked_at("status", "targets.resolution.state", share=0.1)

    def call(self) -> Life:
        """Ring the customer up."""
        yield self.act("contact", via="phone", text=self.say("contact"))

    def _plan(self) -> Life:
        """Say what will be done: what is major or complained about again is promised a plan."""
        ticket = self.ticket
        batch = "batch_fault" in ticket.flags
        if ticket.priority == "major":
            yield self.on_duty(60, 900) if self.chance(0.93) else self.later(1500, 2000)
        elif "repeat_complaint" in ticket.flags and self.chance(0.9):
            yield self.on_duty(30, 700)
        elif self.chance(0.05):
            yield self.in_hours(10, 120)
        else:
            return
        if self.ticket.status not in OPEN_STATUSES:
            return
        cause, solution = self.words.choose(self.talk["batch_plans" if batch else "plans"])
        eta = _minute(self.in_hours(400, 1400))
        yield self.act("plan", cause=cause, solution=solution, eta=eta)
        self.looked_at("targets.interim.state" if ticket.targets.get("interim") else "status")

    def _progress(self) -> Life:
        yield self.on_duty(60, 600)
        group = "public" if self.month.working() else "public_day_off"
        yield self.act("note", text=self.say(group), public=True)

    def _internal(self) -> Life:
        yield self.on_duty(3, 60)
        yield self.act("note", text=self.say("internal"))

    def _raised(self) -> Life:
        if self.ticket.priority != "general":
            return
        yield self.on_duty(20, 200)
        reason = self.words.choose(self.talk["classify"])
        yield self.act("classify", urgency="urgent", reason=reason)
        self.looked_at("priority", "targets.resolution.due", share=0.4)

    def _supervised(self) -> Life:
        yield self.on_duty(5, 60)
        reason = self.words.choose(self.talk["supervise"])
        yield self.step("supervise", self.month.head(self.ticket.team), reason=reason)

    def _urged(self) -> Life:
        yield self.on_duty(20, 400)
        text = self.say("urge")
        if self.case.mail:
            yield self._answer(text)
        else:
            yield self.step("note", "requester", text=text, public=True)

    def _ask(self) -> Life:
        if "purchased_on" in self.ticket.custom:
            return
        yield self.on_duty(2, 60)
        missing = ["custom.purchased_on"]
        yield self.act("request_info", missing=missing, text=self.words.choose(self.talk["ask"]))
        yield self.on_duty(20, 900)
        text = self.say("answer")
        if self.case.mail:
            yield self._answer(text)
            return
        fields = {"custom.purchased_on": self.case.problem.filling["purchased_on"]}
        yield self.step("provide_info", "requester", fields=fields, text=text)

    def _answer(self, text: str) -> dict[str, object]:
        """Answer by mail, as who wrote by mail does."""
        raw = mail(
            self.case.customer.sender,
            self.words.texts["mailbox"],
            f"Re: {self.case.problem.subject}",
            text,
            self.month.now.astimezone(ZONE),
            message_id=f"{self.name}-{self.random.randrange(10**6):06}@example.net",
            answers=self.case.mail,
        )
        return {"do": "receive", "as": f"{self.name}-re", "channel": "email", "raw": raw}

    def _collaborate(self) -> Life:
        yield self.on_duty(10, 120)
        filling = self.case.problem.filling
        duties = [duty for duty in self.words.texts["duties"] if duty["team"] != self.ticket.team]
        duty = self.words.choose(duties)
        text = duty["duty"].format_map(filling)
        due = _minute(self.in_hours(400, 700))
        yield self.act("collaborate", team=duty["team"], duty=text, due=due)
        if self.chance(0.12):
            yield self.later(1, 15)
            yield self.step("resolve", self.handler, refused=True, solution="先行办结")
        yield self.in_hours(40, 600)
        if self.ticket.status not in (*OPEN_STATUSES, Status.AWAITING_CONFIRMATION):
            return
        by = f"agent:{self.words.choose(self.month.members(duty['team']))}"
        task = self.ticket.tasks[-1].number
        yield self.step("answer_task", by, task=task, text=duty["answer"].format_map(filling))
        self.looked_at("tasks.1.answer", share=0.05)

    def _stumble(self) -> Life:
        """Do something wrong, which the desk refuses."""
        yield self.on_duty(1, 30)
        handler = self.handler
        other = self.month.least_loaded("quality")
        yield self.words.choose(
            (
                self.step("resolve", handler, refused="solution"),
                self.step("note", handler, refused="text", text=""),
                self.step("resolve", f"agent:{other}", refused=True, solution="已处理"),
                self.step(
                    "collaborate", handler, refused="warehouse", team="warehouse", duty="查库存"
                ),
                self.step("classify", handler, refused="urgency", urgency="asap", reason="催办"),
                self.step("review", handler, refused=True, verdict="good", text="处理得很好"),
            )
        )


def _minute(at: datetime) -> str:
    """Write an instant as people name it: to the minute."""
    return (at.astimezone(ZONE).replace(second=0) + timedelta(minutes=1)).isoformat()
