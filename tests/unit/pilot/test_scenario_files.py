from datetime import UTC, datetime, timedelta
from textwrap import dedent

import pytest

from ruledesk.errors import InvalidInput
from ruledesk.pilot.scenario import load_scenarios

HEAD = """\
scenario: Fridge
line: home-appliances
start: 2026-11-02T09:00:00+08:00
"""


@pytest.fixture
def load(tmp_path):
    def _load(text):
        file = tmp_path / "x.scenario.yaml"
        file.write_text(dedent(text), "utf-8")
        return load_scenarios(file)

    return _load


@pytest.fixture
def problems(load):
    def _problems(text):
        with pytest.raises(InvalidInput) as caught:
            load(text)
        return caught.value.problems

    return _problems


def test_the_contracts_example(load):
    (scenario,) = load(
        HEAD
        + """\
desk:
  teams: {after-sales: {head: A100, agents: [A101]}}
  agents: {A100: {name: Wang}, A101: {name: Li, capacity: 5}}
steps:
- at: 0m
  do: submit
  as: t1
  by: requester
  channel: phone
  with: {requester: {name: Zhang, phone: "13800000001"}, type: quality, urgency: urgent}
- at: 5m
  do: accept
  by: agent:A101
  expect: {status: in_progress, team: after-sales, targets.response.state: met}
- at: 6m
  do: resolve
  by: agent:A999
  refused: true
- at: 4d
  expect:
    targets.resolution.due: 2026-11-05T09:00:00+08:00
    sent: [{to: requester, via: sms}, {to: "agent:A100", about: overdue}]
    not_sent: [{to: "role:director"}]
"""
    )
    head, steps = scenario.head, scenario.steps
    start = datetime(2026, 11, 2, 1, tzinfo=UTC)
    assert (head.name, head.line, head.start) == ("Fridge", "home-appliances", start)
    assert head.desk["agents"]["A101"] == {"name": "Li", "capacity": 5}
    assert [step.do for step in steps] == ["submit", "accept", "resolve", ""]
    assert [step.source_line for step in steps] == [8, 14, 18, 22]
    assert steps[0].fields["requester"]["phone"] == "13800000001"
    assert steps[0].name == "t1"
    assert steps[2].refused is True
    assert steps[3].at == start + timedelta(days=4)
    (look,) = steps[3].expect
    assert look.checks[0].value == datetime(2026, 11, 5, 1, tzinfo=UTC)
    assert [wanted.about for wanted in look.sent] == ["", "overdue"]
    assert look.not_sent[0].to == "role:director"


def test_several_documents(load):
    one = "scenario: A\nstart: 2026-11-02T09:00:00Z\nsteps: [{at: 0m, do: submit}]\n"
    assert [s.head.name for s in load(f"{one}---\n{one.replace('A', 'B')}---\n")] == ["A", "B"]


def test_merge_keys_share_what_is_common(load):
    (scenario,) = load(
        HEAD
        + """\
steps:
- &first {at: 0m, do: submit, as: a, with: {type: quality}}
- {<<: *first, as: b}
"""
    )
    assert [step.name for step in scenario.steps] == ["a", "b"]
    assert scenario.steps[1].fields == {"type": "quality"}


def test_defaults(load):
    (scenario,) = load(HEAD + "steps:\n- {at: 0, do: submit}\n- {at: 1m, do: confirm}\n")
    first, second = scenario.steps
    assert (first.name, first.by, first.channel) == ("ticket", "requester", "web")
    assert second.by == "requester"


@pytest.mark.requirement("F4", "F5")
@pytest.mark.parametrize(
    ("step", "where", "what", "accepted"),
    [
        ("{at: 5 minutes, do: submit}", ":5: steps[1].at", "not a time", "offset"),
        ("{at: '2026-11-02T09:00:00', do: submit}", ":5: steps[1].at", "without its", "+08:00"),
        ("{do: submit}", ":5: steps[1].at", "missing", "offset"),
        ("{at: 1m, do: submitt}", ":5: steps[1].do", "unknown action", "submit"),
        ("{at: 1m, do: submit, witth: {}}", ":5: steps[1].witth", "unknown key", "with"),
        ("{at: 1m, do: submit, by: A101}", ":5: steps[1].by", "unknown actor", "agent:A101"),
        ("{at: 1m, do: submit, with: 3}", ":5: steps[1].with", "wrong type", "mapping"),
        ("{at: 1m, do: accept}", ":5: steps[1].by", "missing", "agent:<id>"),
        ("{at: 1m, do: accept, by: system}", ":5: steps[1]", "no ticket yet", "submission"),
        ("{at: 1m, with: {}}", ":5: steps[1].with", "has no 'with'", "expect"),
        ("{at: 1m, do: submit, refused: 3}", ":5: steps[1].refused", "wrong type", "true"),
        ("{at: 1m, do: submit, ticket: t}", ":5: steps[1].ticket", "has no 'ticket'", "as"),
        ("{at: 1m, do: receive, channel: email}", ":5: steps[1].raw", "missing", "base64"),
        ("{at: 1m, do: receive, raw: {text: x}}", ":5: steps[1].channel", "missing", "channel"),
        (
            "{at: 1m, do: receive, channel: email, raw: {text: x, base64: eA==}}",
            ":5: steps[1].raw",
            "exactly one",
            "file",
        ),
        (
            "{at: 1m, do: submit, expect: {statos: new}}",
            ":5: steps[1].expect.statos",
            "unknown expectation",
            "status",
        ),
        (
            "{at: 1m, do: submit, expect: {status: new, received: ticket}}",
            ":5: steps[1].expect.received",
            "only `do: receive`",
            "",
        ),
        (
            "{at: 1m, do: submit, as: a, expect: {ticket: b, status: new}}",
            ":5: steps[1].expect.ticket",
            "unknown ticket",
            "a",
        ),
        ("just a text", ":5: steps[1]", "wrong type", "mapping"),
    ],
)
def test_a_broken_step_is_named(problems, step, where, what, accepted):
    (problem, *_) = problems(HEAD + f"steps:\n- {step}\n")
    assert problem.field.endswith(f"x.scenario.yaml{where}")
    assert what in problem.en
    assert problem.zh
    assert accepted in ", ".join(problem.accepted)


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("", "x.scenario.yaml", "holds no scenario"),
        ("start: 2026-11-02T09:00:00Z\nsteps: [{at: 0m, do: submit}]", ": scenario", "missing"),
        ("scenario: A\nsteps: [{at: 0m, do: submit}]", ": start", "missing"),
        ("scenario: A\nstart: 2026-11-02T09:00:00Z", ": steps", "missing"),
        ("scenario: A\nstart: 2026-11-02T09:00:00Z\nsteps: []", ":3: steps", "wrong type"),
        ("scenario: A\nstart: 2026-11-02T09:00:00\nsteps: []", ":2: start", "offset from UTC"),
        ("scenario: A\nstart: noon\nsteps: []", ":2: start", "not a time"),
        ("scenario: [1]\nstart: 2026-11-02T09:00:00Z", ":1: scenario", "wrong type"),
        ("scenarrio: A\nstart: 2026-11-02T09:00:00Z", ":1: scenarrio", "unknown key"),
        ("scenario: A\nscenario: B", ":2: scenario", "twice"),
        ("a: {b: 1, b: 2}", ":1: a.b", "twice"),
        ("scenario: [1, 2", ":1", "not valid YAML"),
        ("scenario: A\n\n\ttab: 1", ":3", "not valid YAML"),
        ("scenario: !!python/object:os.system x", ":1: scenario", "tag"),
        ("scenario: !!int x", ":1: scenario", "not a value of its type"),
        ("- 1", ":1", "wrong type"),
        ("scenario: \x07", ":1", "character"),
        ("a: " + "[" * 2000, "x.scenario.yaml", "nested too deeply"),
        ("a: " + "[" * 60 + "]" * 60, ":1", "nested"),
        ("a: &a [*a]", ":1", "nested"),
    ],
)
def test_a_broken_file_is_named(problems, text, where, what):
    found = problems(text)
    assert any(where in problem.field and what in problem.en for problem in found), found


def test_an_alias_bomb_is_refused(problems):
    text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10)
    )
    (problem,) = problems(text)
    assert "too many" in problem.en


def test_times_must_not_go_backwards(problems):
    (problem,) = problems(
        HEAD + "steps:\n- {at: 5m, do: submit}\n- {at: 4m, do: accept, by: system}\n"
    )
    assert problem.field.endswith(":6: steps[2].at")
    assert problem.value == "4m"
    assert "earlier" in problem.en


def test_all_problems_are_told_at_once(problems):
    found = problems(HEAD + "steps:\n- {at: x, do: submit}\n- {at: 1m, do: nothing}\nextra: 1\n")
    assert len(found) == 3


def test_not_utf8(tmp_path):
    file = tmp_path / "x.yaml"
    file.write_bytes(b"scenario: ok\nline: \xff\n")
    with pytest.raises(InvalidInput, match=":2: not UTF-8"):
        load_scenarios(file)


def test_no_file(tmp_path):
    with pytest.raises(InvalidInput, match="cannot be read"):
        load_scenarios(tmp_path / "x.yaml")


def test_yaml_1_1_surprises_stay_text(load):
    (scenario,) = load(
        HEAD + "steps:\n- {at: 0m, do: submit, with: {custom: {a: 1:30, b: 2026-11-02, no: 1}}}\n"
    )
    assert scenario.steps[0].fields["custom"] == {"a": "1:30", "b": "2026-11-02", "no": 1}


def test_times_of_actions_may_be_offsets_from_the_start(load):
    (scenario,) = load(
        HEAD
        + "steps:\n"
        + "- {at: 0m, do: submit, with: {occurred_at: 1m30s, description: 4h, custom: {due: 4h}}}\n"
        + "- {at: 1h, do: plan, by: system, with: {eta: 4h, cause: 4h}}\n"
        + "- {at: 1h, do: plan, by: system, with: {eta: 4 o'clock}}\n"
    )
    submit, plan, none = (step.fields for step in scenario.steps)
    start = scenario.head.start
    assert datetime.fromisoformat(submit["occurred_at"]) == start + timedelta(seconds=90)
    assert (submit["description"], submit["custom"]) == ("4h", {"due": "4h"})
    assert datetime.fromisoformat(plan["eta"]) == start + timedelta(hours=4)
    assert plan["cause"] == "4h"
    assert none["eta"] == "4 o'clock"


def test_raw_input_from_a_file(tmp_path):
    folder = tmp_path / "rules" / "scenarios"
    folder.mkdir(parents=True)
    (tmp_path / "rules" / "ruleset.toml").touch()
    (tmp_path / "rules" / "mail.eml").write_bytes(b"Subject: x\n\n")
    (tmp_path / "secret").write_bytes(b"x")
    file = folder / "x.scenario.yaml"
    step = "steps:\n- {{at: 0m, do: receive, channel: email, raw: {{file: {}}}}}\n"
    file.write_text(HEAD + step.format("../mail.eml"))
    (scenario,) = load_scenarios(file)
    assert scenario.steps[0].raw.content == b"Subject: x\n\n"
    assert scenario.steps[0].raw.content_type == "message/rfc822"
    for path in ("../../secret", str(tmp_path / "secret")):
        file.write_text(HEAD + step.format(path))
        with pytest.raises(InvalidInput, match="outside the folder"):
            load_scenarios(file)
    file.write_text(HEAD + step.format("none.eml"))
    with pytest.raises(InvalidInput, match=r"raw\.file: cannot be read"):
        load_scenarios(file)


@pytest.mark.parametrize(
    ("raw", "content", "kind"),
    [
        ('{text: "你好"}', "你好".encode(), "text/plain; charset=utf-8"),
        ("{base64: aGVsbG8=}", b"hello", "application/octet-stream"),
        ("{json: {a: [1]}}", b'{"a": [1]}', "application/json"),
        ("{text: a=b, content_type: x/y}", b"a=b", "x/y"),
    ],
)
def test_raw_input_inline(load, raw, content, kind):
    (scenario,) = load(HEAD + f"steps:\n- {{at: 0m, do: receive, channel: c, raw: {raw}}}\n")
    assert scenario.steps[0].raw.content == content
    assert scenario.steps[0].raw.content_type == kind


def test_attachments(load, tmp_path):
    (tmp_path / "photo.png").write_bytes(b"png")
    (scenario,) = load(
        HEAD
        + """\
steps:
- at: 0m
  do: submit
  with:
    attachments: [photo.png, {name: log.txt, text: boom, media_type: text/plain}]
"""
    )
    first, second = scenario.steps[0].enclosures
    assert (first.name, first.content) == ("photo.png", b"png")
    assert (second.name, second.content, second.media_type) == ("log.txt", b"boom", "text/plain")


@pytest.mark.parametrize(
    ("written", "content"),
    [
        ("{name: a.pdf, size: 5}", b"\0" * 5),
        ("{name: a.txt, text: ab, size: 5}", b"ab   "),
        ("{name: a.txt, json: [1], size: 5}", b"[1]  "),
        ("{name: a.pdf, base64: TVo=, size: 5B}", b"MZ\0\0\0"),
        ("{name: a.txt, text: ab, size: 1KB}", b"ab" + b" " * 1022),
        ("{name: a.txt, text: ab, size: 2}", b"ab"),
        ("{name: a.txt, size: 0}", b""),
    ],
)
@pytest.mark.parametrize("do", ["submit", "note", "provide_info", "answer_task"])
def test_a_file_may_be_filled_up_to_a_size(load, written, content, do):
    step = f"- {{at: 0m, do: {do}, by: requester, with: {{attachments: [{written}]}}}}\n"
    (scenario,) = load(f"{HEAD}steps:\n- {{at: 0m, do: submit}}\n{step}")
    (enclosure,) = scenario.steps[1].enclosures
    assert enclosure.content == content
    assert "attachments" not in scenario.steps[1].fields


def test_a_file_may_say_its_kind(load):
    files = "[{name: a.jpg, text: x, kind: screenshot}]"
    (scenario,) = load(f"{HEAD}steps:\n- {{at: 0m, do: submit, with: {{attachments: {files}}}}}\n")
    assert scenario.steps[0].enclosures[0].kind == "screenshot"


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("{name: a.txt}", "1"),
        ("{name: a.txt, text: x, base64: eA==}", "1"),
        ("{text: x}", "1.name"),
        ("{name: a.txt, size: many}", "1.size"),
        ("{name: a.txt, size: true}", "1.size"),
        ("{name: a.txt, size: -1}", "1.size"),
        ("{name: a.txt, text: abc, size: 2}", "1.size"),
        ("{name: a.txt, size: 65MB}", "1.size"),
        ("{name: a.txt, text: x, colour: y}", "1.colour"),
        ("{name: a.txt, text: x, kind: 5}", "1.kind"),
    ],
)
def test_what_is_no_attachment_is_refused(problems, written, key):
    step = f"- {{at: 0m, do: submit, with: {{attachments: [{written}]}}}}\n"
    (problem,) = problems(f"{HEAD}steps:\n{step}")
    place, _, rest = key.partition(".")
    path = f"steps[1].with.attachments[{place}]" + (f".{rest}" if rest else "")
    assert problem.field.endswith(path)


STEP = "steps: [{at: 0m, do: submit}]\n"


@pytest.mark.parametrize(
    ("written", "read"),
    [("[A8, F2]", ("A8", "F2")), ("A8", ("A8",)), ("[IT-4.2]", ("IT-4.2",)), ("[]", ())],
)
def test_a_scenario_names_the_lines_it_shows(load, written, read):
    (scenario,) = load(f"{HEAD}requirements: {written}\n{STEP}")
    assert scenario.head.requirements == read


@pytest.mark.parametrize("written", ["[a8]", "8", "[A8, A8]", "{A8: x}", "['']"])
def test_what_is_no_line_of_a_manual_is_refused(problems, written):
    (problem,) = problems(f"{HEAD}requirements: {written}\n{STEP}")
    assert "x.scenario.yaml:4: requirements" in problem.field
