"""The hook reference cannot drift from the specs, and each hook has a test."""

import inspect
import re
from pathlib import Path

import pytest

from ruledesk.hooks import spec
from ruledesk.hooks.facade import HOOKS
from ruledesk.hooks.reference import reference, signature

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "hooks.md"
FACADE_TESTS = ROOT / "tests" / "unit" / "hooks" / "test_facade.py"
SPECIFIED = [name for name, f in vars(spec).items() if hasattr(f, "ruledesk_spec")]


def test_the_page_is_what_the_generator_writes():
    assert PAGE.read_text(encoding="utf-8") == reference(), (
        "run: python -m ruledesk.hooks.reference > docs/reference/hooks.md"
    )


def test_the_page_has_every_hook_once_and_no_other():
    headings = re.findall(r"^### (ruledesk_\w+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == SPECIFIED == list(HOOKS)


@pytest.mark.parametrize("hook", SPECIFIED)
def test_the_page_has_the_exact_signature(hook):
    function = getattr(spec, hook)
    line = signature(function, hook)
    assert line in PAGE.read_text(encoding="utf-8")
    source = inspect.getsource(function)
    assert f"def {line}:" in " ".join(source.replace("(\n", "(").split())


@pytest.mark.parametrize("hook", SPECIFIED)
def test_the_docstring_says_what_an_author_must_know(hook):
    function = getattr(spec, hook)
    said = inspect.getdoc(function)
    assert re.search(r"Since \d+\.\d+\.", said)
    for parameter in inspect.signature(function).parameters:
        assert f"    {parameter}: " in said
    returned = str(inspect.signature(function).return_annotation)
    assert ("Returns:" in said) == (returned != "None")
    if "None" in returned and returned != "None":
        assert "None" in said.partition("Returns:")[2]
    if function.ruledesk_spec["firstresult"]:
        assert "first" in said.partition("Returns:")[2]


@pytest.mark.parametrize("hook", SPECIFIED)
def test_each_hook_has_a_test_that_calls_it_through_the_facade(hook):
    tests = FACADE_TESTS.read_text(encoding="utf-8")
    name = hook.removeprefix("ruledesk_")
    assert re.search(rf'hooks\.{name}\(|\("{name}", \w+, "\w+"\)|"{name}"\]|\["{name}"', tests)
