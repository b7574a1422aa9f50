"""Whatever stands in a file, reading it gives scenarios or a clear error, never anything else."""

import json
from contextlib import suppress

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ruledesk.errors import InvalidInput
from ruledesk.pilot.recording import load_recording
from ruledesk.pilot.scenario import load_scenarios

VALID = """\
scenario: x
start: 2026-11-02T09:00:00+08:00
desk: {agents: {A1: {}}}
steps:
- {at: 0m, do: submit, as: t1, with: {type: a, attachments: [{name: a, text: b}]}}
- {at: 1m, do: receive, channel: c, raw: {json: {a: 1}}, expect: {received: ticket}}
- at: 1h
  ticket: t1
  expect: {flags: {contains: a}, loss: {at_least: 3}, sent: [{to: requester, times: 2}]}
"""
FRAGMENTS = st.sampled_from(
    [*"{}[]:,-&*!|>'\"#%@`?\n\t \x00\x85", "<<: ", "!!int ", "~", ".inf", "1e400", "0x", "1:2",
     "&a", "*a", "null", "true", "0m", "9" * 30, "2026-11-02", "你"]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["at", "do", "expect", "with", "raw", "sent", "x", "flags", "desk"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
KEYS = ["at", "do", "as", "by", "ticket", "channel", "line", "with", "expect", "refused", "raw"]
RELAXED = settings(
    deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@RELAXED
@given(st.lists(st.tuples(st.integers(0, len(VALID)), FRAGMENTS), min_size=1, max_size=4))
def test_damaged_yaml(tmp_path, damages):
    text = VALID
    for place, fragment in damages:
        text = text[:place] + fragment + text[place:]
    file = tmp_path / "x.yaml"
    file.write_text(text, "utf-8")
    with suppress(InvalidInput):
        load_scenarios(file)


@RELAXED
@given(st.binary(max_size=60))
def test_any_bytes(tmp_path, content):
    for name, load in (("x.yaml", load_scenarios), ("x.jsonl", load_recording)):
        (tmp_path / name).write_bytes(content)
        with suppress(InvalidInput):
            load(tmp_path / name)


@RELAXED
@given(st.lists(st.dictionaries(st.sampled_from(KEYS), JSON, max_size=5), max_size=4))
def test_steps_of_any_shape(tmp_path, steps):
    head = {"recording": "x", "start": "2026-11-02T09:00:00Z"}
    submit = {"at": "0m", "do": "submit"}
    file = tmp_path / "x.jsonl"
    file.write_text("\n".join(map(json.dumps, [head, submit, *steps])), "utf-8")
    with suppress(InvalidInput):
        load_recording(file)


@RELAXED
@given(st.dictionaries(st.sampled_from(["start", "until", "desk", "line", "channel"]), JSON))
def test_heads_of_any_shape(tmp_path, head):
    file = tmp_path / "x.jsonl"
    file.write_text(json.dumps({"recording": "x", **head}), "utf-8")
    with suppress(InvalidInput):
        load_recording(file)
