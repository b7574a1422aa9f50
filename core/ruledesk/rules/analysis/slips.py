"""What is well-formed and hardly meant: texts in one language, fields whose name is a slip."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

from ruledesk.rules.analysis.finding import Finding
from ruledesk.rules.analysis.subject import Subject
from ruledesk.rules.facts import FORM_FIELDS, REQUESTER_FIELDS
from ruledesk.toml import joined

_EVERY: Final = "*"
#: Where texts for people stand; a star is every thing of a table or list.
_TEXTS: Final = (
    ("ruleset", "title"),
    ("categories", _EVERY),
    ("fields", _EVERY, "label"),
    ("fields", _EVERY, "pattern_hint"),
    ("fields", _EVERY, "values", _EVERY),
    ("attachments", "kinds", _EVERY, "label"),
    ("targets", _EVERY, "label"),
    ("actions", _EVERY, "reason"),
    ("survey", "scores", _EVERY),
    ("reactions", _EVERY, "plan", "cause"),
    ("reactions", _EVERY, "plan", "solution"),
    ("templates", _EVERY, "subject"),
    ("templates", _EVERY, "text"),
)
_LANGUAGES: Final = {"en": ("English", "英文"), "zh": ("Chinese", "中文")}
_STANDARD: Final = (*FORM_FIELDS, *(f"requester.{one}" for one in REQUESTER_FIELDS), "contact")
#: How alike two names are of which one is a slip of the other: a letter or two of ten differ.
_ALIKE: Final = 0.8


def slip_findings(subject: Subject) -> Iterator[Finding]:
    """Look for texts in one language of two, and for fields named nearly as a standard one."""
    for places in _TEXTS:
        for key, text in _at(subject.ruleset.document, places, ""):
            yield from _language(subject, key, text)
    fields = subject.ruleset.document.get("fields")
    for name, table in fields.items() if isinstance(fields, Mapping) else ():
        if name not in _STANDARD and isinstance(table, Mapping) and "kind" not in table:
            yield from _misspelt(subject, name)


def _at(value: Any, places: Sequence[str], path: str) -> Iterator[tuple[str, Any]]:
    """Yield what stands at a place, with its key path; things of lists go by their names."""
    if not places:
        yield path, value
        return
    place, rest = places[0], places[1:]
    if isinstance(value, Mapping):
        for key in value if place == _EVERY else (place,):
            if key in value:
                yield from _at(value[key], rest, joined(path, str(key)))
    elif isinstance(value, list | tuple) and place == _EVERY:
        for one in value:
            if isinstance(one, Mapping) and isinstance(name := one.get("name"), str):
                yield from _at(one, rest, joined(path, name))


def _language(subject: Subject, key: str, text: Any) -> Iterator[Finding]:
    """Tell of a text of which one language is there; one plain text is meant for both."""
    if not isinstance(text, Mapping):
        return
    lacking = [one for one in _LANGUAGES if not text.get(one)]
    if len(lacking) == 1:
        en, zh = _LANGUAGES[lacking[0]]
        yield subject.of_key(
            key,
            "warning",
            "one-language",
            en=f"has no {en} text ({lacking[0]}): the other is shown instead",
            zh=f"缺少{zh}文本（{lacking[0]}），将显示另一种语言",
        )


def _misspelt(subject: Subject, name: str) -> Iterator[Finding]:
    for meant in get_close_matches(name, _STANDARD, n=1, cutoff=_ALIKE):
        yield subject.of_key(
            joined("fields", name),
            "warning",
            "misspelt-field",
            en=f"is a field of its own, custom.{name}: is the standard field {meant} meant?",
            zh=f"这是自定义字段 custom.{name}，是否应为标准字段 {meant}？",
        )
