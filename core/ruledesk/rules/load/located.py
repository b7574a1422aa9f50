"""Where a problem stands, as a person finds it: rules by their names, in the file that holds them.

Readers count what stands in a list. Where a ruleset extends another one, the list is that of both,
so that a number says nothing to whoever looks at one of the files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from attrs import evolve

from ruledesk.errors import Problem
from ruledesk.rules.load.manual import ORIGIN
from ruledesk.toml import joined

_STEP: Final = re.compile(
    r"\[(?P<number>\d+)\]"
    r'|\.?(?:(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<bare>[A-Za-z0-9_-]+))'
)


def located(problem: Problem, document: Mapping[str, Any], where: str) -> Problem:
    """Name the things of lists that a problem's key path leads through, and their file.

    Args:
        problem: A problem of a resolved document; its field is ``<where>: <key path>``.
        document: The document, with notes of where its parts stand.
        where: What the problem calls the file.

    Returns:
        The same with ``stages.route.rules.by-type.when`` for ``stages.route.rules[3].when``, and
        with the file that the innermost noted part stands in.
    """
    mark = f"{where}: "
    if not problem.field.startswith(mark):
        return problem
    path, file = _named(problem.field.removeprefix(mark), document)
    return evolve(problem, field=f"{file or where}: {path}")


def _named(path: str, document: Mapping[str, Any]) -> tuple[str, str]:
    value: Any = document
    shown, end, file = "", 0, ""
    for step in _STEP.finditer(path):
        if step.start() != end:
            break
        end = step.end()
        if step["number"]:
            shown, value = _item(shown, value, int(step["number"]))
        else:
            key = step["bare"] or json.loads(step["quoted"])
            shown = joined(shown, key)
            value = value.get(key) if isinstance(value, Mapping) else None
        if isinstance(value, Mapping):
            file = value.get(ORIGIN, file)
    return shown + path[end:], file


def _item(path: str, items: Any, number: int) -> tuple[str, Any]:
    """Step into a thing of a list: by its name, where only one there has it."""
    found = items[number - 1] if isinstance(items, list) and 0 < number <= len(items) else None
    name = found.get("name") if isinstance(found, Mapping) else None
    named = [one for one in items if isinstance(one, Mapping) and one.get("name") == name]
    if isinstance(name, str) and name and len(named) == 1:
        return joined(path, name), found
    return f"{path}[{number}]", found
