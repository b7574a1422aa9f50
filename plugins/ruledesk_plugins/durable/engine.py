"""The engine ``durable`` and its matcher."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import ClassVar, Final

from ruledesk.errors import PluginFault
from ruledesk.model.values import Value
from ruledesk.rules.engine import Matcher, Program
from ruledesk.rules.expression.source import FunctionSource, condition_source
from ruledesk_plugins.durable.handle import DurableRuleset, library
from ruledesk_plugins.durable.keys import SALT
from ruledesk_plugins.durable.lowering import Lowered, lower
from ruledesk_plugins.durable.projection import projection

_LOGGER: Final = logging.getLogger("ruledesk.rules")


class DurableMatcher:
    """A compiled program.

    Facts are projected outside the lock; within it they are asserted, drained and retracted. After
    any failure the C rulesets are dropped and built anew: their state is unknown then.

    Args:
        program: The conditions.
        lowered: The same as rules.
    """

    def __init__(self, program: Program, lowered: Lowered) -> None:
        self._names = tuple(condition.name for condition in program.conditions)
        self._label = program.label
        self._always = frozenset(lowered.always)
        self._chunks = tuple(lowered.chunks)
        self._project = projection(program, lowered)
        self._lock = Lock()
        self._closed = False
        self._rulesets: tuple[DurableRuleset, ...] | None = self._build()

    def match(self, facts: Mapping[str, Value]) -> Sequence[str]:
        """Match; see `ruledesk.rules.engine.Matcher.match`.

        Raises:
            FactError: A value is not of its declared type.
            PluginFault: The matcher is closed, or the engine failed twice in a row.
        """
        texts = self._project(facts)
        with self._lock:
            hits = self._fired(texts)
        names = self._names
        return [names[index] for index in sorted(hits)]

    def close(self) -> None:
        """Delete state and ruleset of each chunk; later matches are refused."""
        with self._lock:
            self._closed = True
            rulesets, self._rulesets = self._rulesets, None
            for ruleset in rulesets or ():
                ruleset.delete()

    def _build(self) -> tuple[DurableRuleset, ...]:
        return tuple(DurableRuleset(chunk) for chunk in self._chunks)

    def _fired(self, texts: tuple[str, ...]) -> set[int]:
        try:
            return self._attempt(texts)
        except PluginFault:
            raise
        except Exception as first:
            _LOGGER.warning("%s: durable-rules is built anew: %s", self._label, first)
            # Another fact text gets another message id: ids are compared by a 32-bit hash only.
            try:
                return self._attempt(tuple(f'{text[:-1]},"{SALT}":1}}' for text in texts))
            except Exception:
                raise PluginFault.of(
                    f"durable-rules failed: {first}",
                    f"durable-rules 出错：{first}",
                    field=self._label,
                ) from first

    def _attempt(self, texts: tuple[str, ...]) -> set[int]:
        if self._closed:
            raise PluginFault.of("the matcher is closed", "匹配器已关闭", field=self._label)
        # Taken out while it runs: whatever interrupts it, a half-drained ruleset is not met again.
        rulesets, self._rulesets = self._rulesets, None
        if rulesets is None:
            rulesets = self._build()
        hits = set(self._always)
        for ruleset, text in zip(rulesets, texts, strict=True):
            hits |= ruleset.match(text)
        self._rulesets = rulesets
        return hits


class DurableEngine:
    """The engine ``durable``.

    Raises:
        PluginFault: The C module cannot be imported.
    """

    name: ClassVar[str] = "durable"

    def __init__(self) -> None:
        library()

    def compile(self, program: Program) -> Matcher:
        """Compile a program.

        Args:
            program: The conditions and the schema that they were checked against.

        Returns:
            The matcher.

        Raises:
            InvalidInput: A condition reads an undeclared field, or is too deep or too wide.
            PluginFault: The C engine does not work in this process.
        """
        check = FunctionSource(program.schema)
        for condition in program.conditions:
            condition_source(check, condition, program.label)
        return DurableMatcher(program, lower(program))
