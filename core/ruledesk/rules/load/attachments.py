"""Reading ``[attachments]``: types, sizes, kinds, and how files are named."""

from __future__ import annotations

from collections.abc import Mapping

from ruledesk.errors import suggestion
from ruledesk.model.values import Text
from ruledesk.rules.attachments import (
    AttachmentKind,
    AttachmentPolicy,
    check_name_template,
    types_of,
)
from ruledesk.rules.sizes import ACCEPTED, parse_size
from ruledesk.rules.sniff import TYPES, expanded
from ruledesk.toml import Table


def read_attachments(root: Table) -> AttachmentPolicy | None:
    """Read the policy; None where the ruleset has none, and any file is taken as it is."""
    if "attachments" not in root:
        root.table("attachments")
        return None
    table = root.table("attachments")
    policy = AttachmentPolicy(
        types=_types(table, "types"),
        max_size=_size(table),
        max_count=table.integer("max_count", 0, minimum=1),
        kinds=_kinds(table),
        name=_name(table),
    )
    table.done()
    return policy


def _types(table: Table, key: str) -> tuple[str, ...]:
    """Read types of file: words (``pdf``) or media patterns (``image/*``)."""
    patterns = table.texts(key)
    for pattern in patterns:
        if not expanded(pattern):
            known = (*TYPES, "image/*", "audio/*", "video/*")
            near = suggestion(pattern, known)
            table.problem(key, "unknown type of file", "未知的文件类型", pattern, near)
    return types_of(patterns)


def _size(table: Table) -> int:
    text = table.text("max_size")
    size = parse_size(text) if text else 0
    if size is None or (text and not size):
        table.problem("max_size", "is no size", "不是文件大小", text, ACCEPTED)
        return 0
    return size


def _name(table: Table) -> str:
    text = table.text("name")
    problem = check_name_template(text) if text else None
    if problem:
        table.problem("name", problem.en, problem.zh, text, problem.accepted)
        return ""
    return text


def _kinds(table: Table) -> dict[str, AttachmentKind]:
    """Read the kinds: a list of types, or a table with ``types`` and ``label``."""
    kinds = table.table("kinds")
    found = {}
    for name, value in kinds.data.items():
        if isinstance(value, Mapping):
            inner = kinds.table(name)
            label = inner.localized("label", Text(name, name))
            found[name] = AttachmentKind(_types(inner, "types"), label)
            inner.done()
        else:
            found[name] = AttachmentKind(_types(kinds, name), Text(name, name))
    return found
