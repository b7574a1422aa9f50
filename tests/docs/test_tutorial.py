"""Every step of the tutorial on plugins is executed, from the document itself."""

import re
from pathlib import Path

from attrs import frozen

from ruledesk.testing.environment import Environment

PAGE = Path(__file__).parents[2] / "docs" / "tutorial" / "write-a-plugin.md"
_BLOCK = re.compile(r"(?:<!-- file: (.+?) -->\n)?```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@frozen
class Block:
    file: str
    language: str
    text: str


def blocks():
    found = [Block(*groups) for groups in _BLOCK.findall(PAGE.read_text(encoding="utf-8"))]
    assert len(found) == PAGE.read_text(encoding="utf-8").count("\n```") / 2
    return found


def test_every_block_is_a_file_a_script_or_its_output():
    for block in blocks():
        kind = "file" if block.file else block.language
        assert kind in {"file", "bash", "text"}, block.text


def test_the_tutorial_from_an_empty_folder_to_a_desk(tmp_path):
    environment = Environment.make(tmp_path / "environment")
    folder = tmp_path / "work"
    folder.mkdir()
    printed = ""
    for block in blocks():
        if block.file:
            path = folder / block.file
            assert path.parent.is_dir(), f"{block.file}: the tutorial has not made the folder"
            path.write_text(block.text, encoding="utf-8")
        elif block.language == "bash":
            printed = environment.shell(block.text, cwd=folder)
        else:
            flat = " ".join(printed.split())
            for line in block.text.splitlines():
                assert line in flat, f"not printed: {line}\n{printed}"
