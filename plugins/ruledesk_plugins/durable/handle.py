"""One durable ruleset in the C engine: build, match one fact, delete.

Calls go to the C module alone. `durable.lang` and its `Host` start timer threads that never stop
and run rules' actions again; here nothing has a side effect.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from types import ModuleType
from typing import Any, Final

from ruledesk.errors import PluginFault
from ruledesk.rules.expression.types import Operator
from ruledesk_plugins.durable.keys import WARM_UP
from ruledesk_plugins.durable.lowering import Chunk, Clause
from ruledesk_plugins.durable.numerals import numeral
from ruledesk_plugins.durable.projection import THRESHOLD, WARM

_MATCHED: Final = 0
_NOTHING: Final = 1
_SID: Final = "0"
_WARM_RULE: Final = "w"
_OPERATORS: Final[Mapping[Operator, str]] = {
    "!=": "$neq",
    "<": "$lt",
    "<=": "$lte",
    ">": "$gt",
    ">=": "$gte",
}
#: Rulesets are told apart by their handles; the engine wants a name all the same.
_serial = count()


def library() -> ModuleType:
    """Import the C module.

    Returns:
        ``durable_rules_engine``.

    Raises:
        PluginFault: It is not there, or was built for another Python.
    """
    try:
        import durable_rules_engine  # noqa: PLC0415 - its absence is a message, not a crash
    except ImportError as error:
        raise PluginFault.of(
            f"durable-rules cannot be imported ({error}); it is compiled on installation, so"
            " install a C compiler and then 'pip install --force-reinstall --no-binary"
            " durable-rules durable-rules==2.0.28', on CPython 3.13 with"
            " CPPFLAGS=-DPyEval_CallObject=PyObject_CallObject; or choose the engine 'python'",
            f"无法导入 durable-rules（{error}）；它在安装时编译，请先安装 C 编译器，再执行"
            " pip install --force-reinstall --no-binary durable-rules durable-rules==2.0.28，"
            "CPython 3.13 需设置 CPPFLAGS=-DPyEval_CallObject=PyObject_CallObject；"
            "或改用规则引擎 python",
            field="durable",
        ) from error
    module: ModuleType = durable_rules_engine
    return module


class DurableRuleset:
    """A ruleset in the C engine. Not safe to call from several threads at once.

    Args:
        chunk: Its rules.

    Raises:
        PluginFault: The C module is missing, or does not pass the warm-up.
    """

    def __init__(self, chunk: Chunk) -> None:
        self._engine: Any = library()
        self._conditions = {f"t{n}": index for n, (_, index) in enumerate(chunk.rules)}
        self._conditions[_WARM_RULE] = -1
        name = f"ruledesk{next(_serial)}"
        self._handle = self._engine.create_ruleset(name, _definition(chunk))
        # A state that never fired must not be deleted, so each fires once, at birth.
        if self.match(WARM) != {-1}:
            raise PluginFault.of(
                "durable-rules gives wrong answers in this process; is LC_NUMERIC set to a locale"
                " with decimal commas?",
                "durable-rules 在本进程中结果不正确；LC_NUMERIC 是否设置为使用小数逗号的区域？",
                field="durable",
            )

    def match(self, fact: str) -> set[int]:
        """Match one fact and forget it.

        Args:
            fact: A JSON object of numbers; never empty.

        Returns:
            The indices of the conditions for which a rule fired.

        Raises:
            Exception: The engine refused; its state is unknown and the ruleset must be dropped.
        """
        engine, handle = self._engine, self._handle
        code, state = engine.assert_fact(handle, fact)
        if code == _NOTHING:
            return set()
        if code != _MATCHED:
            raise RuntimeError(f"durable-rules answered {code}")
        hits = set()
        started = engine.start_action_for_state(handle, state)
        message = started[1] if started else None
        while message is not None:
            hits.add(self._conditions[message[2 : message.index('"', 2)]])
            message = engine.complete_and_start_action(handle, state)
        engine.retract_fact(handle, fact)
        return hits

    def delete(self) -> None:
        """Release the memory. Only for a ruleset whose last call was fine."""
        self._engine.delete_state(self._handle, _SID)
        self._engine.delete_ruleset(self._handle)


def _definition(chunk: Chunk) -> str:
    # Written by hand: the json module writes 1e16 without a dot, which the engine cannot read.
    rules = {f"t{n}": clauses for n, (clauses, _) in enumerate(chunk.rules)}
    rules[_WARM_RULE] = ((WARM_UP, ">", THRESHOLD),)
    texts = (f'"{name}":{_rule(clauses)}' for name, clauses in rules.items())
    return f"{{{','.join(texts)}}}"


def _rule(clauses: tuple[Clause, ...]) -> str:
    texts = [_clause(*clause) for clause in clauses]
    test = texts[0] if len(texts) == 1 else f'{{"$and":[{",".join(texts)}]}}'
    return f'{{"all":[{{"m":{test}}}]}}'


def _clause(key: str, op: Operator, value: int | float) -> str:
    test = f'{{"{key}":{numeral(value)}}}'
    return test if op == "==" else f'{{"{_OPERATORS[op]}":{test}}}'
