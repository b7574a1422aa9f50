"""What the documentation shows is run as it stands."""

import re
from pathlib import Path

import pytest

from ruledesk.cli.app import run
from ruledesk.cli.session import Session

DOCS = Path(__file__).parents[3] / "docs"


def blocks(name, language):
    text = (DOCS / name).read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("name", ["reference/scenarios.md", "how-to/run-a-pilot.md"])
def test_the_scenario_of_the_page_passes(name, tmp_path, capsys):
    file = tmp_path / "page.scenario.yaml"
    file.write_text(blocks(name, "yaml")[0], "utf-8")
    status = run(["pilot", "run", str(file)], Session(environment={}))
    assert status == 0, capsys.readouterr()


def test_the_recording_of_the_page_is_read(tmp_path, capsys):
    (block,) = blocks("reference/scenarios.md", "json")
    (tmp_path / "desk.toml").write_text('[desk]\nname = "x"\n[agents.A101]\n', "utf-8")
    folder = tmp_path / "recordings"
    folder.mkdir()
    (folder / "page.jsonl").write_text(block, "utf-8")
    run(["pilot", "run", str(folder)], Session(chosen="en", environment={}))
    out, err = capsys.readouterr()
    assert "November · 2 steps" in out
    assert err == ""
