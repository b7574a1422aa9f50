"""Names of forms and names of tickets."""

from __future__ import annotations

import pytest

from ruledesk import InvalidInput, Settings
from ruledesk_plugins.web.channel import WebChannel


@pytest.mark.requirement("A2")
def test_the_setting_renames(post):
    mapping = {
        "betreff": "subject",
        "modell": "custom.model",
        "kunde": "requester.name",
        "csrf": "",
    }
    given = {"betreff": "x", "modell": "BCD", "kunde": "Li", "csrf": {"any": 1}, "other": 1}
    assert post(given, mapping=mapping).fields == {
        "subject": "x",
        "custom.model": "BCD",
        "requester": {"name": "Li"},
        "other": 1,
    }


@pytest.mark.requirement("A2")
def test_the_setting_wins_over_common_names(post):
    assert post({"name": "x"}, mapping={"name": "subject"}).fields == {"subject": "x"}


@pytest.mark.parametrize(
    "given", [{"name": "a", "requester.name": "b"}, {"email": "a", "requester": {"email": "b"}}]
)
@pytest.mark.requirement("F4")
def test_a_field_by_two_names_is_refused(refusal, given):
    assert refusal(given).en == "given twice"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"requester": "Zhang"}, "requester"),
        ({"custom": [1]}, "custom"),
        ({"phone": 138}, "phone"),
        ({"requester": {"name": ["a"]}}, "requester.name"),
        ({"custom": {"x": {"y": 1}}}, "custom.x"),
    ],
)
@pytest.mark.requirement("F4")
def test_what_does_not_fit_is_refused(refusal, given, field):
    assert refusal(given).field == field


@pytest.mark.requirement("E2")
def test_the_same_key_is_the_same_source(post):
    one = post({"idempotency_key": "k", "subject": "a"})
    assert one.source == post({"submission_id": "k", "subject": "b"}).source
    assert one.source != post({"idempotency_key": "l"}).source
    assert "idempotency_key" not in one.fields
    assert post({"subject": "a"}).source == post({"idempotency_key": ""}).source == ""


@pytest.mark.parametrize("value", [1, ["a"], "a\0", "x" * 201, "\ud800"])
@pytest.mark.parametrize("name", ["idempotency_key", "submission_id", "line"])
@pytest.mark.requirement("F4")
def test_other_keys_are_refused(refusal, name, value):
    assert refusal({name: value}).field == name


def test_the_form_names_the_line_before_the_setting(post):
    assert post({}, line="a").line == "a"
    assert post({"line": "b"}, line="a").line == "b"
    assert post({"line": None}, line="a").line == "a"


@pytest.mark.parametrize("mapping", [1, ["a"], {"a": 1}])
@pytest.mark.requirement("F4")
def test_a_mapping_of_something_else_is_refused(mapping):
    with pytest.raises(InvalidInput, match=r"channels\.web\.mapping"):
        WebChannel(Settings({"mapping": mapping}, where="desk.toml: channels.web"))
