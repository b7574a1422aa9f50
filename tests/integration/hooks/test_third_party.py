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
plugins = load_plugins(enabled=["acme"])
make = plugins.registry.notifiers.get("acme_shout")
plugins.guard.call("acme", "shout", make(doubles.settings(pathlib.Path("."))).deliver,
                   doubles.message())
plugins.close()
"""


#: The example itself may be installed where the tests run: the copy is another vendor's.
OTHER_NAMES = {
    "ruledesk-example": "ruledesk-acme",
    "ruledesk_example": "ruledesk_acme",
    "example =": "acme =",
    "suggestion_box": "acme_box",
    "SuggestionBox": "AcmeBox",
    "shout": "acme_shout",
}


@pytest.fixture
def example(tmp_path):
    """A copy of the example outside the repository, under other names."""
    folder = tmp_path / "elsewhere" / "ruledesk-acme"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_file():
            path.write_text(renamed(path.read_text(encoding="utf-8")), encoding="utf-8")
        path.rename(path.with_name(renamed(path.name)))
    return folder


def renamed(text):
    for old, new in OTHER_NAMES.items():
        text = text.replace(old, new)
    return text


def listed(environment, **switches):
    # outside the repository, whose folders would be importable
    infos = json.loads(environment.run("-c", LIST, json.dumps(switches), cwd=environment.folder))
    return {info["name"]: info for info in infos}


def test_an_installed_plugin_is_listed_and_works(environment, example, tmp_path):
    assert "acme" not in listed(environment)
    environment.install(example)
    infos = listed(environment)
    info = infos["acme"]
    assert (info["status"], info["source"], info["version"]) == ("on", "ruledesk-acme", "0.1.0")
    assert info["provides"] == ["channel:acme_box", "notifier:acme_shout", "storage:audited"]
    assert infos["web"]["source"] == "built-in"

    environment.run("-c", DELIVER, cwd=tmp_path)
    shouts = (tmp_path / "data" / "acme_shouts.txt").read_text(encoding="utf-8")
    assert shouts.endswith("We received your ticket T1.!!!\n")

    info = listed(environment, disabled=["acme"])["acme"]
    assert (info["status"], info["provides"]) == ("off", [])

    report = environment.run("-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=example)
    assert "passed" in report


def test_a_plugin_that_breaks_does_not_take_the_desk_down(environment, example):
    package = example / "src" / "ruledesk_acme" / "__init__.py"
    package.write_text("import no_such_module\n", encoding="utf-8")
    environment.install(example)
    infos = listed(environment)
    assert infos["acme"]["status"] == "broken"
    assert "No module named 'no_such_module'" in infos["acme"]["why"]
    assert infos["web"]["status"] == "on"
