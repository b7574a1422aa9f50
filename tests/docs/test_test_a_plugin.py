"""The examples of the page on testing plugins are run, and its table names what there is."""

from __future__ import annotations

import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "test-a-plugin.md"
_FILE = re.compile(r"<!-- file: (\S+) -->\n```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_ROW = re.compile(r"^\| [^|]+ \| `([\w.]+)` \| ([^|]+) \|([^|]*)\|$", re.MULTILINE)


def files():
    return _FILE.findall(PAGE.read_text(encoding="utf-8"))


def rows():
    return _ROW.findall(PAGE.read_text(encoding="utf-8"))


def test_every_example_is_a_file():
    text = PAGE.read_text(encoding="utf-8")
    assert len(files()) == text.count("```python") == 4


@pytest.mark.parametrize(("name", "text"), files(), ids=[name for name, _ in files()])
def test_an_example_passes(tmp_path, name, text):
    assert text.count("\n") < 40
    (tmp_path / name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", name],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout


@pytest.mark.parametrize(("suite", "required", "optional"), rows(), ids=[row[0] for row in rows()])
def test_the_table_names_what_there_is(suite, required, optional):
    module, _, name = suite.rpartition(".")
    cls = getattr(importlib.import_module(module), name)
    for word in re.findall(r"`(\w+)`", required + optional):
        assert hasattr(cls, word) or word == "reopen", word
    for fixture in re.findall(r"`(\w+)`", required):
        assert fixture == "reopen" or "override the fixture" in _source(cls, fixture)


def _source(cls, fixture):
    owner = next(base for base in cls.__mro__ if fixture in vars(base))
    text = inspect.getsource(owner)
    return text[text.index(f"def {fixture}(") :][:400]


def test_all_kinds_are_there():
    assert len(rows()) == 6
