"""The clocks of targets as pure functions: start, set anew, run on, warn."""

from datetime import UTC, datetime, timedelta

import pytest

from ruledesk.model.ticket import Target
from ruledesk.model.values import changed
from ruledesk.rules.load import ruleset_from_document
from ruledesk.rules.ruleset import Ruleset, TargetPolicy
from ruledesk.targets.clock import calendar_of, clock, resumed, started
from ruledesk.targets.follow import overdue
from ruledesk.testing.doubles import ticket

NOW = datetime(2026, 3, 9, 2, tzinfo=UTC)  # Monday 10:00 in Shanghai
H = timedelta(hours=1)


@pytest.fixture(scope="module")
def ruleset() -> Ruleset:
    def target(within: str, **more: object) -> dict[str, object]:
        limits = [{"name": within, "within": within}]
        return {"met_by": ["resolved"], "warn": 0.5, "limits": limits, **more}

    return ruleset_from_document(
        {
            "ruleset": {"name": "clocks", "version": "1"},
            "calendars": {"night": {"timezone": "UTC", "hours": {"mon": [["20:00", "24:00"]]}}},
            "targets": {
                "wall": target("4h"),
                "hours": target("8wh"),
                "days": target("2wd"),
                "night": target("60wm", calendar="night"),
                "silent": target("1h", warn=0.0, flags=False),
            },
        }
    )


def start(ruleset: Ruleset, name: str, rule: str, at: datetime = NOW) -> Target:
    return started(ruleset, ruleset.targets[name], rule, at)


@pytest.mark.requirement("F1")
@pytest.mark.parametrize(
    ("name", "rule", "calendar", "due", "warn"),
    [
        ("wall", "4h", "", NOW + 4 * H, NOW + 2 * H),
        # Eight working hours from 10:00, of nine a day: 18:00.
        ("hours", "8wh", "business", NOW + 8 * H, NOW + 4 * H),
        # Two working days begun at 10:00 end at 10:00 of the second one after.
        ("days", "2wd", "business", NOW + 48 * H, NOW + 23 * H),
        ("night", "60wm", "night", NOW + 19 * H, NOW + 18.5 * H),
        ("silent", "1h", "", NOW + H, None),
    ],
)
def test_started(
    name: str,
    rule: str,
    calendar: str,
    due: datetime,
    warn: datetime | None,
    ruleset: Ruleset,
) -> None:
    target = start(ruleset, name, rule)
    assert (target.state, target.calendar, target.due) == ("running", calendar, due)
    assert target.started_at == NOW
    if name != "days":
        assert target.warn_at == warn
    else:
        assert target.warn_at is not None
        assert NOW < target.warn_at < target.due


def test_run_on_after_a_pause(ruleset: Ruleset) -> None:
    policy: TargetPolicy = ruleset.targets["wall"]
    target = changed(start(ruleset, "wall", "4h"), state="paused", paused_at=NOW + H)
    on = resumed(ruleset, policy, target, NOW + 4 * H)
    assert (on.state, on.due, on.warn_at) == ("running", NOW + 7 * H, NOW + 5 * H)
    assert (on.pauses, on.paused_seconds, on.paused_at) == (
        ((NOW + H, NOW + 4 * H),),
        3 * 3600,
        None,
    )


def test_run_on_after_it_was_met(ruleset: Ruleset) -> None:
    target = changed(start(ruleset, "wall", "4h"), state="met", met_at=NOW + 3 * H, warn_at=None)
    on = resumed(ruleset, ruleset.targets["wall"], target, NOW + 10 * H)
    assert (on.state, on.met_at, on.due) == ("running", None, NOW + 11 * H)


def test_a_pause_outside_working_time_costs_nothing(ruleset: Ruleset) -> None:
    evening = NOW + 9 * H  # 19:00
    target = changed(start(ruleset, "days", "2wd"), state="paused", paused_at=evening)
    on = resumed(ruleset, ruleset.targets["days"], target, evening + 10 * H)
    assert on.due == target.due
    assert on.paused_seconds == 10 * 3600


def test_set_anew_keeps_start_and_pauses(ruleset: Ruleset) -> None:
    before = changed(start(ruleset, "wall", "4h"), pauses=((NOW, NOW + H),), paused_seconds=3600)
    policy = ruleset.targets["wall"]
    after = started(ruleset, policy, "4h", NOW + 3 * H, before=before)
    assert (after.started_at, after.pauses, after.paused_seconds) == (NOW, before.pauses, 3600)
    assert after.due == NOW + 5 * H


def test_the_wall_clock_has_no_name(ruleset: Ruleset) -> None:
    for name, target in ruleset.targets.items():
        (limit,) = target.durations.values()
        calendar = calendar_of(ruleset, target, limit)
        assert (calendar == "") is (name in ("wall", "silent"))
        ticking = clock(ruleset.calendars, calendar)
        assert ticking.between(NOW, NOW + H) == (timedelta(0) if name == "night" else H)


def test_what_is_overdue_comes_in_the_order_of_its_time(ruleset: Ruleset) -> None:
    targets = {
        "wall": start(ruleset, "wall", "4h"),
        "silent": start(ruleset, "silent", "1h"),
        "hours": start(ruleset, "hours", "8wh"),
        "night": changed(start(ruleset, "night", "60wm"), state="met"),
    }
    found = overdue(ruleset, ticket(targets=targets), NOW + 5 * H)
    assert [(body.kind, body.name, body.flag) for body in found] == [  # type: ignore[attr-defined]
        ("target_breached", "silent", False),
        ("target_warned", "hours", True),  # at the same instant, warnings come first
        ("target_breached", "wall", True),
    ]
    assert overdue(ruleset, ticket(targets=targets), NOW + H - timedelta(microseconds=1)) == []


def test_targets_of_an_older_ruleset_still_run_out(ruleset: Ruleset) -> None:
    old = changed(start(ruleset, "wall", "4h"), name="gone")
    (body,) = overdue(ruleset, ticket(targets={"gone": old}), NOW + 4 * H)
    assert body.kind == "target_breached"
