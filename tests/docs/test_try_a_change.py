"""The how-to guide on trying a change is executed, from the page itself."""

import re
import shlex
from pathlib import Path

import pytest

from ruledesk.cli.app import run
from ruledesk.cli.session import Session

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "try-a-change.md").read_text(encoding="utf-8")
CUT = "…"


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Like the folder of RuleDesk, but to be written in; with the ruleset of the page."""
    (tmp_path / "rulesets").symlink_to(ROOT / "rulesets")
    (ruleset,) = blocks("toml")
    (tmp_path / "refunds.toml").write_text(ruleset, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def assert_shown(shown, printed):
    """Everything shown was printed, in that order; ``…`` stands for whatever was left out."""
    flat, at = " ".join(printed.split()), 0
    for line in shown:
        for piece in line.split(CUT):
            text = " ".join(piece.split())
            found = flat.find(text, at)
            assert found >= 0, f"the page is out of date, at {text!r}; now printed:\n{printed}"
            at = found + len(text)


def test_every_command_prints_what_the_page_shows(folder, capsys):
    commands = [block.splitlines() for block in blocks("console")]
    assert len(commands) == 4
    for first, *shown in commands:
        prompt, name, *arguments = shlex.split(first)
        assert (prompt, name) == ("$", "ruledesk")
        status = run(arguments, Session(environment={"LANG": "en_US.UTF-8"}))
        printed = capsys.readouterr()
        assert (status, printed.err) == (0, ""), first
        assert_shown(shown, printed.out)
    assert "Every ticket that differs" in (folder / "report.txt").read_text(encoding="utf-8")
