"""The tuple of first-party plugins and the entry points of the distribution are one list."""

import tomllib
from pathlib import Path

from ruledesk.hooks.builtin import BUILTIN, builtin_name

PYPROJECT = Path(__file__).parents[3] / "pyproject.toml"


def test_the_tuple_equals_the_entry_points():
    with PYPROJECT.open("rb") as file:
        points = tomllib.load(file)["project"]["entry-points"]["ruledesk"]
    assert points == {builtin_name(module): module for module in BUILTIN}


def test_names_are_unique():
    names = [builtin_name(module) for module in BUILTIN]
    assert len(set(names)) == len(names)
