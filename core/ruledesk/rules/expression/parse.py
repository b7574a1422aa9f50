"""Conditions from text: a safe, typed subset of Python's expression syntax.

The text is never executed: Python's own parser makes a syntax tree of it, and every node is either
understood here, with its types, or refused by name.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Mapping
from typing import Any, Final

from attrs import frozen

from ruledesk.errors import InvalidInput, suggestion
from ruledesk.rules.expression.facts import CHANGED, INTEGER_LIMIT
from ruledesk.rules.expression.functions import FUNCTIONS, call
from ruledesk.rules.expression.literals import Fail, typed, word
from ruledesk.rules.expression.types import (
    And,
    Compare,
    CompareFields,
    Constant,
    Expression,
    FieldKind,
    FieldType,
    Not,
    OneOf,
    Operator,
    Or,
    Schema,
    Test,
)

LONGEST_TEXT: Final = 4000
MOST_NESTING: Final = 50

ACCEPTED: Final = (
    "and, or, not",
    "== != < <= > >= in, not in",
    *(f"{name}()" for name in FUNCTIONS),
)
_OPERATORS: Final[Mapping[type[ast.cmpop], Operator]] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_MIRRORED: Final[Mapping[Operator, Operator]] = {
    "==": "==",
    "!=": "!=",
    "<": ">",
    "<=": ">=",
    ">": "<",
    ">=": "<=",
}
_NUMBERS: Final[frozenset[FieldKind]] = frozenset({"integer", "number", "money"})
_TEXTS: Final[frozenset[FieldKind]] = frozenset({"text", "enum", "tree"})
_ORDERED: Final = _NUMBERS | {"datetime"}
_LONG: Final = (
    f"the condition is longer than {LONGEST_TEXT} characters",
    f"条件超过 {LONGEST_TEXT} 个字符",
)
_DEEP: Final = (
    f"the condition is nested deeper than {MOST_NESTING} levels",
    f"条件嵌套超过 {MOST_NESTING} 层",
)
_NOTHING: Final = object()
_CONSTRUCTS: Final[Mapping[type[ast.AST], tuple[str, str]]] = {
    ast.BinOp: ("arithmetic", "算术运算"),
    ast.UnaryOp: ("arithmetic", "算术运算"),
    ast.Lambda: ("a lambda", "lambda 表达式"),
    ast.IfExp: ("if … else", "条件表达式"),
    ast.NamedExpr: ("an assignment (:=)", "赋值表达式（:=）"),
    ast.JoinedStr: ("an f-string", "f 字符串"),
    ast.ListComp: ("a comprehension", "推导式"),
    ast.SetComp: ("a comprehension", "推导式"),
    ast.DictComp: ("a comprehension", "推导式"),
    ast.GeneratorExp: ("a comprehension", "推导式"),
    ast.Subscript: ("an index", "下标"),
    ast.Dict: ("a dictionary", "字典"),
    ast.List: ("a list by itself", "单独的列表"),
    ast.Tuple: ("a list by itself", "单独的列表"),
    ast.Set: ("a list by itself", "单独的列表"),
    ast.Starred: ("unpacking (*)", "解包（*）"),
    ast.Call: ("a call", "函数调用"),
    ast.Constant: ("a value by itself", "单独的值"),
    ast.Await: ("await", "await"),
    ast.Yield: ("yield", "yield"),
    ast.YieldFrom: ("yield", "yield"),
}


def parse(text: str, schema: Schema, where: str) -> Expression:
    """Read and check a condition (requirements F4, F5).

    Args:
        text: The condition, at most `LONGEST_TEXT` characters.
        schema: The fields that it may read.
        where: The key path of the condition, for errors.

    Returns:
        The checked expression.

    Raises:
        InvalidInput: The text is no condition over these fields. The problem's field is `where`
            with the column, its value the text.
    """
    if not isinstance(text, str) or not text.strip():
        reason = ("a condition is a text", "条件应为文本")
        raise _refusal(where, text, 0, reason, ('urgency == "urgent"',))
    if len(text) > LONGEST_TEXT:
        raise _refusal(where, text, LONGEST_TEXT, _LONG)
    stripped = text.strip()
    return _Reader(stripped, schema, where).condition(_syntax(stripped, where), 1)


def _syntax(text: str, where: str) -> ast.expr:
    try:
        with warnings.catch_warnings():
            # "\d" in a pattern is a warning to Python; here it is a pattern.
            warnings.simplefilter("ignore")
            return ast.parse(text, mode="eval").body
    except SyntaxError as error:
        column = max((error.offset or 1) - 1, 0)
        accepted = ("( … )",) if "\n" in text else ACCEPTED
        reason = (f"syntax error ({error.msg})", f"语法错误（{error.msg}）")
        raise _refusal(where, text, column, reason, accepted) from None
    except (RecursionError, MemoryError):
        raise _refusal(where, text, 0, _DEEP) from None
    except ValueError:
        reason = ("unreadable characters", "含有无法读取的字符")
        raise _refusal(where, text, 0, reason) from None


def _refusal(
    where: str, text: Any, column: int, reason: tuple[str, str], accepted: Iterable[str] = ()
) -> InvalidInput:
    place = f"{where}:{column + 1}".lstrip(":")
    return InvalidInput.of(*reason, field=place, value=text, accepted=accepted)


@frozen
class _Field:
    """A field that the text names."""

    name: str
    declared: FieldType


@frozen
class _Written:
    """A literal that the text holds."""

    value: Any


class _Reader:
    """Makes the checked expression of one text."""

    def __init__(self, text: str, schema: Schema, where: str) -> None:
        self._text = text
        self._schema = schema
        self._where = where

    # -- conditions ---------------------------------------------------------------------------

    def condition(self, node: ast.expr, level: int) -> Expression:
        """Read a node that is true or false."""
        if level > MOST_NESTING:
            raise _refusal(self._where, self._text, self._column(node), _DEEP)
        match node:
            case ast.BoolOp(op, values):
                operands = tuple(self.condition(value, level + 1) for value in values)
                return And(operands) if isinstance(op, ast.And) else Or(operands)
            case ast.UnaryOp(ast.Not(), operand):
                return Not(self.condition(operand, level + 1))
            case ast.Constant(bool(value)):
                return Constant(value)
            case ast.Compare():
                return self._comparison(node)
            case ast.Call():
                return self._call(node)
            case ast.Name() | ast.Attribute():
                return self._flag(node)
            case _:
                raise self._construct(node)

    def _flag(self, node: ast.expr) -> Expression:
        field = self._field(node)
        if field.declared.kind != "boolean":
            raise self._fail(node)(
                f"{field.name} is {field.declared.kind}, not boolean; compare it",
                f"{field.name} 的类型是 {field.declared.kind} 而不是 boolean，应与值比较",
                (f"{field.name} == …", f"present({field.name})"),
            )
        return Compare(field.name, "==", True)

    def _call(self, node: ast.Call) -> Expression:
        if not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS:
            name = ast.unparse(node.func) if isinstance(node.func, ast.Name) else "…"
            raise self._fail(node)(
                f"{name}() is no function of conditions",
                f"{name}() 不是条件中的函数",
                suggestion(name, FUNCTIONS) if name != "…" else FUNCTIONS,
            )
        if node.keywords or not node.args:
            raise self._fail(node)(
                f"{node.func.id}() takes a field first, without a keyword",
                f"{node.func.id}() 的第一个参数是字段，且不用关键字",
            )
        field = self._field(node.args[0])
        arguments = [self._literal(argument) for argument in node.args[1:]]
        return call(node.func.id, field.name, field.declared, arguments, self._fail(node))

    def _comparison(self, node: ast.Compare) -> Expression:
        sides = [node.left, *node.comparators]
        pairs = tuple(
            self._pair(left, op, right)
            for left, op, right in zip(sides, node.ops, sides[1:], strict=False)
        )
        return pairs[0] if len(pairs) == 1 else And(pairs)

    def _pair(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Expression:
        if isinstance(op, ast.In | ast.NotIn):
            return self._membership(left, right, negative=isinstance(op, ast.NotIn))
        if isinstance(op, ast.Is | ast.IsNot):
            return self._identity(left, right, negative=isinstance(op, ast.IsNot))
        return self._relation(left, _OPERATORS[type(op)], right)

    def _relation(self, left: ast.expr, op: Operator, right: ast.expr) -> Expression:
        a, b = self._side(left), self._side(right)
        if isinstance(a, _Field) and isinstance(b, _Field):
            return self._fields(a, op, b, right)
        if isinstance(a, _Field) and isinstance(b, _Written):
            return self._compared(a, op, b.value, right)
        if isinstance(a, _Written) and isinstance(b, _Field):
            return self._compared(b, _MIRRORED[op], a.value, left)
        raise self._fail(left)("no field is compared", "没有与字段比较", ("field == value",))

    def _compared(self, field: _Field, op: Operator, value: Any, node: ast.expr) -> Expression:
        if value is None:
            if op not in ("==", "!="):
                raise self._fail(node)(
                    "None has no order", "None 没有大小", (f"missing({field.name})",)
                )
            return Test("missing" if op == "==" else "present", field.name)
        self._ordered(field, op, node)
        return Compare(field.name, op, typed(field.declared, value, self._fail(node)))

    def _fields(self, a: _Field, op: Operator, b: _Field, node: ast.expr) -> Expression:
        kinds = {a.declared.kind, b.declared.kind}
        if "set" in kinds or not (len(kinds) == 1 or kinds <= _NUMBERS or kinds <= _TEXTS):
            raise self._fail(node)(
                f"{a.name} ({a.declared.kind}) is not comparable with {b.name} ({b.declared.kind})",
                f"{a.name}（{a.declared.kind}）与 {b.name}（{b.declared.kind}）不可比较",
            )
        self._ordered(a, op, node)
        return CompareFields(a.name, op, b.name)

    def _ordered(self, field: _Field, op: Operator, node: ast.expr) -> None:
        if op not in ("==", "!=") and field.declared.kind not in _ORDERED:
            raise self._fail(node)(
                f"{field.name} is {field.declared.kind}, which has no order",
                f"{field.name} 的类型是 {field.declared.kind}，没有大小之分",
                ("==", "!=", "in"),
            )

    def _identity(self, left: ast.expr, right: ast.expr, *, negative: bool) -> Expression:
        if not (isinstance(right, ast.Constant) and right.value is None):
            raise self._fail(right)("after 'is' stands None", "is 之后应为 None", ("is None", "=="))
        return Test("present" if negative else "missing", self._field(left).name)

    def _membership(self, left: ast.expr, right: ast.expr, *, negative: bool) -> Expression:
        if isinstance(right, ast.Tuple | ast.List | ast.Set):
            field = self._field(left)
            fail = self._fail(right)
            if not right.elts:
                raise fail("the list is empty", "列表为空")
            values = tuple(
                typed(field.declared, self._literal(item), self._fail(item)) for item in right.elts
            )
            found = OneOf(field.name, values)
            # A comparison with a missing field is false, this one too.
            return And((Test("present", field.name), Not(found))) if negative else found
        field = self._field(right)
        if field.declared.kind != "set":
            raise self._fail(right)(
                f"{field.name} is {field.declared.kind}, not a set",
                f"{field.name} 的类型是 {field.declared.kind} 而不是集合",
                ('in ("…", "…")', f'contains({field.name}, "…")'),
            )
        held = Test("has", field.name, word(field.declared, self._literal(left), self._fail(left)))
        return Not(held) if negative else held

    # -- operands -----------------------------------------------------------------------------

    def _side(self, node: ast.expr) -> _Field | _Written:
        if isinstance(node, ast.Name | ast.Attribute):
            return self._field(node)
        return _Written(self._literal(node))

    def _field(self, node: ast.expr) -> _Field:
        name = _dotted(node)
        if name is None:
            raise self._construct(node, ("a field's name",))
        declared = self._schema.fields.get(name)
        if declared is None or name == CHANGED:
            raise self._fail(node)(
                f"unknown field {name}",
                f"未知的字段 {name}",
                suggestion(name, self._schema.fields),
            )
        return _Field(name, declared)

    def _literal(self, node: ast.expr) -> Any:
        value = _written(node)
        if value is _NOTHING:
            raise self._construct(node, ("text, a number, True, False, None",))
        if isinstance(value, int) and not -INTEGER_LIMIT <= value <= INTEGER_LIMIT:
            raise self._fail(node)("the integer is beyond ±2^53", "整数超出 ±2^53")
        return value

    # -- errors -------------------------------------------------------------------------------

    def _construct(self, node: ast.expr, accepted: tuple[str, ...] = ACCEPTED) -> InvalidInput:
        name = type(node).__name__
        en, zh = _CONSTRUCTS.get(type(node), (name, name))
        return self._fail(node)(f"{en} is not accepted here", f"此处不接受{zh}", accepted)

    def _fail(self, node: ast.expr) -> Fail:
        column = self._column(node)

        def fail(en: str, zh: str, accepted: Iterable[str] = ()) -> InvalidInput:
            return _refusal(self._where, self._text, column, (en, zh), accepted)

        return fail

    def _column(self, node: ast.expr) -> int:
        """Count the characters before a node; Python counts bytes, and anew on each line."""
        rows = self._text.encode().split(b"\n")
        before = sum(len(row) + 1 for row in rows[: node.lineno - 1]) + node.col_offset
        return len(self._text.encode()[:before].decode(errors="ignore"))


def _written(node: ast.expr) -> Any:
    match node:
        case ast.Constant(None | bool() | int() | float() | str()):
            return node.value
        case ast.UnaryOp(ast.USub() | ast.UAdd() as sign, ast.Constant(int() | float() as number)):
            if not isinstance(number, bool):
                return -number if isinstance(sign, ast.USub) else number
    return _NOTHING


def _dotted(node: ast.expr) -> str | None:
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return ".".join((node.id, *reversed(parts)))
