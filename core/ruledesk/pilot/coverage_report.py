"""The reporter of coverage: counts while scenarios run, then tells it as text or as data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from ruledesk.errors import Locale, RuleDeskError
from ruledesk.pilot.coverable import Part
from ruledesk.pilot.coverage import Coverage, Covered
from ruledesk.pilot.plain import clean
from ruledesk.pilot.replayed import Replayed
from ruledesk.pilot.result import Outcome
from ruledesk.pilot.values import Head

_KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "rule": ("rule", "规则"),
    "row": ("table row", "表格行"),
    "limit": ("limit", "时限"),
    "reaction": ("reaction", "响应"),
    "target": ("target", "目标"),
    "field": ("form field", "表单字段"),
    "action": ("action", "操作"),
}
_WAYS: Final[Mapping[str, tuple[str, str]]] = {
    "met": ("never met", "从未达成"),
    "breached": ("never breached", "从未超时"),
    "required": ("never refused as missing", "从未因缺失被拒绝"),
    "value": ("never refused for its value", "从未因取值被拒绝"),
    "refused": ("never refused", "从未被拒绝"),
}


class CoverageReport:
    """Counts what each scenario shows; see `ruledesk.pilot.suite.Reporter`."""

    def __init__(self) -> None:
        self.coverage = Coverage()

    def started(self, head: Head, size: int) -> None:
        """Nothing is shown yet."""

    def finished(self, outcome: Outcome, desk: Replayed) -> None:
        """Count what a scenario has shown, whether it passed or not."""
        name = f"{outcome.file}: {outcome.name}"
        self.coverage.add(name, desk.store.all_events(), desk.rulesets, outcome.refusals)

    def unusable(self, file: Path, name: str, error: RuleDeskError) -> None:
        """What cannot be used shows nothing."""


def coverage_lines(covered: Iterable[Covered], locale: Locale) -> Iterator[str]:
    """Tell coverage: a line for each ruleset, below it what no scenario has shown."""
    zh = locale == "zh"
    for one in covered:
        count = len(one.shown)
        share = f"{count - len(one.missing)}/{count} ({one.percent:.1f} %)"
        said = f"已由场景展示 {share}" if zh else f"shown by scenarios: {share}"
        yield f"{clean(one.ruleset)} · {said}"
        yield f"  {clean(one.file)}"
        for part in one.missing:
            yield f"  - {_told(part, locale)}"


def _told(part: Part, locale: Locale) -> str:
    never = _WAYS.get(part.way, ("never fired", "从未触发"))[locale == "zh"]
    return f"{part_text(part, locale)}: {never}"


def part_text(part: Part, locale: Locale) -> str:
    """Name a part of a ruleset, with its stage or target and its lines of the manual."""
    kind = _KINDS[part.kind][locale == "zh"]
    place = f" ({clean(part.place)})" if part.place else ""
    lines = f" [{', '.join(part.manual)}]" if part.manual else ""
    return f"{kind} {clean(part.name)}{place}{lines}"


def coverage_data(covered: Iterable[Covered]) -> list[dict[str, Any]]:
    """Turn coverage into JSON data."""
    return [
        {
            "ruleset": one.ruleset,
            "file": one.file,
            "parts": len(one.shown),
            "shown": len(one.shown) - len(one.missing),
            "percent": round(one.percent, 2),
            "missing": [part_data(part) for part in one.missing],
        }
        for one in covered
    ]


def part_data(part: Part) -> dict[str, Any]:
    """Turn a part of a ruleset into JSON data."""
    return {
        "kind": part.kind,
        "name": part.name,
        "place": part.place,
        "way": part.way,
        "file": part.file,
        "manual": list(part.manual),
    }


def too_little(covered: Iterable[Covered], least: float) -> tuple[Covered, ...]:
    """List the rulesets of which less than so many of 100 parts are shown."""
    return tuple(one for one in covered if one.percent < least)
