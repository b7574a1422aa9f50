"""Facts as the engine gets them: JSON of generated properties and numbers only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from ruledesk.rules.engine import Program
from ruledesk.rules.expression.source import FunctionSource
from ruledesk_plugins.durable.keys import WARM_UP
from ruledesk_plugins.durable.lowering import Lowered
from ruledesk_plugins.durable.numerals import numeral

#: One JSON text for each chunk.
Project: TypeAlias = Callable[[Mapping[str, Any]], tuple[str, ...]]

#: A fact that fires the warm-up rule, which `REST` does not; the dot is what a C library in a
#: locale with decimal commas would misread.
WARM: Final = f'{{"{WARM_UP}":0.5}}'
THRESHOLD: Final = 0.25
_REST: Final = f'{{"{WARM_UP}":0'


def projection(program: Program, lowered: Lowered) -> Project:
    """Compile the function that checks facts and writes them for each chunk.

    Args:
        program: The program, whose every field that a condition reads is checked.
        lowered: The same as rules.

    Returns:
        The function; it evaluates each distinct test once and raises `FactError` where a value is
        of another type.
    """
    source = FunctionSource(program.schema)
    for condition in program.conditions:
        # Whatever was simplified away is checked all the same, as every engine does.
        source.expression(condition.when)
    body = [
        f"{key} = {source.bind(_pair(key, 1))} if {source.expression(atom)}"
        f" else {source.bind(_pair(key, 0))}"
        for atom, key in lowered.bits.items()
    ]
    body += [_number(source, name, key) for name, key in lowered.numbers.items()]
    texts = [
        "".join((f"{source.bind(_REST)} + ", *(f"{key} + " for key in chunk.keys), "'}'"))
        for chunk in lowered.chunks
    ]
    made: Project = source.function([*body, f"return ({''.join(f'{text}, ' for text in texts)})"])
    return made


def _pair(key: str, value: int) -> str:
    return f',"{key}":{value}'


def _number(source: FunctionSource, name: str, key: str) -> str:
    variable, begin = source.variable(name), source.bind(f',"{key}":')
    kind = source.schema.fields[name].kind
    if kind == "number":
        text = f"{source.bind(numeral)}({variable})"
    elif kind == "money":
        text = f"str(round({variable} * 100))"
    else:
        text = f"str({variable})"
    return f"{key} = '' if {variable} is None else {begin} + {text}"
