"""The page on a new business line is gone through as an administrator would, command by command."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from attrs import frozen

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "new-business-line.md"
TEXT = PAGE.read_text(encoding="utf-8")
CUT = "…"
_BLOCK = re.compile(
    r"(?:<!-- (file|append|replace|exit): (.+?) -->\n)?```(\w+)\n(.*?)^```$",
    re.DOTALL | re.MULTILINE,
)


@frozen
class Block:
    kind: str
    about: str
    language: str
    text: str


def blocks():
    return [Block(*groups) for groups in _BLOCK.findall(TEXT)]


def commands(block):
    """Commands, each with the lines shown of its output."""
    found = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            found.append((shlex.split(line[2:]), []))
        else:
            found[-1][1].append(line)
    return found


@pytest.fixture
def execute(tmp_path, monkeypatch):
    """Executes a command of the page in a fresh folder; returns its status and what it printed."""
    monkeypatch.chdir(tmp_path)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LC_")}
    environment = {**kept, "LANG": "en_US.UTF-8", "PYTHONUTF8": "1"}

    def command(words):
        name, *arguments = words
        if name == "cd":
            monkeypatch.chdir(Path.cwd() / arguments[0])
        elif name == "mkdir":
            Path(arguments[0]).mkdir()
        else:
            assert name == "ruledesk"
            done = subprocess.run(
                [sys.executable, "-m", "ruledesk", *arguments],
                env=environment,
                capture_output=True,
                text=True,
                encoding="utf-8",
                check=False,
            )
            return done.returncode, done.stdout + done.stderr
        return 0, ""

    return command


def write(block):
    path = Path(block.about)
    if block.kind == "file":
        assert not path.exists()
        path.write_text(block.text, encoding="utf-8")
    elif block.kind == "append":
        path.write_text(path.read_text(encoding="utf-8") + block.text, encoding="utf-8")
    else:
        lines = block.text.splitlines()
        old = "".join(f"{line[1:]}\n" for line in lines if line.startswith("-"))
        new = "".join(f"{line[1:]}\n" for line in lines if line.startswith("+"))
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1
        path.write_text(text.replace(old, new), encoding="utf-8")


def assert_shown(shown, printed):
    """Everything shown was printed, in that order; ``…`` stands for whatever was left out."""
    flat, at = " ".join(printed.split()), 0
    for line in shown:
        for piece in line.split(CUT):
            text = " ".join(piece.split())
            found = flat.find(text, at)
            assert found >= 0, f"the page is out of date, at {text!r}; now printed:\n{printed}"
            at = found + len(text)


def test_every_block_is_a_file_a_change_or_commands():
    assert len(blocks()) == TEXT.count("\n```") / 2
    for block in blocks():
        assert block.kind in ("file", "append", "replace") or block.language == "console"
    assert sum(block.language == "console" for block in blocks()) >= 6


@pytest.mark.requirement("E9", "F4")
def test_from_an_empty_folder_to_a_passing_pilot(execute):
    for block in blocks():
        if block.language != "console":
            write(block)
            continue
        expected = int(block.about) if block.kind == "exit" else 0
        for words, shown in commands(block):
            status, printed = execute(words)
            assert status == expected, f"{words}\n{printed}"
            assert_shown(shown, printed)


def test_the_rulesets_are_listed_as_the_page_says(execute):
    status, printed = execute(shlex.split("ruledesk init acme --ruleset nonsense"))
    assert status == 2
    for name in ("after-sales", "hotline", "support-center"):
        assert name in printed
    assert not Path("acme").exists()
