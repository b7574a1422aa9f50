"""What people call the values that tickets are grouped by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from attrs import field, frozen

from ruledesk.desk.config import DeskConfig
from ruledesk.model.values import Text
from ruledesk.reports.words import CHANNELS, STATUSES, TARGETS, WORDS
from ruledesk.rules.ruleset import Ruleset

_NONE: Final = WORDS["none"]
_FORM: Final = ("type", "priority", "urgency", "product", "impact")


@frozen
class Labels:
    """Labels by dimension and value; a value without one is called by its word.

    Attributes:
        known: ``(dimension, value)`` to label.
    """

    known: Mapping[tuple[str, str], Text] = field(factory=dict)

    def __call__(self, dimension: str, value: str) -> Text:
        """Name a value; “none” for the empty one."""
        if not value:
            return _NONE
        return self.known.get((dimension, value)) or Text(value, value)


def with_file_words(labels: Labels, values: Mapping[str, Mapping[str, str]]) -> Labels:
    """Let words that nothing else names be called in Chinese as the file calls them.

    Args:
        labels: What is named already.
        values: The file's words by dimension, each with what it means.
    """
    known = dict(labels.known)
    for dimension, words in values.items():
        for said, word in words.items():
            if not said.isascii():
                text = Text(word, said)
                known.setdefault((dimension, word), text)
                known.setdefault(("problem", word), text)
    return Labels(known)


def labels_of(config: DeskConfig | None, rulesets: Iterable[Ruleset]) -> Labels:
    """Collect the labels of a desk.

    Args:
        config: For titles of teams and lines, and names of agents; None for no desk.
        rulesets: Of its lines; where they differ, the first goes before.
    """
    known: dict[tuple[str, str], Text] = {}
    for ruleset in rulesets:
        for pair, text in _of_ruleset(ruleset):
            known.setdefault(pair, text)
    if config is not None:
        known |= _of_desk(config)
    for dimension, words in (("status", STATUSES), ("target", TARGETS), ("channel", CHANNELS)):
        for word, text in words.items():
            known.setdefault((dimension, word), text)
    return Labels(known)


def _of_ruleset(ruleset: Ruleset) -> Iterable[tuple[tuple[str, str], Text]]:
    for path, text in ruleset.categories.items():
        yield ("category", path), text
        yield ("problem", path), text
    for name in _FORM:
        words = ruleset.form[name].words if name in ruleset.form else {}
        for word, text in words.items():
            yield (name, word), text
            if name == "type":
                yield ("problem", word), text
    for name, label in ruleset.survey.items():
        yield ("score", name), label
    for name, target in ruleset.targets.items():
        if target.label.en:
            yield ("target", name), target.label


def _of_desk(config: DeskConfig) -> dict[tuple[str, str], Text]:
    people = config.directory
    found = {("team", t.name): Text(t.title, t.title) for t in people.teams.values() if t.title}
    found |= {
        ("agent", a.id): Text(f"{a.name} ({a.id})", f"{a.name}（{a.id}）")
        for a in people.agents.values()
        if a.name
    }
    found |= {("line", one.name): Text(one.title, one.title)
              for one in config.lines.values() if one.title}  # fmt: skip
    return found
