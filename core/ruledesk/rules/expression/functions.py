"""The functions of conditions: which fields they take, and what else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast, get_args

from ruledesk.errors import InvalidInput
from ruledesk.rules.expression.literals import Fail, word
from ruledesk.rules.expression.patterns import refused
from ruledesk.rules.expression.types import FieldKind, FieldType, Function, Test

FUNCTIONS: Final[tuple[str, ...]] = get_args(Function)
_TEXTS: Final[tuple[FieldKind, ...]] = ("text", "enum", "tree")
#: The functions with a text beside the field, and the kinds of field that they take.
_KINDS: Final[Mapping[str, tuple[FieldKind, ...]]] = {
    "contains": _TEXTS,
    "startswith": _TEXTS,
    "matches": _TEXTS,
    "under": ("tree",),
    "has": ("set",),
}
#: The functions whose text is a word of the field's own.
_WORDS: Final = ("under", "has")


def call(
    function: str, field: str, declared: FieldType, arguments: Sequence[Any], fail: Fail
) -> Test:
    """Check a call.

    Args:
        function: One of `FUNCTIONS`.
        field: The field that it is about.
        declared: The field's type.
        arguments: The literals after the field.
        fail: Makes the error where they do not fit.

    Returns:
        The test.
    """
    name = cast("Function", function)
    kinds = _KINDS.get(function)
    if kinds is None:
        if arguments:
            raise fail(
                f"{function}() takes a field only",
                f"{function}() 只接受一个字段",
                (f"{function}({field})",),
            )
        return Test(name, field)
    if declared.kind not in kinds:
        raise _wrong_kind(function, field, declared.kind, fail)
    if len(arguments) != 1 or not isinstance(arguments[0], str):
        raise fail(
            f"{function}() takes a field and a text",
            f"{function}() 接受一个字段和一个文本",
            (f'{function}({field}, "…")',),
        )
    return Test(name, field, _text(function, declared, arguments[0], fail))


def _text(function: str, declared: FieldType, text: str, fail: Fail) -> str:
    if function in _WORDS:
        return word(declared, text, fail)
    if not text:
        raise fail("the text is empty", "文本为空", ('"…"',))
    if function == "matches" and (reason := refused(text)):
        raise fail(*reason)
    return text


def _wrong_kind(function: str, field: str, kind: FieldKind, fail: Fail) -> InvalidInput:
    fitting = sorted(name for name, kinds in _KINDS.items() if kind in kinds)
    return fail(
        f"{field} is {kind}, which {function}() does not take",
        f"{field} 的类型是 {kind}，{function}() 不接受",
        [f'{name}({field}, "…")' for name in fitting] or [f"present({field})"],
    )
