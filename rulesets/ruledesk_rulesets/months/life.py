"""What happens to one ticket of a recorded month, from the first word to the last."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from ruledesk.model.ticket import OPEN_STATUSES, TERMINAL_STATUSES, Status, Ticket
from ruledesk_rulesets.months.case import TEAMS
from ruledesk_rulesets.months.work import CaseWork
from ruledesk_rulesets.recorder.life import Life

#: From submission to acceptance by priority, in minutes, when somebody is on duty.
_DELAY: Final = {"major": (2, 24), "urgent": (6, 90)}
_TOO_LATE: Final = {"major": (33, 70), "urgent": (125, 260), "general": (1300, 2200)}
#: From the evening of a working day to the morning of the next, and not more.
_A_NIGHT: Final = timedelta(hours=20)


class CaseLife(CaseWork):
    """Everybody's part in one ticket."""

    def live(self) -> Life:
        """Live from the submission on."""
        if self.ticket.status in TERMINAL_STATUSES:
            return  # joined with another one at once
        yield from self._respond()
        if self.ticket.status in OPEN_STATUSES:
            yield from self.work()
        for _ in range(3):
            if self.ticket.status is Status.AWAITING_CONFIRMATION:
                yield from self._settle()
            if self.ticket.status is Status.IN_PROGRESS:
                yield from self._again()
        if self.ticket.status is Status.CLOSED:
            yield from self._review()

    # -- from the submission to a handler -----------------------------------------------------

    def _respond(self) -> Life:
        if self._misrouted() and self.chance(0.9):
            yield from self._rerouted()
        elif not self.ticket.agent or self.chance(0.015):
            yield from self._dispatched()
        if self.ticket.status is not Status.NEW:
            return
        yield from self._wait()
        if self.ticket.status is not Status.NEW:
            return
        contact = self.ticket.targets.get("contact")
        if contact is not None and self.chance(0.85):
            yield from self.call()
            self.looked_at("targets.response.state", "targets.contact.state", share=0.05)
            yield self.on_duty(1, 12)
        elif self.chance(0.06):
            yield self.act("acknowledge", opinion=self.words.choose(self.talk["acknowledge"]))
            yield self.on_duty(1, 10)
        yield self.act("accept")
        self.looked_at("status", "targets.response.state", share=0.06)

    def _wait(self) -> Life:
        """Let it lie for as long as its handler lets it lie."""
        ticket = self.ticket
        at = self.in_hours(8, 300)
        if self.chance(0.04):
            yield self.later(*_TOO_LATE[ticket.priority])
            yield self.on_duty(1, 20)
        elif self._called_at_once(ticket):
            yield self.on_duty(2, 25)
        elif ticket.priority in _DELAY:
            yield self.on_duty(*_DELAY[ticket.priority])
        elif at - self.month.now > _A_NIGHT and self.chance(0.75):
            yield self.on_duty(20, 600)  # who is on duty looks at it on a day off
        else:
            yield at

    def _called_at_once(self, ticket: Ticket) -> bool:
        """Say whether somebody is promised a call within the hour."""
        contact = ticket.targets.get("contact")
        return contact is not None and contact.due - ticket.created_at < timedelta(hours=1)

    def _misrouted(self) -> bool:
        ticket = self.ticket
        return ticket.priority != "major" and ticket.team != TEAMS[self.case.problem.kind]

    def _rerouted(self) -> Life:
        """See that it went to the wrong team, whose head hands it on 派错团队."""
        yield self.in_hours(15, 420)
        if self.ticket.status is not Status.NEW:
            return
        team = TEAMS[self.case.problem.kind]
        text = self.words.choose(self.talk["wrong_team"])
        yield self._assigned(team, text.format(team=self.month.title(team)))
        self.looked_at("team", "agent")

    def _dispatched(self) -> Life:
        """Have the head of the team name another handler."""
        yield self.on_duty(4, 40)
        if self.ticket.status is Status.NEW:
            yield self._assigned(self.ticket.team, self.words.choose(self.talk["handovers"]))

    def _assigned(self, team: str, note: str) -> dict[str, Any]:
        agent = self.month.least_loaded(team)
        by = self.month.head(self.ticket.team)
        return self.step("assign", by, team=team, agent=agent, note=note)

    # -- from the solution to the end ---------------------------------------------------------

    def _settle(self) -> Life:
        """Let the customer confirm, decline, or not answer; the survey comes the day after."""
        fate = self.random.choices(("confirm", "decline", "silent"), (62, 7, 31))[0]
        if fate == "silent":
            yield from self._silent()
            return
        yield self.on_duty(10, 1300)
        if fate == "decline":
            if self.chance(0.15):
                yield self.step("decline", "requester", refused="reason")
            reason = self.words.choose(self.talk["declines"])
            yield self.step("decline", "requester", reason=reason)
            self.looked_at("status", "reopens", share=0.3)
            return
        if self.chance(0.02):
            yield self.step("confirm", "requester", refused="rating", rating=6)
        rated = self.words.rating() if self.chance(0.45) else {}
        yield self.step("confirm", "requester", **rated)
        self.looked_at("status", "rating", share=0.08)
        if not rated:
            yield from self._surveyed(0.55)

    def _silent(self) -> Life:
        """Answer the survey at most; the handler closes it when nobody can be reached."""
        yield from self._surveyed(0.4)
        yield self.in_hours(1200, 2600)
        if self.ticket.status is Status.AWAITING_CONFIRMATION and self.chance(0.85):
            yield self.act("close", reason=self.words.choose(self.talk["closings"]))

    def _surveyed(self, share: float) -> Life:
        if self.chance(share):
            yield self.later(1445, 3000)
            yield self.step("rate", "requester", **self.words.rating())
            self.looked_at("rating", share=0.06)

    def _again(self) -> Life:
        """Try again after the customer was not satisfied."""
        yield self.on_duty(15, 240)
        if self.chance(0.3):
            yield self._assigned(self.ticket.team, "客户不满意，改派处理")
            yield self.on_duty(5, 60)
            yield self.act("accept")
        yield from self.work(haste=0.6)

    def _review(self) -> Life:
        """Have the quality team look at how it was dealt with, now and then."""
        ticket = self.ticket
        striking = ticket.reopens or "overdue" in ticket.flags or ticket.priority == "major"
        if not self.chance(0.4 if striking else 0.05):
            return
        yield self.in_hours(200, 1500)
        by = f"agent:{self.month.least_loaded('quality')}"
        if self.chance(0.6 if striking else 0.2):
            text, improvement = self.words.choose(self.talk["reviews_improve"])
            yield self.step("review", by, verdict="improve", text=text, improvement=improvement)
        else:
            text = self.words.choose(self.talk["reviews_good"])
            yield self.step("review", by, verdict="good", text=text)
        self.looked_at("reviews.1.verdict", share=0.2)
