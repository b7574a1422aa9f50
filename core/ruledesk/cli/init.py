"""``ruledesk init``: a new desk folder that passes ``check`` and runs as it is."""

from __future__ import annotations

import os
from pathlib import Path

import click

from ruledesk.cli.output import print_line
from ruledesk.cli.sample.desk import desk_toml
from ruledesk.cli.sample.people import staff_for
from ruledesk.cli.sample.scenario import scenario_yaml
from ruledesk.cli.session import Session, language, locale_option, of_locale
from ruledesk.desk.config import FILE
from ruledesk.errors import InvalidInput, Locale
from ruledesk.hooks.manager import load_plugins
from ruledesk.rules.load import load_ruleset
from ruledesk.rules.ruleset import Ruleset

_SCENARIO = "first.scenario.yaml"


@click.command(short_help="Make a new desk.")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--ruleset", "name", default="hotline", show_default=True, help="Its ruleset.")
@locale_option
@click.pass_obj
def init(session: Session, folder: Path, name: str) -> None:
    """Make a new desk in DIR: desk.toml with sample people, and a scenario that passes.

    DIR is made; a folder that holds anything is refused.
    """
    locale = _locale(session)
    session.desk = locale
    _check_empty(folder)
    ruleset = _ruleset(name)
    staff = staff_for(ruleset, locale)
    scenario = scenario_yaml(ruleset, locale)
    text = desk_toml(_name(folder), ruleset, staff, locale)
    try:
        _write(folder, scenario, text)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InvalidInput.of(
            f"cannot be written ({reason})", f"无法写入（{reason}）", field=str(folder)
        ) from error
    _tell(folder, session)


def _write(folder: Path, scenario: str, text: str) -> None:
    scenarios = folder / "scenarios"
    scenarios.mkdir(parents=True, exist_ok=True)
    (scenarios / _SCENARIO).write_text(scenario, encoding="utf-8", newline="\n")
    # The file that makes the folder a desk comes last: an interrupted init leaves no half of one.
    (folder / FILE).write_text(text, encoding="utf-8", newline="\n")


def _locale(session: Session) -> Locale:
    """Choose the new desk's language; Chinese where nobody says, as `DeskConfig` does."""
    if session.chosen:
        return of_locale(session.chosen)
    return language(session.environment) or "zh"


def _name(folder: Path) -> str:
    """Name the desk after its folder; names of files may be no text under a foreign locale."""
    return os.fsencode(folder.absolute().name).decode("utf-8", "replace")


def _check_empty(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise InvalidInput.of("not a folder", "不是目录", field=str(folder))
    if folder.is_dir() and any(folder.iterdir()):
        raise InvalidInput.of(
            "the folder is not empty; nothing was written",
            "目录非空，未写入任何内容",
            field=str(folder),
        )


def _ruleset(name: str) -> Ruleset:
    plugins = load_plugins()
    try:
        return load_ruleset(
            plugins.registry.rulesets.get(name, "--ruleset"), find=plugins.registry.rulesets.get
        )
    finally:
        plugins.close()


def _tell(folder: Path, session: Session) -> None:
    print_line(session.say(f"New desk: {folder / FILE}", f"已新建服务台：{folder / FILE}"))
    print_line(session.say("Next:", "接下来："))
    for command in (f"ruledesk check {folder}", f"ruledesk pilot run {folder / 'scenarios'}"):
        print_line(f"    {command}")
