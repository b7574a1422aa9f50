"""From the names of a form to the names of a ticket."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from ruledesk import Problem, Refused
from ruledesk_plugins.web.form import safe_name

#: Characters in one text.
LONGEST_TEXT: Final = 100_000
LONGEST_NAME: Final = 100
#: Form names that forms commonly have, and the ticket fields that they mean.
COMMON: Final = {
    "name": "requester.name",
    "requester_name": "requester.name",
    "phone": "requester.phone",
    "email": "requester.email",
}
_GROUPS: Final = ("requester", "custom")
_UNREADABLE: Final = re.compile("[\x00\ud800-\udfff]")


def ticket_fields(
    values: Mapping[str, Any], mapping: Mapping[str, str], *, typed: bool
) -> dict[str, Any]:
    """Rename and arrange a form's values.

    Args:
        values: By the form's names; objects under ``requester`` and ``custom`` are taken apart.
        mapping: Form name to ticket field; an empty field drops the value. Names that are not in
            it are looked up in `COMMON` and else taken as they are.
        typed: Whether the values have types of their own; empty text of others is an input that
            nobody filled in, and left out.

    Returns:
        Values by ticket field: ``requester`` a mapping of texts, own fields as ``custom.<name>``.

    Raises:
        Refused: All values that cannot be in a ticket, each with its name.
    """
    known = COMMON | dict(mapping)
    fields: dict[str, Any] = {}
    requester: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, value in _flat(values):
        target = known.get(name, name)
        if name in known and not target:
            continue
        problem = _problem(name, target, value)
        if problem is not None:
            problems.append(problem)
        elif value is not None and (typed or value != ""):
            place = requester if target.startswith("requester.") else fields
            key = target.removeprefix("requester.")
            if key in place:
                problems.append(Problem("given twice", "重复提交", name, value))
            place[key] = tuple(value) if isinstance(value, list | tuple) else value
    if problems:
        raise Refused(*problems)
    return fields | ({"requester": requester} if requester else {})


def _flat(values: Mapping[str, Any]) -> list[tuple[str, Any]]:
    flat: list[tuple[str, Any]] = []
    for name, value in values.items():
        if name in _GROUPS and isinstance(value, dict):
            flat.extend((f"{name}.{key}", item) for key, item in value.items())
        else:
            flat.append((name, value))
    return flat


def _problem(name: str, target: str, value: Any) -> Problem | None:
    if not _is_name(name):
        return Problem("not a field name", "不是有效的字段名", safe_name(name))
    if target.startswith("requester.") and not isinstance(value, str | None):
        return Problem("must be text", "必须是文本", name, value, ("text",))
    if target in _GROUPS:
        return Problem("must be an object", "必须是对象", name, value, ("{…}",))
    if isinstance(value, list | tuple):
        if not all(isinstance(item, str) for item in value):
            return Problem("must be a list of texts", "必须是文本列表", name, value)
        return next((found for item in value if (found := _text_problem(name, item))), None)
    if isinstance(value, dict):
        return Problem("an object is not accepted here", "此处不接受对象", name, value)
    return _text_problem(name, value) if isinstance(value, str) else None


def _is_name(name: str) -> bool:
    return 0 < len(name) <= LONGEST_NAME and name.isprintable() and not name.startswith("$")


def _text_problem(name: str, text: str) -> Problem | None:
    unreadable = _UNREADABLE.search(text)
    if unreadable:
        return Problem(
            f"contains a character that is none (position {unreadable.start() + 1})",
            f"含有无效字符（第 {unreadable.start() + 1} 个）",
            name,
            unreadable[0],
        )
    if len(text) > LONGEST_TEXT:
        return Problem(
            f"longer than {LONGEST_TEXT} characters ({len(text)})",
            f"超过 {LONGEST_TEXT} 个字符（{len(text)}）",
            name,
            accepted=(f"at most {LONGEST_TEXT} characters", "an attached file"),
        )
    return None
