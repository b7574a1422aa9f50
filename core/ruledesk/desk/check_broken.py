"""Rulesets of a desk by themselves, also where the rest of its description is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ruledesk.desk.assembly import plugins_of, rulesets_of
from ruledesk.desk.config import FILE, DeskConfig
from ruledesk.desk.findings import Finding, errors_of
from ruledesk.errors import InvalidInput, RuleDeskError
from ruledesk.model.people import Line
from ruledesk.rules.analysis import analyse
from ruledesk.rules.ruleset import Ruleset
from ruledesk.toml import read_toml


def analysed(rulesets: Iterable[Ruleset | RuleDeskError]) -> Iterator[Finding]:
    """Analyse rulesets, each once, whichever lines it runs."""
    different = {one.hash: one for one in rulesets if isinstance(one, Ruleset)}
    for ruleset in different.values():
        yield from (Finding.of(found) for found in analyse(ruleset))


def check_lines_of(folder: Path) -> Iterator[Finding]:
    """Check the rulesets that a desk names whose description has problems of its own.

    Args:
        folder: The desk's folder, or the path of its ``desk.toml``.

    Yields:
        What is wrong in the rulesets; nothing where the lines cannot be read.
    """
    path = folder if folder.suffix == ".toml" and folder.is_file() else folder / FILE
    try:
        lines = _lines(read_toml(path))
    except RuleDeskError:
        return
    config = DeskConfig(folder=path.parent.absolute(), lines=lines, where=str(path))
    plugins = plugins_of(config)
    try:
        loaded = [ruleset for _, ruleset in rulesets_of(config, plugins)]
    finally:
        plugins.close()
    for ruleset in loaded:
        if isinstance(ruleset, InvalidInput):
            yield from errors_of(ruleset)
    yield from analysed(loaded)


def _lines(data: Mapping[str, Any]) -> dict[str, Line]:
    tables = data.get("lines")
    named = {
        str(name): table.get("ruleset")
        for name, table in (tables.items() if isinstance(tables, Mapping) else ())
        if isinstance(table, Mapping)
    }
    return {
        name: Line(name, ruleset)
        for name, ruleset in named.items()
        if isinstance(ruleset, str) and ruleset
    }
