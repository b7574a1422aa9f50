"""A plugin of a third party: installed from outside the repository, listed, used, switched off."""

import json
import shutil
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[3] / "contrib" / "ruledesk-example"
LIST = """
import json, sys
from attrs import asdict
from ruledesk.hooks.manager import load_plugins
plugins = load_plugins(**json.loads(sys.argv[1]))
plugins.close()
print(json.dumps([asdict(info) for info in plugins.infos]))
"""
DELIVER = """
import pathlib, sys
from ruledesk.hooks.manager import load_plugins
from ruledesk.testing import doubles
plugins = load_plugins(enabled=["example"])
make = plugins.registry.notifiers.get("shout")
plugins.guard.call("example", "shout", make(doubles.settings(pathlib.Path("."))).deliver,
                   doubles.message())
plugins.close()
"""


@pytest.fixture
def example(tmp_path):
    """A copy of the example outside the repository."""
    folder = tmp_path / "elsewhere" / "ruledesk-example"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def listed(environment, **switches):
    # outside the repository, whose folders would be importable
    infos = json.loads(environment.run("-c", LIST, json.dumps(switches), cwd=environment.folder))
    return {info["name"]: info for info in infos}


def test_an_installed_plugin_is_listed_and_works(environment, example, tmp_path):
    assert "example" not in listed(environment)
    environment.install(example)
    infos = listed(environment)
    info = infos["example"]
    assert (info["status"], info["source"], info["version"]) == ("on", "ruledesk-example", "0.1.0")
    assert info["provides"] == ["channel:suggestion_box", "notifier:shout"]
    assert infos["web"]["source"] == "built-in"

    environment.run("-c", DELIVER, cwd=tmp_path)
    shouts = (tmp_path / "data" / "shouts.txt").read_text(encoding="utf-8")
    assert shouts.endswith("We received your ticket T1.!!!\n")

    info = listed(environment, disabled=["example"])["example"]
    assert (info["status"], info["provides"]) == ("off", [])

    report = environment.run("-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=example)
    assert "passed" in report


def test_a_plugin_that_breaks_does_not_take_the_desk_down(environment, example):
    package = example / "src" / "ruledesk_example" / "__init__.py"
    package.write_text("import no_such_module\n", encoding="utf-8")
    environment.install(example)
    infos = listed(environment)
    assert infos["example"]["status"] == "broken"
    assert "No module named 'no_such_module'" in infos["example"]["why"]
    assert infos["web"]["status"] == "on"
