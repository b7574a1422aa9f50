"""The how-to guide on storage is executed, from the page itself, on a desk with two tickets."""

import re
import shlex
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ruledesk.cli.app import run
from ruledesk.cli.session import Session
from ruledesk.desk.assembly import open_desk
from ruledesk.desk.config import load_desk

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "operate-storage.md"
CUT = "…"


def consoles():
    text = PAGE.read_text(encoding="utf-8")
    return [
        block.splitlines()
        for block in re.findall(r"^```console\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    ]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(["init", "desk"], Session(environment={"LANG": "en_US.UTF-8"})) == 0
    desk = open_desk(load_desk(Path("desk")), deliver=False)
    fields = {"requester": {"phone": "138"}, "type": "consult", "description": "how long"}
    line = next(iter(desk.config.lines))
    for hour in (1, 2):
        at = datetime(2026, 11, 2, hour, tzinfo=UTC)
        desk.submit(by="requester", line=line, channel="web", fields=fields, at=at)
    desk.close()
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


@pytest.mark.requirement("F3")
def test_every_command_prints_what_the_page_shows(folder, capsys):
    commands = consoles()
    assert len(commands) == 6
    capsys.readouterr()
    for first, *shown in commands:
        prompt, name, *arguments = shlex.split(first)
        assert (prompt, name) == ("$", "ruledesk")
        status = run(arguments, Session(environment={"LANG": "en_US.UTF-8"}))
        printed = capsys.readouterr()
        refused = shown[0].startswith("error:")
        assert (status, bool(printed.err)) == (2 if refused else 0, refused), printed.err
        assert_shown(shown, printed.err if refused else printed.out)
    assert (folder / "desk-2026-11-22.tar.gz").exists()
