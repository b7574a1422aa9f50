"""What the README shows is what happens: its two commands, its tour, its figures."""

import re
import shlex
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

from ruledesk.cli.app import BUILTIN, run
from ruledesk.cli.session import Session

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CUT = "…"


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def steps():
    """Commands of the tour, each with the lines shown of its output."""
    found = []
    for block in blocks("console"):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


@pytest.fixture
def ruledesk(capsys, tmp_path, monkeypatch):
    """Runs a command as in a checkout, but writes beside it."""
    (tmp_path / "rulesets").symlink_to(ROOT / "rulesets")
    monkeypatch.chdir(tmp_path)

    def command(line):
        name, *arguments = shlex.split(line)
        assert name == "ruledesk"
        status = run(arguments, Session(environment={"LANG": "en_US.UTF-8"}))
        return status, capsys.readouterr().out

    return command


def assert_shown(shown, printed):
    """Everything shown was printed, in that order; ``…`` stands for whatever was left out."""
    flat, at = " ".join(printed.split()), 0
    for line in shown:
        for piece in line.split(CUT):
            text = " ".join(piece.split())
            found = flat.find(text, at)
            assert found >= 0, f"the README is out of date, at {text!r}; now printed:\n{printed}"
            at = found + len(text)


def test_there_are_exactly_two_commands_to_copy_each_on_one_line():
    assert [len(block.splitlines()) for block in blocks("bash")] == [1, 1]


@pytest.mark.parametrize("command", blocks("bash"))
def test_the_two_commands_name_what_exists(command):
    words = shlex.split(command)
    programs = {Path(word).name for word in words if word.startswith(".venv/bin/")}
    assert programs <= {"pip", "pytest", *PROJECT["scripts"]}
    for word in words:
        if "/" in word and not word.startswith(".venv"):
            assert (ROOT / word).exists(), word
    for installed in (after for word, after in pairwise(words) if word == "-e"):
        folder, _, extra = installed.rstrip("]").partition("[")
        assert (ROOT / folder / "pyproject.toml").is_file()
        assert not extra or extra in PROJECT["optional-dependencies"]


def test_the_first_command_gives_the_figures_shown(ruledesk):
    (shown,) = re.findall(r"<!-- run: (.+?) -->\n```text\n(.*?)^```$", README, re.DOTALL | re.M)
    command, lines = shown
    assert command.removeprefix("ruledesk ") in blocks("bash")[0]
    status, printed = ruledesk(command)
    assert status == 0
    assert_shown(lines.splitlines(), printed)


def test_the_tour_prints_what_it_shows(ruledesk):
    assert len(steps()) >= 5
    for command, shown in steps():
        status, printed = ruledesk(command)
        assert status == 0, f"{command}\n{printed}"
        assert_shown(shown, printed)


def test_the_mistake_that_the_tour_suggests_is_told(ruledesk, tmp_path):
    ruledesk("ruledesk init acme")
    file = tmp_path / "acme" / "desk.toml"
    text = file.read_text(encoding="utf-8")
    wrong = text.replace('ruleset = "hotline"', 'ruleset = "hotlin"')
    assert wrong != text
    file.write_text(wrong, encoding="utf-8")
    status, printed = ruledesk("ruledesk check acme")
    assert status == 1
    assert "'hotlin' (accepted: hotline)" in " ".join(printed.split())


def test_the_commands_said_to_work_are_those_that_there_are():
    (row,) = re.findall(r"^\| (`init`.*?) \| (.*?) \|$", README, re.MULTILINE)
    works, missing = ({name.split()[0] for name in re.findall(r"`(.+?)`", cell)} for cell in row)
    assert works == set(BUILTIN)
    assert not (missing - {"pilot"}) & set(BUILTIN)
