"""What `ruledesk.storage.verify` finds: where, what is stored, what it should be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import attrs
from attrs import frozen

from ruledesk.errors import ABSENT, Locale, Problem, shown


@frozen
class Finding:
    """One thing in a store that is not as it should be.

    Attributes:
        kind: The kind of record, as in `ruledesk.storage.record_lines.KINDS`; ``index`` for an
            answer that does not fit the records, ``store`` for what the store itself finds.
        key: Which record: a ticket's number, the id of a message, the name of a blob …
        en: What is wrong, in English.
        zh: The same in Chinese.
        ticket: The ticket that it is about; empty for none.
        event: The version of the event that it is about; 0 for none.
        field: The attribute, with dots: ``targets.response.due``; empty where it is about all.
        stored: What is stored; `ABSENT` for nothing.
        expected: What it should be; `ABSENT` where that cannot be said.
    """

    kind: str
    key: str
    en: str
    zh: str
    ticket: str = ""
    event: int = 0
    field: str = ""
    stored: Any = ABSENT
    expected: Any = ABSENT

    def text(self, locale: Locale) -> str:
        """Write it as one line."""
        zh = locale == "zh"
        parts = [f"{_WORDS[self.kind][zh]} {self.key}".rstrip()]
        if self.event:
            parts.append(f"事件 {self.event}" if zh else f"event {self.event}")
        elif self.ticket and self.ticket != self.key:
            parts.append(f"工单 {self.ticket}" if zh else f"ticket {self.ticket}")
        if self.field:
            parts.append(self.field)
        line = f"{'，' if zh else ', '}".join(parts) + ": " + (self.zh if zh else self.en)
        if self.stored is not ABSENT:
            line += f"{'；现为 ' if zh else '; stored: '}{_shown(self.stored)}"
        if self.expected is not ABSENT:
            line += f"{'；应为 ' if zh else '; should be: '}{_shown(self.expected)}"
        return line

    def to_dict(self) -> dict[str, Any]:
        """Write it as plain JSON data."""
        return {
            "kind": self.kind,
            "key": self.key,
            "ticket": self.ticket or None,
            "event": self.event or None,
            "field": self.field or None,
            "message_en": self.en,
            "message_zh": self.zh,
            "stored": None if self.stored is ABSENT else _shown(self.stored),
            "expected": None if self.expected is ABSENT else _shown(self.expected),
        }


_WORDS: Mapping[str, tuple[str, str]] = {
    "event": ("ticket", "工单"),
    "ticket": ("ticket", "工单"),
    "delivery": ("message", "消息"),
    "requester": ("requester", "客户"),
    "call": ("call", "通话"),
    "sequence": ("sequence", "编号序列"),
    "document": ("document", "文档"),
    "tombstone": ("deleted ticket", "已删除工单"),
    "blob": ("blob", "附件"),
    "index": ("index", "索引"),
    "count": ("count of", "计数"),
    "store": ("store", "存储"),
}


def _shown(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, frozenset):
        return shown(sorted(value))
    return shown(value)


class _Words(str):
    """Words that are shown as they are: what a store expects is written out already."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def of_problem(problem: Problem) -> Finding:
    """Take over what a store found by itself."""
    expected = _Words(", ".join(problem.accepted)) if problem.accepted else ABSENT
    return Finding(
        "store", problem.field, problem.en, problem.zh, stored=problem.value, expected=expected
    )


def differing(stored: Any, expected: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Compare two values attribute by attribute.

    Args:
        stored: One.
        expected: The other.
        path: Where they are.

    Yields:
        The path of each smallest part that differs, and both parts; `ABSENT` for one that only the
        other has.
    """
    if stored == expected and type(stored) is type(expected):
        return
    if attrs.has(type(expected)) and type(stored) is type(expected):
        for name in (attribute.name for attribute in attrs.fields(type(expected))):
            yield from differing(getattr(stored, name), getattr(expected, name), _below(path, name))
    elif isinstance(stored, Mapping) and isinstance(expected, Mapping):
        for key in sorted({*stored, *expected}):
            one, other = stored.get(key, ABSENT), expected.get(key, ABSENT)
            yield from differing(one, other, _below(path, key))
    elif stored != expected:
        yield path, stored, expected


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
