from datetime import UTC, datetime

import pytest

from ruledesk.errors import InvalidInput
from ruledesk.pilot.play import play
from ruledesk.pilot.scenario import load_scenarios

SUBMIT = "- {at: 0m, do: submit, as: t1, with: {type: repair}}\n"


@pytest.fixture
def run(tmp_path, desk):
    def _run(steps):
        file = tmp_path / "x.scenario.yaml"
        text = "scenario: x\nline: hotline\nstart: 2026-11-02T09:00:00+08:00\nsteps:\n"
        file.write_text(text + steps, "utf-8")
        (scenario,) = load_scenarios(file)
        return play(desk, scenario.head, scenario.steps)

    return _run


def failures(played):
    return [(f.step, f.key, f.expected, f.actual) for f in played.failures]


def test_what_is_expected_and_so_passes(run):
    played = run(
        SUBMIT
        + "- {at: 5m, do: accept, by: agent:A1, expect: {status: in_progress, number: G1}}\n"
        + "- {at: 6m, do: accept, by: agent:A999, refused: true}\n"
        + "- {at: 6m, do: accept, by: agent:A999, refused: 未知的处理人}\n"
        + "- {at: 6m, do: accept, by: agent:A999, refused: Unknown Agent}\n"
        + "- {at: 7m, expect: {sent: {to: requester}, not_sent: {to: 'agent:A1'}}}\n"
    )
    assert failures(played) == []
    assert (played.steps, played.names) == (6, {"t1": "G1"})


def test_a_wrong_expectation_names_step_key_expected_and_actual(run):
    (failure,) = run(SUBMIT + "- {at: 5m, expect: {status: closed}}\n").failures
    assert (failure.step, failure.key, failure.expected) == (2, "status", "closed")
    assert failure.actual == "new"
    assert failure.at == datetime(2026, 11, 2, 1, 5, tzinfo=UTC)
    assert (failure.written_at, failure.source_line, failure.ticket) == ("5m", 6, "t1")


def test_a_refusal_nobody_expected_is_a_failure_and_the_rest_is_played(run):
    played = run(
        SUBMIT
        + "- {at: 5m, do: accept, by: agent:A999}\n"
        + "- {at: 6m, do: accept, by: agent:A1, expect: {status: closed}}\n"
    )
    assert failures(played) == [
        (2, "refused", False, "by: unknown agent: 'agent:A999'"),
        (3, "status", "closed", "in_progress"),
    ]


def test_what_should_have_been_refused_and_was_not(run):
    played = run(SUBMIT + "- {at: 5m, do: accept, by: agent:A1, refused: true}\n")
    assert failures(played) == [(2, "refused", True, False)]


def test_a_refusal_for_another_reason_is_a_failure(run):
    played = run(SUBMIT + "- {at: 5m, do: accept, by: agent:A999, refused: no rights}\n")
    assert failures(played) == [(2, "refused", "no rights", "by: unknown agent: 'agent:A999'")]


def test_a_refusal_that_changed_something_is_a_failure(run):
    played = run(SUBMIT + "- {at: 5m, do: accept, by: agent:BAD, refused: true}\n")
    assert failures(played) == [(2, "refused.unchanged", {"events": 2}, {"events": 3})]


def test_a_ticket_that_was_never_made(run):
    played = run(
        "- {at: 0m, do: submit, as: t1}\n"
        "- {at: 5m, do: accept, by: agent:A1}\n"
        "- {at: 6m, expect: {ticket: t1, status: new}}\n"
    )
    assert [(step, key) for step, key, *_ in failures(played)] == [
        (1, "refused"),
        (2, "refused"),
        (3, "ticket"),
    ]
    assert "a type is needed" in played.failures[0].actual


def test_names_of_tickets_become_numbers(run):
    played = run(
        SUBMIT
        + "- {at: 1m, do: submit, as: t2, with: {type: repair}}\n"
        + "- {at: 2m, do: link, by: agent:A1, with: {other: t1}, expect: {links: [t1]}}\n"
        + "- {at: 3m, do: accept, by: agent:A1, ticket: t1}\n"
        + "- {at: 4m, expect: {ticket: t2, status: new}}\n"
        + "- {at: 4m, expect: [{ticket: t1, status: in_progress}, {ticket: t2, links: [G1]}]}\n"
    )
    assert failures(played) == []


def test_raw_input_goes_to_the_channel(run):
    played = run(
        "- at: 0m\n  do: receive\n  as: mail\n  channel: email\n  raw: {text: hello}\n"
        "  expect: {received: ticket, channel: email, number: G1}\n"
        "- {at: 1m, do: receive, channel: email, raw: {text: spam}, expect: {received: ignored}}\n"
        "- at: 2m\n  do: receive\n  channel: email\n  raw: {text: G1}\n"
        "  expect: {received: [ticket], number: G1}\n"
    )
    assert failures(played) == [(3, "received", ["ticket"], ["follow_up"])]


def test_files_are_handed_in(run):
    played = run(
        "- at: 0m\n  do: submit\n  with: {type: x, attachments: [{name: a, text: b}]}\n"
        "  expect: {custom.files: 1}\n"
    )
    assert failures(played) == []


def test_time_passes_before_each_step(run, desk):
    run(SUBMIT + "- {at: 2h, expect: {status: new}}\n")
    assert desk.now == datetime(2026, 11, 2, 3, tzinfo=UTC)


def test_a_channel_that_is_not_there_is_unusable_input(run):
    with pytest.raises(InvalidInput, match=r"x\.scenario\.yaml:6: steps\[2\]\.channel: no such"):
        run(SUBMIT + "- {at: 2m, do: receive, channel: emial, raw: {text: x}}\n")


@pytest.mark.requirement("F5")
@pytest.mark.parametrize("wanted", ["", ", refused: no rights"])
def test_a_refusal_is_noted_in_both_languages(run, wanted):
    (failure,) = run(SUBMIT + f"- {{at: 5m, do: accept, by: 'agent:A999'{wanted}}}\n").failures
    assert failure.actual == "by: unknown agent: 'agent:A999'"
    assert failure.actual_zh == "by: 未知的处理人: 'agent:A999'"
