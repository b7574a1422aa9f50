"""What happens to one ticket of the recorded day, from the first word to the last.

A life is a generator. It yields a step to have it done at once, or an instant to go on then; what
it does next depends on what the desk made of the step.
"""

from __future__ import annotations

from typing import Final

from ruledesk.model.ticket import OPEN_STATUSES, Status
from ruledesk_rulesets.hotline.recordings.day_case import SUPERVISORS
from ruledesk_rulesets.hotline.recordings.day_work import EFFORT, CaseWork
from ruledesk_rulesets.recorder.life import Life

#: From submission to acceptance, in minutes, by priority.
_DELAY: Final = {"critical": (3, 35), "urgent": (8, 110), "normal": (12, 260)}
_TOO_LATE: Final = {"critical": (125, 200), "urgent": (245, 400), "normal": (1450, 1700)}


class CaseLife(CaseWork):
    """Everybody's part in one ticket."""

    # -- the whole ----------------------------------------------------------------------------

    def live(self) -> Life:
        """Live from the submission on."""
        yield from self._respond()
        if self.ticket.status in OPEN_STATUSES:
            yield from self.work()
        for _ in range(3):
            if self.ticket.status is Status.AWAITING_CONFIRMATION:
                yield from self._settle()
            if self.ticket.status is not Status.FOLLOW_UP:
                return
            yield from self._follow_up()

    def _respond(self) -> Life:
        yield from self._dispatched()
        if self.chance(0.03):
            yield self.later(2, 15)
            handler = self.handler
            yield self.words.choose(
                (
                    self.step("confirm", "requester", refused=True, rating=5),
                    self.step("accept", "agent:CS999", refused="CS999"),
                    self.step("supervise", handler, refused="supervise", reason="请督办"),
                    self.step("assign", handler, refused="assign", agent="CS103"),
                )
            )
        priority = self.ticket.priority
        lazy = self.chance(0.05)
        yield self.at_work(*(_TOO_LATE if lazy else _DELAY)[priority])
        if self.ticket.status is not Status.NEW:
            return
        if self.chance(0.12):
            yield self.step("acknowledge", self.handler, opinion="已核实情况，安排处理")
            yield self.at_work(1, 10)
        yield self.step("accept", self.handler)

    def _dispatched(self) -> Life:
        """Wait until there is a handler: the supervisor finds one for what is in the pool."""
        if not self.ticket.agent:
            yield self.at_work(4, 25)
            if not self.ticket.agent:
                yield self.step(
                    "assign",
                    SUPERVISORS[0],
                    team=self.ticket.team,
                    agent=self.world.least_loaded(),
                    note="坐席满载，人工派单",
                )
        elif self.chance(0.04):
            yield self.at_work(2, 12)
            agent = self.words.choose(self.world.members(self.ticket.team))
            note = self.words.choose(self.talk["handovers"])
            yield self.step("assign", SUPERVISORS[0], team=self.ticket.team, agent=agent, note=note)

    # -- settling -----------------------------------------------------------------------------

    def _settle(self) -> Life:
        """Let the customer confirm, decline, or not answer."""
        fate = self.random.choices(("confirm", "decline", "silent", "called"), (76, 8, 8, 8))[0]
        if fate == "silent":
            return
        if fate == "called":
            yield self.at_work(2900, 3300)
            reason = self.words.choose(self.talk["closings"])
            yield self.step("close", self.handler, reason=reason)
            return
        yield self.at_work(4, 900)
        if fate == "decline":
            if self.chance(0.25):
                yield self.step("decline", "requester", refused="reason")
            reason = self.words.choose(self.talk["declines"])
            yield self.step("decline", "requester", reason=reason)
            return
        yield from self._confirm()

    def _confirm(self) -> Life:
        if self.chance(0.03):
            yield self.step("confirm", "requester", refused="rating", rating=6)
        rated = self.words.rating()
        if self.chance(0.8):
            yield self.step("confirm", "requester", **rated)
            return
        yield self.step("confirm", "requester")
        if self.chance(0.5):
            yield self.later(5, 300)
            yield self.step("rate", "requester", **rated)

    def _follow_up(self) -> Life:
        """Try again, by the same handler or by another one whom the supervisor names."""
        yield self.at_work(15, 240)
        if self.chance(0.2):
            yield from self.supervise()
        if self.chance(0.4):
            agent = self.words.choose(self.world.members(self.ticket.team))
            yield self.step(
                "assign",
                SUPERVISORS[1],
                team=self.ticket.team,
                agent=agent,
                note="客户不满意，改派处理",
            )
        yield self.at_work(5, 60)
        yield self.step("accept", self.handler)
        low, high = EFFORT[self.case.problem.kind]
        yield from self.report_until(self.at_work(low / 2, high / 2))
        yield self.step("resolve", self.handler, **self.words.solution(self.case.problem))
