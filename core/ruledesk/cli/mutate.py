"""``ruledesk pilot mutate``: do the scenarios of a ruleset notice when it is changed?"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

import click

from ruledesk.cli.output import print_line
from ruledesk.cli.session import Session, current, locale_option
from ruledesk.errors import InvalidInput
from ruledesk.hooks.manager import Plugins, load_plugins
from ruledesk.pilot.coverage_report import part_data, part_text
from ruledesk.pilot.find import find_files, holds_recording
from ruledesk.pilot.mutation import Laboratory, Survey, Verdict, read_cases
from ruledesk.pilot.plain import clean
from ruledesk.pilot.scenario import load_scenarios
from ruledesk.rules.ruleset import Ruleset

_BAR_STEPS = 200
_CHANGES = {
    "deleted": ("deleted", "删除"),
    "flipped": ("condition negated", "条件取反"),
    "doubled": ("duration doubled", "时限加倍"),
}


@click.command()
@click.argument("ruleset")
@click.option(
    "--scenarios", metavar="PATH", multiple=True, type=click.Path(path_type=Path),
    help="Scenarios to run (default: all below the ruleset's folder). May be repeated.",
)  # fmt: skip
@click.option(
    "--desk", metavar="DIR", type=click.Path(path_type=Path),
    help="The desk to run on (default: what a file names, else the nearest folder with one).",
)  # fmt: skip
@click.option(
    "--min", "least", metavar="PERCENT", type=click.FloatRange(0, 100), default=95.0,
    show_default=True, help="Exit 1 where less of the mutants are noticed.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="The answer as one JSON object.")
@locale_option
@click.pass_context
def mutate(
    context: click.Context,
    *,
    ruleset: str,
    scenarios: tuple[Path, ...],
    desk: Path | None,
    least: float,
    as_json: bool,
) -> None:
    """Change a ruleset, part by part, and see whether its scenarios notice.

    RULESET is the name of an installed ruleset, a file or a folder. Each rule, table row, limit,
    reaction and target of its own file is deleted, its condition negated, a limit's duration
    doubled, one change at a time. What no scenario notices is printed.

    Exit status: 0 enough was noticed, 1 too little, 2 unusable input.
    """
    session = context.find_object(Session) or current()
    began = perf_counter()
    plugins = load_plugins()
    try:
        file = _file(ruleset, plugins)
        engine = plugins.registry.rule_engines.get("python", "--engine")()
        files = [one for one in find_files(scenarios or (file.parent,)) if not holds_recording(one)]
        read = [scenario for one in files for scenario in load_scenarios(one)]
        laboratory = Laboratory(engine, read_cases(read, desk))
        found = laboratory.ruleset(file)
        laboratory.check()
        survey = _surveyed(laboratory, found)
    finally:
        plugins.close()
    seconds = perf_counter() - began
    if as_json:
        click.echo(json.dumps(_data(survey, len(read), seconds), ensure_ascii=False))
    else:
        _print(survey, len(read), seconds, session)
    context.exit(0 if survey.percent >= least else 1)


def _surveyed(laboratory: Laboratory, ruleset: Ruleset) -> Survey:
    """Judge the mutants; on a terminal, show how far it is."""
    if not sys.stderr.isatty():
        return laboratory.survey(ruleset, lambda _done, _of: None)
    with click.progressbar(length=_BAR_STEPS, file=sys.stderr) as bar:

        def told(done: int, of: int) -> None:
            bar.update(_BAR_STEPS * done // of - bar.pos)

        return laboratory.survey(ruleset, told)


def _file(ruleset: str, plugins: Plugins) -> Path:
    path = Path(ruleset)
    if "/" not in ruleset and not ruleset.endswith(".toml") and not path.is_dir():
        path = plugins.registry.rulesets.get(ruleset, "RULESET")
    path = path / "ruleset.toml" if path.is_dir() else path
    if not path.is_file():
        raise InvalidInput.of("no such file", "文件不存在", field="RULESET", value=str(path))
    return path


def _print(survey: Survey, scenarios: int, seconds: float, session: Session) -> None:
    for verdict in survey.of("survived"):
        print_line(f"{session.say('survived', '存活')}: {_told(verdict, session)}")
    for verdict in survey.of("stillborn"):
        print_line(f"{session.say('stillborn', '无法运行')}: {_told(verdict, session)}")
    for verdict in survey.of("crashed"):
        said = f"{_told(verdict, session)}: {clean(verdict.why)} ({clean(verdict.by)})"
        print_line(f"{session.say('crashed', '崩溃')}: {said}")
    killed, survived, stillborn, crashed = (
        len(survey.of("killed")),
        len(survey.of("survived")),
        len(survey.of("stillborn")),
        len(survey.of("crashed")),
    )
    crashes = (f", {crashed} crashed", f"，崩溃 {crashed} 个") if crashed else ("", "")
    share = f"{survey.percent:.1f} %"
    print_line(
        session.say(
            f"{clean(survey.ruleset)}: {len(survey.verdicts)} mutants, {killed} noticed ({share}), "
            f"{survived} survived, {stillborn} stillborn{crashes[0]}; "
            f"{scenarios} scenarios, {seconds:.1f} s",
            f"{clean(survey.ruleset)}：{len(survey.verdicts)} 个变异，发现 {killed} 个（{share}），"
            f"存活 {survived} 个，无法运行 {stillborn} 个{crashes[1]}；"
            f"{scenarios} 个场景，{seconds:.1f} 秒",
        )
    )


def _told(verdict: Verdict, session: Session) -> str:
    change = session.say(*_CHANGES[verdict.mutant.change])
    return f"{part_text(verdict.mutant.part, session.locale)}: {change}"


def _data(survey: Survey, scenarios: int, seconds: float) -> dict[str, Any]:
    return {
        "ruleset": survey.ruleset,
        "mutants": len(survey.verdicts),
        "killed": len(survey.of("killed")),
        "survived": [_verdict(one) for one in survey.of("survived")],
        "stillborn": [_verdict(one) for one in survey.of("stillborn")],
        "crashed": [{**_verdict(one), "why": one.why} for one in survey.of("crashed")],
        "percent": round(survey.percent, 2),
        "scenarios": scenarios,
        "seconds": round(seconds, 3),
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    part = {key: value for key, value in part_data(verdict.mutant.part).items() if key != "way"}
    return {**part, "change": verdict.mutant.change}
