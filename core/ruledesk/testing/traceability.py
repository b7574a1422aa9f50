"""Traceability: each line of the manuals, with the rules, scenarios and tests that name it.

``python -m ruledesk.testing.traceability`` writes the page of a repository, ``--check`` says
whether it is up to date and every line is shown.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from os.path import relpath
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

from ruledesk.errors import InvalidInput
from ruledesk.model.requirement import in_order, is_requirement
from ruledesk.pilot.scenario import load_scenarios
from ruledesk.rules.load.manual import take_manual
from ruledesk.toml import Problems, Table, read_toml

LINES: Final = Path("docs/requirements.toml")
PAGE: Final = Path("docs/reference/requirements.md")
RULESETS: Final = Path("rulesets")
TESTS: Final = (Path("tests"), Path("plugins"), Path("contrib"))
_MARKER: Final = "requirement"
_PAGES_ONLY: Final = "no scenario is needed"
_OF_PAGES: Final = "scenarios show what stands on them, not the pages themselves"
_COMMAND: Final = "python -m ruledesk.testing.traceability"


@frozen
class Mention:
    """Something that names a line.

    Attributes:
        file: Its file, relative to the repository.
        name: A rule, the title of a scenario, or a test function.
        refuses: Of a scenario: whether a step of it must be refused.
    """

    file: str
    name: str
    refuses: bool = False


@frozen
class Register:
    """The lines of the manuals.

    Attributes:
        manuals: Titles of the manuals by their letters.
        lines: Titles of the lines by ID.
        pages: Lines that are about pages only, and need no scenario.
        tests: Lines that tests show instead of scenarios.
    """

    manuals: Mapping[str, str]
    lines: Mapping[str, str]
    pages: frozenset[str] = frozenset()
    tests: frozenset[str] = frozenset()


@frozen
class Trace:
    """What names each line, by ID."""

    rules: Mapping[str, Sequence[Mention]] = field(factory=dict)
    scenarios: Mapping[str, Sequence[Mention]] = field(factory=dict)
    tests: Mapping[str, Sequence[Mention]] = field(factory=dict)


# -- reading ----------------------------------------------------------------------------------


def read_register(root: Path) -> Register:
    """Read the lines of the manuals.

    Raises:
        InvalidInput: The file cannot be used.
    """
    table = Table(read_toml(root / LINES), str(LINES))
    lines = dict(table.mapping("lines"))
    for one in lines:
        if not is_requirement(one):
            table.problem(f"lines.{one}", "not a line of a manual", "不是手册条目编号", one)
    known = tuple(lines)
    register = Register(
        manuals=dict(table.mapping("manuals")),
        lines=lines,
        pages=frozenset(table.enums("pages", known)),
        tests=frozenset(table.enums("tests", known)),
    )
    table.done()
    table.problems.raise_if_any()
    return register


def read_trace(root: Path) -> Trace:
    """Collect what names lines: parts of rulesets, scenarios, and tests by their marker.

    Args:
        root: The repository.

    Raises:
        InvalidInput: A ruleset or scenario cannot be read.
    """
    return Trace(
        rules=_by_line(rule for file in sorted((root / RULESETS).rglob("*.toml"))
                       for rule in _rules(root, file)),
        scenarios=_by_line(one for file in sorted((root / RULESETS).rglob("*.scenario.yaml"))
                           for one in _scenarios(root, file)),
        tests=_by_line(test for folder in TESTS
                       for file in sorted((root / folder).rglob("test_*.py"))
                       for test in _tests(root, file)),
    )  # fmt: skip


def _by_line(found: Iterable[tuple[str, Mention]]) -> dict[str, list[Mention]]:
    lines: dict[str, list[Mention]] = {}
    for line, mention in found:
        if mention not in (known := lines.setdefault(line, [])):
            known.append(mention)
    return lines


def _rules(root: Path, file: Path) -> Iterator[tuple[str, Mention]]:
    document = read_toml(file)
    if "ruleset" not in document:
        return
    lines = take_manual(document, str(file), Problems()).lines
    for path, ids in lines.items():
        # A stage or table whose rules are named need not be named itself.
        if not any(other[: len(path)] == path and other != path for other in lines):
            for one in ids:
                yield one, Mention(_relative(file, root), _rule_name(path))


def _rule_name(path: tuple[str, ...]) -> str:
    match path:
        case ("stages", _, "rules", name) | ("targets", _, "limits", name) | ("reactions", name):
            return name
        case ("stages", _, "tables", table, "rows", row):
            return f"{table}/{row}"
    return ".".join(path)


def _scenarios(root: Path, file: Path) -> Iterator[tuple[str, Mention]]:
    for scenario in load_scenarios(file):
        refuses = any(step.refused for step in scenario.steps)
        for one in scenario.head.requirements:
            yield one, Mention(_relative(file, root), scenario.head.name, refuses)


def _tests(root: Path, file: Path) -> Iterator[tuple[str, Mention]]:
    tree = ast.parse(file.read_text("utf-8"), str(file))
    if _MARKER not in ast.dump(tree):
        return
    where = _relative(file, root)
    for name, ids in _marked(tree.body, _of_module(tree)):
        for one in ids:
            yield one, Mention(where, name)


def _of_module(tree: ast.Module) -> tuple[str, ...]:
    found: list[str] = []
    for node in tree.body:
        if isinstance(node, ast.Assign):
            named = [one.id for one in node.targets if isinstance(one, ast.Name)]
            if "pytestmark" in named:
                found += _ids(node.value)
    return tuple(found)


def _marked(
    body: Sequence[ast.stmt], around: tuple[str, ...]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each test function with the lines that it, its class and its module are marked with."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            own = tuple(one for decorator in node.decorator_list for one in _ids(decorator))
            yield from _marked(node.body, (*around, *own))
        elif isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            own = tuple(one for decorator in node.decorator_list for one in _ids(decorator))
            yield node.name, tuple(dict.fromkeys((*around, *own)))


def _ids(node: ast.AST) -> Iterator[str]:
    """Read the arguments of the marker wherever it stands below a node (``pytest.param`` too)."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute):
            if inner.func.attr != _MARKER:
                continue
            for argument in inner.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value


def _relative(file: Path, root: Path) -> str:
    return file.relative_to(root).as_posix()


# -- judging ----------------------------------------------------------------------------------


def untraced(register: Register, trace: Trace) -> tuple[str, ...]:
    """List the lines that nothing shows: no scenario, or no test where tests show it."""
    shown = {
        line: trace.tests if line in register.tests else trace.scenarios for line in register.lines
    }
    return tuple(
        line for line, by in shown.items() if line not in register.pages and not by.get(line)
    )


def unknown(register: Register, trace: Trace) -> tuple[tuple[str, Mention], ...]:
    """List what names a line that no manual has."""
    return tuple(
        (line, mention)
        for found in (trace.rules, trace.scenarios, trace.tests)
        for line, mentions in found.items()
        if line not in register.lines
        for mention in mentions
    )


# -- writing ----------------------------------------------------------------------------------


def page(register: Register, trace: Trace) -> str:
    """Write the page, in Markdown."""
    return "\n".join((*_head(register, trace), *_sections(register, trace), ""))


def _head(register: Register, trace: Trace) -> Iterator[str]:
    yield from (
        "# Requirements",
        "",
        f"<!-- Made by {_COMMAND}; do not edit. -->",
        "",
        "Each line of the service manuals, with the rules that implement it (the key `manual` of a",
        "[ruleset](rulesets.md)), the scenarios that show it (the key `requirements` of a",
        "[scenario](scenarios.md)) and the tests that are marked with it. All of them are run",
        "before every change is taken in. “Refusals” counts the scenarios in which something is",
        "refused.",
        "",
        "| line | about | rules | scenarios | refusals | tests |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    )
    for line, title in register.lines.items():
        scenarios = trace.scenarios.get(line, ())
        counts = (
            len(trace.rules.get(line, ())),
            len(scenarios),
            sum(one.refuses for one in scenarios),
            len(trace.tests.get(line, ())),
        )
        cells = " | ".join(str(count) if count else "–" for count in counts)
        yield f"| [{line}](#{line.lower()}) | {title} | {cells} |"


def _sections(register: Register, trace: Trace) -> Iterator[str]:
    for letter, manual in register.manuals.items():
        yield from ("", f"## {letter} · {manual}")
        for line in sorted(register.lines, key=in_order):
            if in_order(line)[0] == letter:
                yield from _section(line, register, trace)


def _section(line: str, register: Register, trace: Trace) -> Iterator[str]:
    yield from ("", f"### {line}", "", register.lines[line], "")
    if line in register.pages:
        # What stands on a page can be shown by a scenario all the same, the page cannot.
        shown = trace.scenarios.get(line)
        yield f"- about pages: {_OF_PAGES if shown else _PAGES_ONLY}"
    for file, names in _grouped(trace.rules.get(line, ())).items():
        yield f"- rules: {_link(file)}: {', '.join(f'`{one.name}`' for one in names)}"
    for file, names in _grouped(trace.scenarios.get(line, ())).items():
        titles = "; ".join(f"{one.name} (refusal)" if one.refuses else one.name for one in names)
        yield f"- scenario: {_link(file)}: {titles}"
    for file, names in _grouped(trace.tests.get(line, ())).items():
        count = f"{len(names)} tests" if len(names) > 1 else f"`{names[0].name}`"
        yield f"- tests: {_link(file)}: {count}"


def _grouped(mentions: Iterable[Mention]) -> dict[str, list[Mention]]:
    by_file: dict[str, list[Mention]] = {}
    for mention in mentions:
        by_file.setdefault(mention.file, []).append(mention)
    return by_file


def _link(file: str) -> str:
    parts = Path(file).parts
    shown = "/".join(parts[2:]) if parts[0] == str(RULESETS) else file
    return f"[{shown}]({relpath(file, PAGE.parent)})"


# -- the command ------------------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, or check it.

    Returns:
        0 done; 1 the page is stale, a line is not shown or not known; 2 unusable input.
    """
    parser = argparse.ArgumentParser(prog=_COMMAND)
    parser.add_argument("root", nargs="?", type=Path, default=Path(), help="the repository")
    parser.add_argument("--check", action="store_true", help="write nothing, say what is wrong")
    options: Any = parser.parse_args(arguments)
    try:
        register, trace = read_register(options.root), read_trace(options.root)
    except InvalidInput as error:
        sys.stderr.write(f"{error.text('en')}\n")
        return 2
    text, target = page(register, trace), options.root / PAGE
    wrong = [f"{line}: shown by nothing" for line in untraced(register, trace)]
    wrong += [f"{line}: no such line, in {one.file}" for line, one in unknown(register, trace)]
    if not options.check:
        target.write_text(text, "utf-8")
    elif not target.is_file() or target.read_text("utf-8") != text:
        wrong.append(f"{PAGE}: stale; {_COMMAND} makes it anew")
    for one in wrong:
        sys.stderr.write(f"{one}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
