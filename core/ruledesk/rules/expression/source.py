"""Checked expressions as Python source, for engines that compile conditions.

The source is made of generated names only; field names, literals and patterns are bound to such
names and never become part of the text. It checks the facts exactly as
`ruledesk.rules.expression.facts.check_facts` does, but does so in line for values that are right.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final

from attrs import define, evolve, field

from ruledesk.errors import InvalidInput, suggestion
from ruledesk.rules.engine import Condition
from ruledesk.rules.expression.facts import (
    CHANGED,
    INTEGER_LIMIT,
    changed_names,
    checker,
    domain,
)
from ruledesk.rules.expression.patterns import LONGEST_SUBJECT, compiled
from ruledesk.rules.expression.types import (
    And,
    Atom,
    Compare,
    CompareFields,
    Constant,
    Expression,
    FieldKind,
    FieldType,
    Function,
    Not,
    OneOf,
    Or,
    Schema,
    Test,
)
from ruledesk.rules.expression.walk import depth

_WHOLE: Final = "type({v}) is int and -{limit} <= {v} <= {limit}"
_FINITE: Final = "type({v}) is float and {v} - {v} == 0.0"
#: What a value that needs no closer look is like; a kind that is absent is always looked at.
_RIGHT: Final[dict[FieldKind, str]] = {
    "text": "type({v}) is str",
    "enum": "type({v}) is str",
    "tree": "type({v}) is str",
    "integer": _WHOLE,
    "number": f"({_WHOLE} or {_FINITE})",
    "boolean": "type({v}) is bool",
    "datetime": "type({v}) is {datetime} and {v}.tzinfo is {utc}",
}
_TESTS: Final[dict[Function, str]] = {
    "present": "{v} is not None",
    "missing": "{v} is None",
    "contains": "({v} is not None and {c} in {v})",
    "startswith": "({v} is not None and {v}.startswith({c}))",
    "matches": "({v} is not None and {c}({v}[:{longest}]) is not None)",
    "under": "({v} is not None and ({v} == {c} or {v}.startswith({c2})))",
    "has": "({v} is not None and {c} in {v})",
}


@define
class FunctionSource:
    """Collects what a function of the facts reads and knows.

    Attributes:
        schema: The declared fields.
        names: What generated names stand for.
        variables: The local variable of each field that is read.
    """

    schema: Schema
    names: dict[str, Any] = field(factory=dict)
    variables: dict[str, str] = field(factory=dict)

    def bind(self, value: Any) -> str:
        """Make a name for a value."""
        name = f"c{len(self.names)}"
        self.names[name] = value
        return name

    def variable(self, name: str) -> str:
        """Name the local variable that holds a field's checked value.

        Raises:
            InvalidInput: The schema does not declare the field.
        """
        if name != CHANGED and name not in self.schema.fields:
            raise InvalidInput.of(
                "unknown field",
                "未知的字段",
                value=name,
                accepted=suggestion(name, self.schema.fields),
            )
        return self.variables.setdefault(name, f"v{len(self.variables)}")

    def expression(self, expression: Expression) -> str:
        """Write an expression as Python source over the local variables.

        Raises:
            InvalidInput: It reads a field that the schema does not declare.
        """
        match expression:
            case And(operands):
                return f"({' and '.join(self.expression(operand) for operand in operands)})"
            case Or(operands):
                return f"({' or '.join(self.expression(operand) for operand in operands)})"
            case Not(operand):
                return f"(not {self.expression(operand)})"
            case Constant(value):
                return str(bool(value))
            case _:
                return self._atom(expression)

    def _atom(self, atom: Atom) -> str:
        match atom:
            case Test():
                return self._test(atom)
            case CompareFields(left, op, right):
                a, b = self.variable(left), self.variable(right)
                return f"({a} is not None and {b} is not None and {a} {op} {b})"
            case Compare(name, op, literal):
                v, c = self.variable(name), self.bind(literal)
                return f"{v} == {c}" if op == "==" else f"({v} is not None and {v} {op} {c})"
            case OneOf(name, literals):
                v, c = self.variable(name), self.bind(literals)
                return f"({v} is not None and {v} in {c})"

    def _test(self, test: Test) -> str:
        if test.function == "changed":
            return f"{self.bind(test.field)} in {self.variable(CHANGED)}"
        argument: Any = test.text
        if test.function == "matches":
            argument = compiled(test.text).search
        return _TESTS[test.function].format(
            v=self.variable(test.field),
            c=self.bind(argument),
            c2=self.bind(f"{test.text}/"),
            longest=LONGEST_SUBJECT,
        )

    def function(self, body: Iterable[str]) -> Callable[[Any], Any]:
        """Compile a function of the facts.

        Args:
            body: Statements that come after the fields were read and checked.

        Returns:
            The function; it raises `FactError` where a value that it reads is of another type.

        Raises:
            RecursionError, MemoryError, SyntaxError: The source is nested too deeply for Python.
        """
        lines = [*self._reading(), *body]
        text = "def function(facts):\n get = facts.get\n" + "".join(f" {line}\n" for line in lines)
        module = ast.fix_missing_locations(_Literals(self.names).visit(ast.parse(text)))
        space = dict(self.names)
        # Nothing of the text comes from outside: see the module's docstring.
        exec(compile(module, "<conditions>", "exec"), space)  # noqa: S102
        made: Callable[[Any], Any] = space["function"]
        return made

    def _reading(self) -> list[str]:
        lines = []
        for name, variable in self.variables.items():
            lines.append(f"{variable} = get({self.bind(name)})")
            if name == CHANGED:
                lines.append(f"{variable} = {self.bind(changed_names)}({variable})")
            else:
                lines.append(self._check(name, variable, self.schema.fields[name]))
        return lines

    def _check(self, name: str, variable: str, declared: FieldType) -> str:
        right = _RIGHT.get(declared.kind, "False").format(
            v=variable,
            limit=INTEGER_LIMIT,
            datetime=self.bind(datetime),
            utc=self.bind(UTC),
        )
        if words := domain(declared):
            right += f" and {variable} in {self.bind(words)}"
        check = self.bind(checker(name, declared))
        return f"if {variable} is not None and not ({right}): {variable} = {check}({variable})"


class _Literals(ast.NodeTransformer):
    """Puts plain values in the place of their names, which is faster than looking them up."""

    def __init__(self, names: dict[str, Any]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        value = self._names.get(node.id)
        return ast.Constant(value) if _is_plain(value) else node


def _is_plain(value: Any) -> bool:
    if isinstance(value, tuple | frozenset):
        return all(_is_plain(item) for item in value)
    return type(value) in (str, int, float, bool)


#: Python's parser takes some 90 levels of what is made here; ruleset text has at most 50.
MOST_DEPTH: Final = 80


def condition_source(source: FunctionSource, condition: Condition, label: str) -> str:
    """Write the source of a program's condition, with errors that name it.

    Args:
        source: The function that it becomes a part of.
        condition: The condition.
        label: The program's label.

    Returns:
        A Python expression over the function's variables.

    Raises:
        InvalidInput: It reads a field that is not declared, or is nested too deeply.
    """
    where = f"{label}.{condition.name}".lstrip(".")
    if depth(condition.when) > MOST_DEPTH:
        raise InvalidInput.of(
            f"the condition is nested deeper than {MOST_DEPTH} levels",
            f"条件嵌套超过 {MOST_DEPTH} 层",
            field=where,
        )
    try:
        return source.expression(condition.when)
    except InvalidInput as error:
        raise InvalidInput(*(evolve(problem, field=where) for problem in error.problems)) from None
