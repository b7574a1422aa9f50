"""The pilot's answer for people."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from attrs import frozen
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from ruledesk.errors import Locale, NotFound, RuleDeskError
from ruledesk.insight.hints import Hint
from ruledesk.pilot.describe import Teller
from ruledesk.pilot.plain import clean, plain, short
from ruledesk.pilot.replayed import Replayed
from ruledesk.pilot.result import Failure, Outcome
from ruledesk.pilot.tally import Tally
from ruledesk.pilot.timeline import draw_timeline, draw_title
from ruledesk.pilot.values import Head
from ruledesk.pilot.weeks import draw_weeks
from ruledesk.pilot.words import word

ALL: Final = "all"
_FAILURES_SHOWN: Final = 100
_TICKETS_SHOWN: Final = 5
_MESSAGES_SHOWN: Final = 20
_LONGEST_VALUE: Final = 300
_BAR_STEPS: Final = 200


@frozen
class Shown:
    """How much is shown.

    Attributes:
        tickets: Numbers or names of the tickets of recordings whose time lines are shown; ``all``
            for every one. Those of scenarios always are.
        details: Whether timers and the facts of decisions are shown.
    """

    tickets: Collection[str] = ()
    details: bool = False


class TextReport:
    """Prints time lines, failures and closing lines.

    Args:
        console: Where it is printed.
        progress: Where progress is shown; nothing is unless it is a terminal.
        locale: Chooses the language, given the desk's locale.
        shown: How much is shown.
    """

    def __init__(
        self,
        console: Console,
        progress: Console,
        locale: Callable[[str], Locale],
        shown: Shown,
    ) -> None:
        self._console = console
        self._errors = progress
        self._locale = locale
        self._shown = shown
        self._bar: Progress | None = None

    def started(self, head: Head, size: int) -> Callable[[int], None] | None:
        """Show a progress bar, on a terminal."""
        if not self._errors.is_terminal:
            return None
        bar = self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TimeRemainingColumn(),
            console=self._errors,
            transient=True,
        )
        bar.start()
        task = bar.add_task(clean(head.name), total=size)
        shown = 0

        def progress(done: int) -> None:
            # A step takes a fraction of a millisecond; a bar drawn at each would cost more.
            nonlocal shown
            if (done - shown) * _BAR_STEPS >= size:
                shown = done
                bar.update(task, completed=done)

        return progress

    def finished(self, outcome: Outcome, desk: Replayed) -> None:
        """Print what came of a scenario or recording."""
        self._stop()
        config = desk.config
        teller = Teller(self._locale(config.locale), ZoneInfo(config.timezone), self._shown.details)
        self._print(_title(outcome, teller))
        for name, number in self._tickets(outcome, desk):
            self._print(draw_title(name, desk.ticket(number), teller))
            self._print(draw_timeline(desk.store.events(number), teller))
        for failure in outcome.failures[:_FAILURES_SHOWN]:
            self._print(_failure(failure, teller))
        hidden = len(outcome.failures) - _FAILURES_SHOWN
        if hidden > 0:
            self._print(Text(f"  … +{hidden}", style="red"))
        for hint in outcome.hints:
            self._print(_hint(hint, teller))
        for drawn in draw_weeks(outcome.weeks, teller.locale):
            self._print(drawn)
        self._print("")

    def unusable(self, file: Path, name: str, error: RuleDeskError) -> None:  # noqa: ARG002
        """Stop the progress bar; the error itself is told on stderr."""
        self._stop()

    def summary(self, tally: Tally, locale: Locale) -> None:
        """Print the closing lines."""
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True, style="bold")
        table.add_column(overflow="fold")
        for label, text in _closing(tally, locale):
            table.add_row(Text(label), Text(text))
        self._print(table)

    def _print(self, what: RenderableType) -> None:
        """Print without the spaces that a table leaves at the ends of lines."""
        with self._console.capture() as capture:
            self._console.print(what)
        for line in capture.get().splitlines():
            self._console.file.write(f"{line.rstrip()}\n")

    def _stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _tickets(self, outcome: Outcome, desk: Replayed) -> Iterator[tuple[str, str]]:
        if not outcome.recording or ALL in self._shown.tickets:
            yield from _every(outcome, desk)
            return
        for wanted in self._shown.tickets:
            number = outcome.names.get(wanted, wanted)
            try:
                desk.ticket(number)
            except NotFound:
                continue
            yield wanted, number


def _every(outcome: Outcome, desk: Replayed) -> Iterator[tuple[str, str]]:
    """Name every ticket of a desk in order of its first event, named in the file or not."""
    names = {number: name for name, number in outcome.names.items()}
    for event in desk.store.all_events():
        if event.version == 1:
            yield names.get(event.ticket, ""), event.ticket


def _title(outcome: Outcome, teller: Teller) -> Text:
    mark, style = ("✓", "green") if outcome.passed else ("✗", "red")
    text = Text()
    text.append(f"{mark} ", style=f"bold {style}")
    text.append(clean(outcome.name), style="bold")
    steps = teller.word("steps.one" if outcome.steps == 1 else "steps")
    text.append(f" · {outcome.steps} {steps} · {outcome.seconds:.2f} s", "dim")
    text.append(f"\n  {outcome.file}", style="dim")
    return text


def _hint(hint: Hint, teller: Teller) -> Padding:
    text = Text("→ ", style="yellow")
    text.append(hint.text.in_(teller.locale), style="default")
    text.append(f": {', '.join(hint.tickets[:_TICKETS_SHOWN])}", style="dim")
    hidden = len(hint.tickets) - _TICKETS_SHOWN
    if hidden > 0:
        text.append(f" … +{hidden}", style="dim")
    return Padding(text, (0, 0, 0, 2))


def _failure(failure: Failure, teller: Teller) -> Padding:
    line = f"line {failure.source_line}"
    if teller.locale == "zh":
        line = f"第 {failure.source_line} 行"
    head = f"✗ {teller.word('step')} {failure.step} ({clean(failure.written_at)}"
    head += f", {teller.time(failure.at)}, {line})"
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    if failure.ticket:
        head += f" {clean(failure.ticket)}"
    actual = (teller.locale == "zh" and failure.actual_zh) or failure.actual
    for label, value in (("expected", failure.expected), ("actual", actual)):
        text = Text("\n".join(_value(failure.key, value, teller)), style="bold")
        table.add_row(Text(f"    {teller.word(label)}"), text)
    outer = Table.grid()
    outer.add_row(Text(f"{head}: {failure.key}", style="red"))
    outer.add_row(table)
    return Padding(outer, (0, 0, 0, 2))


def _value(key: str, value: object, teller: Teller) -> list[str]:
    """Show a value as a scenario would write it, messages a line each."""
    if key == "refused" and isinstance(value, bool):
        return [teller.word("refused" if value else "not refused")]
    data = plain(value, teller.zone)
    if data is None or data in ("", []):
        return [teller.word("nothing")]
    if isinstance(data, list) and isinstance(data[0], dict):
        lines = [_flow(part) for part in data[:_MESSAGES_SHOWN]]
        hidden = len(data) - _MESSAGES_SHOWN
        return [*lines, f"… +{hidden}"] if hidden > 0 else lines
    return [_flow(data)]


def _flow(data: object) -> str:
    if isinstance(data, dict):
        return f"{{{', '.join(f'{clean(key)}: {_flow(part)}' for key, part in data.items())}}}"
    if isinstance(data, list):
        return f"[{', '.join(map(_flow, data))}]"
    return short(data, _LONGEST_VALUE) if isinstance(data, str) else str(data).lower()


def _closing(tally: Tally, locale: Locale) -> Iterator[tuple[str, str]]:
    def say(key: str) -> str:
        return word(key, locale)

    totals = tally.totals
    counts = f"{tally.scenarios} ({say('passed')} {tally.passed}, {say('failed')} {tally.failed}"
    if tally.errors:
        counts += f", {say('unusable')} {tally.errors}"
    yield say("scenarios"), f"{counts})"
    yield say("tickets"), str(totals.tickets)
    yield say("channels"), _counts(totals.channels)
    statuses = {say(status): count for status, count in totals.statuses.items()}
    yield say("statuses"), _counts(statuses)
    yield say("events"), str(totals.events)
    yield say("targets met"), str(totals.met)
    yield say("targets breached"), str(totals.breached)
    yield say("messages"), str(totals.messages)
    yield say("seconds"), f"{tally.seconds:.2f}"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{clean(name)} {count}" for name, count in counts.items()) or "0"
