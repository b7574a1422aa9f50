"""The reference of ``desk.toml`` and of the commands says what the code does."""

import re
import tomllib
from pathlib import Path

import pytest

from ruledesk.cli.app import BUILTIN
from ruledesk.desk.config import DeskConfig

DOCS = Path(__file__).parents[3] / "docs" / "reference"
DESK = (DOCS / "desk-toml.md").read_text(encoding="utf-8")
#: A value of each type that the tables name, as a desk with the examples' people may have it.
SAMPLES = {"text": None, "integer ≥ 0": 3, "true or false": True, "list of texts": [], "table": {}}
TEXTS = {"timezone": "UTC", "locale": "en", "storage": "memory:", "head": "A1", "superior": "A1"}


def examples():
    return "\n".join(re.findall(r"```toml\n(.*?)```", DESK, re.DOTALL))


def test_the_examples_are_a_desk():
    config = DeskConfig.from_mapping(tomllib.loads(examples()), folder=Path("/desk"))
    assert config.directory.agents["A101"].region == "Suzhou"


@pytest.mark.parametrize("section", ["desk", "plugins", "lines", "teams", "agents"])
def test_every_key_of_the_tables_is_known(section):
    part = DESK.split(f"## `[{section}", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| `([a-z]+)` \| ([^|]+) \|", part, re.MULTILINE)
    assert rows
    table = {}
    for key, kind in rows:
        sample = SAMPLES[kind.strip()]
        table[key] = TEXTS.get(key, "x") if sample is None else sample
    data = {"agents": {"A1": {}}}
    if section in ("desk", "plugins"):
        data[section] = table
    else:
        data[section] = {**data.get(section, {}), "A2": table}
    DeskConfig.from_mapping(data, folder=Path("/desk"))


def test_every_command_is_described():
    text = (DOCS / "commands.md").read_text(encoding="utf-8")
    described = set(re.findall(r"^## `ruledesk ([a-z]+)", text, re.MULTILINE))
    assert described == set(BUILTIN)
