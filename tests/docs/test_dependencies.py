"""The page on dependencies names exactly those of `pyproject.toml`, each with a reason."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "dependencies.md").read_text(encoding="utf-8")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def names(requirements):
    found = {re.match(r"[A-Za-z0-9._-]+", one)[0].lower() for one in requirements}
    return found - {PYPROJECT["project"]["name"]}


def rows(heading):
    section = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)[1]
    found = re.findall(r"^\| `([^`]+)` \| (.+?) \|", section, re.MULTILINE)
    assert all(len(why) > 15 for _, why in found)
    return [name for name, _ in found]


def test_run_time():
    assert rows("At run time") == sorted(names(PYPROJECT["project"]["dependencies"]))


def test_extras():
    for extra, requirements in PYPROJECT["project"]["optional-dependencies"].items():
        assert rows(f"The extra `{extra}`") == sorted(names(requirements))


def test_build():
    assert rows("To build") == sorted(names(PYPROJECT["build-system"]["requires"]))
