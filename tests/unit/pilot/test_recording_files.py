import json
from itertools import islice

import pytest

from ruledesk.errors import InvalidInput
from ruledesk.pilot.recording import is_recording, load_recording

HEAD = {"recording": "A month", "start": "2026-11-02T09:00:00+08:00"}
SUBMIT = {"at": "2026-11-02T09:00:00+08:00", "do": "submit", "as": "G1", "line": "hotline"}


@pytest.fixture
def write(tmp_path):
    def _write(*lines):
        file = tmp_path / "x.jsonl"
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        file.write_text("\n".join(texts) + "\n", "utf-8")
        return file

    return _write


def test_a_recording_is_a_header_and_steps(write):
    head = {**HEAD, "until": "2026-12-01T00:00:00Z", "desk": {"agents": {"A1": {}}}}
    accept = {"at": "2026-11-02T09:05:00+08:00", "do": "accept", "by": "agent:A1", "ticket": "G1"}
    recording = load_recording(write(head, SUBMIT, "", accept))
    assert recording.head.name == "A month"
    assert recording.head.until.isoformat() == "2026-12-01T00:00:00+00:00"
    assert recording.lines == {"hotline"}
    seen = []
    first, second = recording.steps(seen.append)
    assert (first.name, first.source_line, second.ticket, second.source_line) == ("G1", 2, "G1", 4)
    assert seen[-1] == recording.size


@pytest.mark.parametrize(
    ("lines", "where", "what"),
    [
        ([], "x.jsonl", "holds no recording"),
        (["{"], "x.jsonl:1", "not valid JSON"),
        (["[]"], "x.jsonl:1", "wrong type"),
        ([{"recording": "x"}], "x.jsonl:1: start", "missing"),
        ([{**HEAD, "stop": 1}], "x.jsonl:1: stop", "unknown key"),
        ([{**HEAD, "until": "2020-01-01T00:00:00Z"}], "x.jsonl:1: until", "earlier"),
        ([HEAD, SUBMIT, "{nonsense}"], "x.jsonl:3", "not valid JSON"),
        ([HEAD, SUBMIT, '{"at": 1, "at": 2}'], "x.jsonl:3", "twice"),
        ([HEAD, SUBMIT, '{"at": NaN}'], "x.jsonl:3", "NaN"),
        ([HEAD, SUBMIT, "[" * 100_000], "x.jsonl:3", "nested too deeply"),
        ([HEAD, SUBMIT, {**SUBMIT, "do": "sumbit"}], "x.jsonl:3: do", "unknown action"),
        ([HEAD, SUBMIT, {**SUBMIT, "at": "2026-11-02T00:00:00Z"}], "x.jsonl:3: at", "earlier"),
        (
            [HEAD, SUBMIT, {**SUBMIT, "expect": {"sent": [{"via": "fax"}]}}],
            "x.jsonl:3: expect.sent[1].via",
            "unknown way",
        ),
        (
            [HEAD, SUBMIT, {"at": "1h", "do": "accept", "by": "system", "ticket": "G9"}],
            "x.jsonl:3: ticket",
            "unknown ticket",
        ),
    ],
)
@pytest.mark.requirement("F4")
def test_a_broken_recording_is_named_before_anything_runs(write, lines, where, what):
    with pytest.raises(InvalidInput) as caught:
        load_recording(write(*lines))
    problem = caught.value.problems[0]
    assert problem.field.endswith(where)
    assert what in problem.en


def test_steps_are_streamed(write):
    """The second of ten thousand steps is had without reading on to the end."""
    recording = load_recording(write(HEAD, *[SUBMIT] * 10_000))
    seen = []
    assert len(list(islice(recording.steps(seen.append), 2))) == 2
    assert seen[-1] < recording.size / 1000


def test_what_is_a_recording(write):
    assert is_recording(write(HEAD))
    assert not is_recording(write({"ticket": "G1", "version": 1}))
    assert not is_recording(write(""))


def test_a_path_with_nul_in_it(write):
    step = {"at": "1h", "do": "receive", "channel": "email", "raw": {"file": "a\0b"}}
    with pytest.raises(InvalidInput, match=r"raw\.file: cannot be read"):
        load_recording(write(HEAD, step))
