"""No sequence of actions, by whomever, breaks an invariant of the lifecycle."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ruledesk.errors import Refused
from ruledesk.lifecycle.evolve import replay
from ruledesk.model.action import ACTIONS
from ruledesk.model.event import TaskOverdue
from ruledesk.model.ticket import OPEN_STATUSES, TERMINAL_STATUSES, Status
from ruledesk.testing.desks import make_desk

SAMPLE = Path(__file__).parents[2] / "samples" / "rulesets" / "full.toml"
PEOPLE: dict[str, Any] = {
    "teams": {
        "after-sales": {"head": "A100", "agents": ["A101", "A102"]},
        "customer-service": {"head": "S100", "agents": ["S101"]},
    },
    "agents": {
        "A100": {"name": "Wang"},
        "A101": {"capacity": 2, "skills": ["refrigerator"]},
        "A102": {"capacity": 1},
        "S100": {"roles": ["supervisor"]},
        "S101": {"capacity": 1},
        "X100": {"roles": ["administrator"]},
    },
}
ACTORS = st.sampled_from(
    ["requester", "system", *(f"agent:{a}" for a in PEOPLE["agents"]), "agent:X999"]
)
NAMES = [body.action for body in ACTIONS if body.action != "submit"]
OVER = {Status.CLOSED, Status.ARCHIVED, Status.CANCELLED, Status.MERGED}


def details(name: str, numbers: list[str], now: datetime, draw: Any) -> dict[str, Any]:
    """Something to do an action with: mostly sensible, so that long histories come about."""
    other = draw(st.sampled_from(numbers))
    team = draw(st.sampled_from([*PEOPLE["teams"], "nowhere"]))
    agent = draw(st.sampled_from([*PEOPLE["agents"], ""]))
    later = (now + timedelta(hours=draw(st.integers(-1, 50)))).isoformat()
    choices: dict[str, dict[str, Any]] = {
        "acknowledge": {"opinion": "看过", "category": draw(st.sampled_from(["", "repair/other"]))},
        "assign": {"team": draw(st.sampled_from(["", team])), "agent": agent, "note": "手工"},
        "contact": {"text": "打过电话"},
        "request_info": {"missing": ["product"], "text": "型号？"},
        "provide_info": {"text": "补充", "fields": {"product": "冰箱"}},
        "classify": {"priority": draw(st.sampled_from(["P0", "P3", "P9"])), "reason": "改"},
        "note": {"text": "进展", "public": draw(st.booleans())},
        "collaborate": {"team": team, "duty": "查库存", "due": later},
        "answer_task": {"task": draw(st.integers(0, 3)), "text": "有货"},
        "plan": {"cause": "坏", "solution": "换", "eta": later},
        "reject_plan": {"reason": "太贵"},
        "resolve": {"solution": "已更换"},
        "confirm": {"rating": draw(st.sampled_from([None, 1, 5, 6]))},
        "decline": {"reason": draw(st.sampled_from(["", "还是坏的"]))},
        "rate": {"rating": 4, "scores": {"speed": draw(st.integers(0, 6))}},
        "escalate": {
            "to": draw(st.sampled_from(["head", "role:supervisor", f"team:{team}", "nobody"])),
            "reason": "急",
            "hand_over": draw(st.booleans()),
        },
        "merge": {"into": other},
        "link": {"other": other, "kind": "related"},
        "review": {"verdict": draw(st.sampled_from(["good", "improve", "bad"])), "text": "看过"},
        "delete": {"reason": "不再需要"},
    }
    return choices.get(name, {})


class LifecycleMachine(RuleBasedStateMachine):
    """Random people do random things to the tickets of one desk, while time passes."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = make_desk(
            {
                "desk": {"locale": "zh-CN"},
                "lines": {"main": {"ruleset": str(SAMPLE)}},
                **PEOPLE,
            }
        )
        self.now = datetime(2026, 3, 9, 2, 0, tzinfo=UTC)
        self.numbers: list[str] = []
        self.final: dict[str, Status] = {}
        self.deleted: list[str] = []

    def teardown(self) -> None:
        self.desk.close()

    @initialize()
    def first(self) -> None:
        self.submit("repair", "冰箱不制冷", None, "requester")

    @rule(
        kind=st.sampled_from(["repair", "complaint", "batch", "nonsense"]),
        text=st.sampled_from(["冰箱不制冷", "投诉快递", "", "x" * 2001]),
        users=st.sampled_from([None, 5, 500, -1, "9"]),
        by=ACTORS,
    )
    def submit(self, kind: str, text: str, users: Any, by: str) -> None:
        fields = {
            "type": kind,
            "description": text,
            "affected_users": users,
            "requester": {"name": "张", "phone": "138 0000 0001"},
            "fault": "F1" if kind == "batch" else None,
        }
        before = dict(self.desk.store.counts())
        try:
            ticket = self.desk.submit(by=by, line="main", channel="web", fields=fields, at=self.now)
        except Refused:
            assert dict(self.desk.store.counts()) == before
            return
        assert ticket.number not in self.numbers
        self.numbers.append(ticket.number)

    @rule(name=st.sampled_from(NAMES), by=ACTORS, data=st.data())
    def act(self, name: str, by: str, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(self.numbers))
        fields = details(name, self.numbers, self.now, data.draw)
        before, counts = self.desk.ticket(number), dict(self.desk.store.counts())
        try:
            after = self.desk.act(number, name, by=by, fields=fields, at=self.now)
        except Refused:
            assert self.desk.ticket(number) == before
            assert dict(self.desk.store.counts()) == counts
            return
        if name == "delete":
            assert by == "agent:X100"
            self.forget(number)
            return
        assert after.version > before.version
        assert by != "agent:X999", "nobody knows this agent"

    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        """An administrator deletes what is over."""
        number = data.draw(st.sampled_from(self.numbers))
        if self.desk.ticket(number).status in OVER:
            fields = {"reason": "期满"}
            self.desk.act(number, "delete", by="agent:X100", fields=fields, at=self.now)
            self.forget(number)

    def forget(self, number: str) -> None:
        self.numbers.remove(number)
        self.deleted.append(number)
        if not self.numbers:
            self.first()

    @rule(handler=st.booleans(), data=st.data())
    def work(self, handler: bool, data: st.DataObject) -> None:
        """What usually comes next, so that tickets get far."""
        ticket = self.desk.ticket(data.draw(st.sampled_from(self.numbers)))
        if ticket.status is Status.AWAITING_CONFIRMATION:
            name = data.draw(st.sampled_from(["confirm", "decline"]))
            self.desk.act(
                ticket.number,
                name,
                by="requester",
                fields={"reason": "没好"} if name == "decline" else {"rating": 5},
                at=self.now,
            )
        elif ticket.status in OPEN_STATUSES and ticket.agent:
            fields = {"text": "处理中", "public": True}
            self.desk.act(
                ticket.number, "note", by=f"agent:{ticket.agent}", fields=fields, at=self.now
            )
            if not any(task.open for task in ticket.tasks) and ticket.plan is None:
                self.desk.act(
                    ticket.number,
                    "resolve",
                    by=f"agent:{ticket.agent}",
                    fields={"solution": "好了"},
                    at=self.now,
                )

    @rule(hours=st.sampled_from([0.1, 1, 5, 13, 30, 200]))
    def wait(self, hours: float) -> None:
        self.now += timedelta(hours=hours)
        self.desk.advance(self.now)
        due = self.desk.store.next_due()
        assert due is None or due > self.now
        for number in self.numbers:
            ticket = self.desk.ticket(number)
            for task in ticket.tasks if ticket.status not in OVER else ():
                assert not task.open or task.due > self.now or task.overdue_at is not None

    @rule()
    def go_back(self) -> None:
        number = self.numbers[0]
        ticket = self.desk.ticket(number)
        early = (ticket.updated_at or ticket.created_at) - timedelta(seconds=1)
        with pytest.raises(Refused):
            self.desk.act(number, "note", by="requester", fields={"text": "早"}, at=early)

    @invariant()
    def histories_are_whole(self) -> None:
        for number in self.numbers:
            events = self.desk.store.events(number)
            ticket = self.desk.ticket(number)
            assert [event.version for event in events] == list(range(1, len(events) + 1))
            assert replay(events) == ticket
            assert ticket.version == len(events)
            times = [event.at for event in events]
            assert times == sorted(times)

    @invariant()
    def what_was_deleted_is_gone(self) -> None:
        assert not set(self.numbers) & set(self.deleted)
        assert [left.number for left in self.desk.store.tombstones()] == self.deleted
        assert self.desk.store.counts()["tickets"] == len(self.numbers)

    @invariant()
    def incomplete_is_who_lacks_something(self) -> None:
        for number in self.numbers:
            ticket = self.desk.ticket(number)
            assert ("incomplete" in ticket.flags) is bool(ticket.unfilled or ticket.lacks)

    @invariant()
    def terminal_statuses_are_final(self) -> None:
        for number in self.numbers:
            status = self.desk.ticket(number).status
            assert self.final.get(number, status) == status
            if status in TERMINAL_STATUSES:
                self.final[number] = status

    @invariant()
    def targets_are_consistent(self) -> None:
        for number in self.numbers:
            ticket = self.desk.ticket(number)
            for target in ticket.targets.values():
                assert target.due >= target.started_at
                assert target.paused_seconds >= 0
                assert (target.state == "paused") == (target.paused_at is not None)
                assert (target.breached_at is not None) == (target.state == "breached")
                if target.state == "met":
                    assert target.met_at is not None
                    assert target.met_at <= target.due
                if ticket.status in OVER:
                    assert target.state not in ("running", "paused")

    @invariant()
    def tasks_are_late_when_they_are(self) -> None:
        for number in self.numbers:
            ticket = self.desk.ticket(number)
            bodies = [event.body for event in self.desk.store.events(number)]
            late = [body.task for body in bodies if isinstance(body, TaskOverdue)]
            assert sorted(late) == [t.number for t in ticket.tasks if t.overdue_at is not None]
            for task in ticket.tasks:
                if task.overdue_at is not None:
                    assert task.due is not None
                    assert task.due <= task.overdue_at
                    assert task.answered_at is None or task.answered_at >= task.overdue_at

    @invariant()
    def loads_add_up(self) -> None:
        agents = list(PEOPLE["agents"])
        loads = self.desk.store.workloads(agents)
        tickets = [self.desk.ticket(number) for number in self.numbers]
        for agent in agents:
            mine = [t for t in tickets if t.agent == agent and t.status in OPEN_STATUSES]
            assert loads[agent].open == len(mine)


LifecycleMachine.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.requirement("A5")
@pytest.mark.requirement("F3")
class TestLifecycle(LifecycleMachine.TestCase):  # type: ignore[name-defined,misc]
    """The machine, run by pytest."""
