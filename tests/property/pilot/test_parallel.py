"""A recording replayed in parts gives what one replay of it gives, whatever is in it."""

import io
import json
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ruledesk.pilot.parallel import run as parallel
from ruledesk.pilot.parallel.run import Elsewhere, run_elsewhere
from ruledesk.pilot.suite import Options, memory_desk, run_files

START = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
DESK = """
[desk]
name = "Three lines"
timezone = "Asia/Shanghai"
engine = "python"

[lines.phones]
ruleset = "./phones.toml"
[lines.north]
ruleset = "./phones.toml"
[lines.alarm]
ruleset = "./alarm.toml"

[teams.customer-service]
head = "A100"
agents = ["A101", "A102"]
[teams.after-sales]
head = "A200"
agents = ["A201", "A202"]
[teams.logistics]
head = "A300"
agents = ["A301"]
[teams.alarm-desk]
head = "A400"
agents = ["A401"]
[teams.alarm-field]
head = "A400"
agents = ["A402"]
[teams.alarm-goods]
head = "A400"

[agents]
A100 = {name = "An"}
A101 = {name = "Bo", capacity = 2}
A102 = {name = "Cai", capacity = 2}
A200 = {name = "Deng"}
A201 = {name = "E"}
A202 = {name = "Fu"}
A300 = {name = "Gao"}
A301 = {name = "Hu"}
A400 = {name = "Ji", roles = ["supervisor"]}
A401 = {name = "Ke"}
A402 = {name = "Li"}
"""
PEOPLE = {
    "phones": ["A101", "A102", "A201", "A202"],
    "north": ["A102", "A201", "A301"],
    "alarm": ["A400", "A401", "A402"],
}
PHONES = [f"1380000000{n}" for n in range(6)]
#: Requesters of each line; one of the alarm line's may call another line, too.
OWN = {"phones": PHONES[:3], "north": PHONES[1:4], "alarm": PHONES[4:]}


class InOrder:
    """Runs tasks at once, in this process."""

    def submit(self, function, /, *args):
        future = Future()
        try:
            future.set_result(function(*args))
        except Exception as error:
            future.set_exception(error)
        return future


class Kept:
    """Keeps what reporters are told."""

    def __init__(self):
        self.outcomes = []
        self.tickets = {}

    def started(self, head, size):
        pass

    def finished(self, outcome, desk):
        self.outcomes.append(outcome)
        for event in desk.store.all_events():
            self.tickets[event.ticket] = desk.ticket(event.ticket)

    def unusable(self, file, name, error):
        self.outcomes.append((file, name, str(error)))


def submission(phone, repair):
    kind = "repair" if repair else "consult"
    return {"requester": {"name": "Zhao", "phone": phone}, "description": "No cold.", "type": kind}


@st.composite
def recordings(draw):
    """Lines of a recording: submissions, raw inputs, actions, looks, at growing times."""
    shared = draw(st.sampled_from([False, False, True]))
    at, lines, names = START, [], []
    for n in range(draw(st.integers(3, 25))):
        at += timedelta(minutes=draw(st.sampled_from([0, 0, 1, 7, 30, 120, 1500])))
        kind = draw(st.sampled_from(["submit", "web", "call", "act", "act", "act", "look"]))
        line = draw(st.sampled_from(list(PEOPLE)))
        phone = draw(st.sampled_from(PHONES if shared else OWN[line]))
        step = {"at": at.isoformat()}
        if kind in ("act", "look") and not names:
            continue
        if kind == "submit":
            name = f"t{n}"
            agent = draw(st.sampled_from(PEOPLE[line]))
            said = submission(phone, draw(st.booleans()))
            step |= {"do": "submit", "as": name, "by": f"agent:{agent}", "line": line,
                     "channel": "phone", "with": said}  # fmt: skip
            names.append((name, line))
        elif kind == "web":
            name = f"t{n}"
            body = submission(phone, draw(st.booleans()))
            step |= {"do": "receive", "as": name, "channel": "web", "line": line,
                     "raw": {"json": body}}  # fmt: skip
            names.append((name, line))
        elif kind == "call":
            event = draw(st.sampled_from(["newCall", "answer", "hangup"]))
            news = {"event": event, "callId": f"c{draw(st.integers(1, 2))}-{line}", "from": phone}
            step |= {"do": "receive", "channel": "phone", "line": line, "raw": {"json": news}}
        elif kind == "act":
            name, line = draw(st.sampled_from(names))
            agent = draw(st.sampled_from(PEOPLE[line]))
            action = draw(st.sampled_from(["accept", "contact", "note", "resolve", "confirm"]))
            said = {
                "contact": {"via": "phone"},
                "note": {"text": "Seen to", "public": True},
                "resolve": {"solution": "Fixed", "steps": "Turned on"},
                "confirm": {"rating": 5},
            }.get(action, {})
            by = "requester" if action == "confirm" else f"agent:{agent}"
            step |= {"do": action, "ticket": name, "by": by, "with": said}
        else:
            name, _ = draw(st.sampled_from(names))
            step |= {"expect": {"ticket": name, "status": draw(st.sampled_from(["new", "closed"]))}}
        lines.append(step)
    head = {"recording": "Three lines", "desk": ".", "start": START.isoformat(),
            "until": (at + timedelta(days=3)).isoformat()}  # fmt: skip
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in [head, *lines])


def unreachable(text, template):
    """Let a ruleset send by mail only what it sends by telephone, too."""
    ways = f'via = ["sms", "email"], template = "{template}"'
    assert ways in text
    return text.replace(ways, ways.replace('"sms", ', ""))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("desk")
    (folder / "desk.toml").write_text(DESK, encoding="utf-8")
    text = (files("ruledesk_rulesets.hotline") / "ruleset.toml").read_text(encoding="utf-8")
    text = text.replace("spill = true", "spill = false")  # else anybody may get a ticket
    text = unreachable(text, "received")  # requesters have a phone number only
    (folder / "phones.toml").write_text(text, encoding="utf-8")
    for team, other in (
        ("customer-service", "alarm-desk"),
        ("after-sales", "alarm-field"),
        ("logistics", "alarm-goods"),
        ("G{date", "X{date"),
    ):
        text = text.replace(f'"{team}', f'"{other}')
    (folder / "alarm.toml").write_text(text, encoding="utf-8")
    return folder


def whole(file):
    log, kept = io.BytesIO(), Kept()
    run_files([file], Options(memory_desk(), events=log, clock=lambda: 0.0), [kept])
    return kept, log.getvalue()


def parted(file):
    log, kept = io.BytesIO(), Kept()
    how = Elsewhere(InOrder(), events=log, clock=lambda: 0.0)
    run_elsewhere([file], how, [kept])
    return kept, log.getvalue()


@pytest.mark.requirement("E9")
@given(text=recordings())
@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
def test_parts_give_what_the_whole_gives(folder, text):
    file = folder / "recording.jsonl"
    file.write_text(text, encoding="utf-8")
    one, log = whole(file)
    many, logged = parted(file)
    assert logged == log
    assert many.tickets == one.tickets
    for outcome in (*one.outcomes, *many.outcomes):
        assert not isinstance(outcome, tuple), outcome
    assert [o.totals for o in many.outcomes] == [o.totals for o in one.outcomes]
    assert [o.failures for o in many.outcomes] == [o.failures for o in one.outcomes]
    assert [o.refusals for o in many.outcomes] == [o.refusals for o in one.outcomes]
    assert [o.weeks for o in many.outcomes] == [o.weeks for o in one.outcomes]
    assert [o.hints for o in many.outcomes] == [o.hints for o in one.outcomes]
    assert [o.names for o in many.outcomes] == [o.names for o in one.outcomes]


def test_messages_that_cannot_be_sent_fail_at_the_same_time(folder):
    """Also where the next step is another part's."""
    steps = [
        {"at": (START + timedelta(minutes=n)).isoformat(), "do": "submit", "as": f"{line}{n}",
         "by": f"agent:{PEOPLE[line][0]}", "line": line, "channel": "phone",
         "with": submission(OWN[line][0], False)}
        for n, line in enumerate(["phones", "alarm", "alarm", "phones"])
    ]  # fmt: skip
    until = (START + timedelta(minutes=9)).isoformat()
    head = {"recording": "Lost", "desk": ".", "start": START.isoformat(), "until": until}
    file = folder / "lost.jsonl"
    file.write_text("".join(json.dumps(one) + "\n" for one in [head, *steps]), encoding="utf-8")
    _, log = parted(file)
    assert log.count(b'"message_failed"') == 4
    assert log == whole(file)[1]


def test_lines_that_share_nobody_are_parts(folder, monkeypatch):
    """The alarm line runs beside the two hotline lines, which share people and numbers."""
    steps = [
        {"at": START.isoformat(), "do": "submit", "as": f"{line}{n}", "by": f"agent:{people[0]}",
         "line": line, "channel": "phone", "with": submission(OWN[line][0], False)}
        for n in range(3) for line, people in PEOPLE.items()
    ]  # fmt: skip
    head = {"recording": "Three lines", "desk": ".", "start": START.isoformat()}
    file = folder / "parts.jsonl"
    file.write_text("".join(json.dumps(one) + "\n" for one in [head, *steps]), encoding="utf-8")
    found = []
    split = parallel.split

    def watched(*args):
        found.append(split(*args))
        return found[-1]

    monkeypatch.setattr(parallel, "split", watched)
    kept, _ = parted(file)
    alarm = frozenset(n for n, step in enumerate(steps, 1) if step["line"] == "alarm")
    assert [part.steps for part in found[0]] == [frozenset(range(1, 10)) - alarm, alarm]
    assert kept.outcomes[0].totals.tickets == 9
    requesters = [ticket.requester.id for ticket in kept.tickets.values()]
    assert sorted(set(requesters)) == ["C000001", "C000002", "C000003"]


def test_lines_that_spill_are_one_part(folder, monkeypatch):
    """Whoever is free anywhere may get what spills over: no line is on its own (D7)."""
    changed = (folder / "phones.toml").read_text(encoding="utf-8")
    (folder / "spills.toml").write_text(changed.replace("spill = false", "spill = true"), "utf-8")
    desk = DESK.replace("./alarm.toml", "./spills.toml")
    (folder / "spilling").mkdir()
    (folder / "spilling" / "desk.toml").write_text(desk.replace('"./', '"../'), encoding="utf-8")
    steps = [
        {"at": START.isoformat(), "do": "submit", "as": line, "by": f"agent:{people[0]}",
         "line": line, "channel": "phone", "with": submission(OWN[line][0], False)}
        for line, people in PEOPLE.items()
    ]  # fmt: skip
    head = {"recording": "Three lines", "desk": "spilling", "start": START.isoformat()}
    file = folder / "spills.jsonl"
    file.write_text("".join(json.dumps(one) + "\n" for one in [head, *steps]), encoding="utf-8")
    monkeypatch.setattr(parallel, "run_part", None)
    kept, log = parted(file)
    assert kept.outcomes[0].totals.tickets == 3
    assert log == whole(file)[1]
