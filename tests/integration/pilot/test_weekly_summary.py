"""A pilot of some weeks says for each of them what went wrong (E9)."""

import json

import pytest

from ruledesk.cli.app import run
from ruledesk.cli.session import Session

pytestmark = pytest.mark.requirement("E9")
DESK = """\
[desk]
name = "Counter"
timezone = "Asia/Shanghai"
[lines.main]
ruleset = "./counter.toml"
[teams.desk]
head = "H"
agents = ["A"]
[teams.workshop]
head = "W"
agents = ["B"]
[agents.H]
roles = ["supervisor"]
[agents.W]
[agents.A]
capacity = 1
[agents.B]
"""


def step(at, do, by="requester", ticket="", name="", **fields):
    data = {"at": at, "do": do, "by": by}
    if do == "submit":
        data |= {
            "as": name,
            "channel": "web",
            "with": {"requester": {"phone": "138"}, "type": "consult", **fields},
        }
    else:
        data |= {"ticket": ticket, "with": fields}
    return data


STEPS = [
    # the week of 2 November: routed by a rule, then given away by hand; the second one by accept
    step("2026-11-02T09:00:00+08:00", "submit", name="t1", description="broken"),
    step("2026-11-02T09:05:00+08:00", "assign", "agent:W", "t1", team="desk"),
    step("2026-11-02T09:10:00+08:00", "accept", "agent:A", "t1"),
    step("2026-11-03T09:00:00+08:00", "submit", name="t2", description="broken"),
    step("2026-11-03T09:10:00+08:00", "accept", "agent:H", "t2"),
    # the desk's only agent is full
    step("2026-11-04T09:00:00+08:00", "submit", name="t3", description="a question"),
    # the week of 16 November, the last day of it, and the Monday after
    step("2026-11-22T23:59:00+08:00", "resolve", "agent:A", "t1", solution="done"),
    step("2026-11-23T00:01:00+08:00", "decline", "requester", "t1", reason="no"),
    step("2026-11-23T10:00:00+08:00", "resolve", "agent:A", "t1", solution="done"),
    step("2026-11-23T11:00:00+08:00", "confirm", "requester", "t1", rating=5),
]


@pytest.fixture
def pilot(tmp_path, capsys, counter):
    (tmp_path / "desk.toml").write_text(DESK, "utf-8")
    (tmp_path / "counter.toml").write_text(f'{counter}[policy]\nedit = "any"\n', "utf-8")

    def replay(steps, *more, names=("one",)):
        head = {"recording": "Weeks", "line": "main", "start": "2026-11-02T08:00:00+08:00"}
        for name in names:
            lines = (json.dumps(line, ensure_ascii=False) for line in (head, *steps))
            (tmp_path / f"{name}.jsonl").write_text("\n".join(lines), "utf-8")
        files = [str(tmp_path / f"{name}.jsonl") for name in names]
        status = run(["pilot", "run", *files, *more], Session(environment={}))
        out, err = capsys.readouterr()
        assert (status, err) == (0, "")
        return out

    return replay


def weeks_of(out):
    return json.loads(out.splitlines()[-1])["summary"]["weeks"]


def test_the_summary_has_every_week_from_monday_to_sunday(pilot):
    first, second, third, fourth = weeks_of(pilot(STEPS, "--json"))
    assert first == {
        "week": "2026-11-02",
        "until": "2026-11-08",
        "created": 3,
        "closed": 0,
        "targets_breached": {"response": 1},
        "reopens": 0,
        "pooled": 1,
        "wrong_team": [
            {"rule": "repairs", "from": "workshop", "to": "desk", "count": 2,
             "tickets": ["C20261102001", "C20261103001"]}
        ],
    }  # fmt: skip
    assert (second["created"], second["targets_breached"]) == (0, {})
    assert (third["closed"], third["reopens"]) == (0, 0)
    assert (fourth["week"], fourth["closed"], fourth["reopens"]) == ("2026-11-23", 1, 1)


def test_people_read_it_as_a_table(pilot):
    out = pilot(STEPS, "--locale", "en")
    assert "2026-11-02 – 11-08" in out
    assert "routed to the wrong team: repairs, workshop → desk: 2" in out
    assert "C20261102001" in out
    chinese = pilot(STEPS, "--locale", "zh")
    assert "派错部门" in chinese
    assert "无人可派" in chinese
    assert max(map(len, out.splitlines())) <= 100


def test_a_week_or_less_has_no_summary(pilot):
    out = pilot(STEPS[:6])
    assert "11-08" not in out
    assert weeks_of(pilot(STEPS[:6], "--json")) == []


def test_two_recordings_add_up(pilot):
    first, *_ = weeks_of(pilot(STEPS, "--json", names=("one", "two")))
    assert (first["created"], first["wrong_team"][0]["count"]) == (6, 4)
