"""YAML, read as plain data with the line of every key.

Only what plain data needs is accepted: no tags that make objects, no key twice, no document that
unfolds its aliases into more than it could be meant to hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import yaml
from yaml.constructor import SafeConstructor

from ruledesk.errors import InvalidInput
from ruledesk.pilot.entry import Entry, KeyPath, Source

_TAG: Final = "tag:yaml.org,2002:"
_LARGEST_FILE: Final = 16 * 1024 * 1024
_MOST_VALUES: Final = 200_000
_DEEPEST: Final = 40


def read_yaml(file: Path) -> Iterator[Entry]:
    """Read the documents of a YAML file, one by one.

    Args:
        file: A UTF-8 file of at most 16 MiB.

    Yields:
        The root of each document that is not empty. Times are text; ``1:30`` is text too.

    Raises:
        InvalidInput: It cannot be read, is no YAML, or has keys twice.
    """
    loader = yaml.SafeLoader(_text(file))
    try:
        while loader.check_node():
            node = loader.get_node()
            root = _document(file, node) if node is not None else None
            if root is not None and root.value is not None:
                yield root
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _unusable(
            f"{file}:{mark.line + 1 if mark else 1}",
            f"not valid YAML ({error.problem or error.context})",
            f"不是有效的 YAML（{error.problem or error.context}）",
        ) from error
    except yaml.YAMLError as error:
        raise _unusable(str(file), f"not valid YAML ({error})", "不是有效的 YAML") from error
    except RecursionError as error:
        raise _unusable(str(file), "nested too deeply", "嵌套过深") from error
    finally:
        loader.dispose()


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > _LARGEST_FILE:
            raise _unusable(str(file), "larger than 16 MiB", "大于 16 MiB")
        content = file.read_bytes()
        text = content.decode("utf-8-sig")
        # The loader would say this too, but without the line.
        if found := yaml.reader.Reader.NON_PRINTABLE.search(text):
            line = text.count("\n", 0, found.start()) + 1
            raise _unusable(
                f"{file}:{line}", "a character that YAML does not allow", "YAML 不允许的字符"
            )
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _unusable(f"{file}:{line}", "not UTF-8", "不是 UTF-8 编码") from error
    except OSError as error:
        raise _unusable(str(file), f"cannot be read ({error.strerror})", "无法读取") from error
    return text


def _unusable(where: str, en: str, zh: str) -> InvalidInput:
    return InvalidInput.of(en, zh, field=where)


def _document(file: Path, node: yaml.Node) -> Entry:
    lines: dict[KeyPath, int] = {}
    source = Source(file, lines, node.start_mark.line + 1)
    value = _Reading(source, lines).value(node, ())
    source.raise_problems()
    return Entry(value, source)


class _Reading:
    """Turns the nodes of one document into plain data, counting as aliases unfold."""

    def __init__(self, source: Source, lines: dict[KeyPath, int]) -> None:
        self.source = source
        self.lines = lines
        self.values = 0

    def value(self, node: yaml.Node, path: KeyPath) -> Any:
        self.values += 1
        if self.values > _MOST_VALUES or len(path) > _DEEPEST:
            raise _unusable(
                f"{self.source.file}:{node.start_mark.line + 1}",
                "too many or too deeply nested values (are its aliases meant?)",
                "数值过多或嵌套过深（别名是否有误？）",
            )
        if isinstance(node, yaml.MappingNode) and node.tag == f"{_TAG}map":
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
            return self.sequence(node, path)
        return self.scalar(node, path)

    def mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if key_node.tag == f"{_TAG}merge":
                for entry in self.merged(value_node, path):
                    merged = {**entry, **merged}
                continue
            key = self.key(key_node, path)
            inner = (*path, key)
            # Before the value is read, so that errors inside it can say the line.
            self.lines[inner] = key_node.start_mark.line + 1
            if key in own:
                self.source.add(inner, "the key stands here twice", "此键重复", value=key)
            own[key] = self.value(value_node, inner)
        return {**merged, **own}

    def merged(self, node: yaml.Node, path: KeyPath) -> Iterator[dict[str, Any]]:
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        for part in nodes:
            value = self.value(part, path)
            if isinstance(value, dict):
                yield value
            else:
                self.source.add(path, "<< merges mappings only", "<< 只能合并映射", value=value)

    def key(self, node: yaml.Node, path: KeyPath) -> str:
        if isinstance(node, yaml.ScalarNode):
            return str(node.value)
        self.lines.setdefault(path, node.start_mark.line + 1)
        self.source.add(path, "a key must be text", "键必须是文本")
        return ""

    def sequence(self, node: yaml.SequenceNode, path: KeyPath) -> list[Any]:
        values = []
        for place, item in enumerate(node.value, 1):
            self.lines[(*path, place)] = item.start_mark.line + 1
            values.append(self.value(item, (*path, place)))
        return values

    def scalar(self, node: yaml.Node, path: KeyPath) -> Any:
        read = _SCALARS.get(node.tag)
        if read is None or not isinstance(node, yaml.ScalarNode):
            self.source.add(path, "this tag is not accepted", "不接受此标签", value=node.tag)
            return None
        try:
            return read(node)
        except (ValueError, KeyError, AttributeError, OverflowError):
            # What the constructors raise where an explicit tag does not fit the text.
            self.source.add(path, "not a value of its type", "类型不符", value=node.value)
            return None


_PLAIN = SafeConstructor()


def _number(construct: Callable[[yaml.ScalarNode], Any]) -> Callable[[yaml.ScalarNode], Any]:
    def read(node: yaml.ScalarNode) -> Any:
        # YAML 1.1 reads 1:30 as ninety; nobody means that in a scenario.
        return node.value if ":" in node.value else construct(node)

    return read


def _time(node: yaml.ScalarNode) -> str:
    value = _PLAIN.construct_yaml_timestamp(node)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.isoformat()
    return str(node.value)


def _boolean(node: yaml.ScalarNode) -> bool:
    return bool(_PLAIN.construct_yaml_bool(node))


_SCALARS: Final[dict[str, Callable[[yaml.ScalarNode], Any]]] = {
    f"{_TAG}str": lambda node: node.value,
    f"{_TAG}value": lambda node: node.value,
    f"{_TAG}null": lambda _: None,
    f"{_TAG}bool": _boolean,
    f"{_TAG}int": _number(_PLAIN.construct_yaml_int),
    f"{_TAG}float": _number(_PLAIN.construct_yaml_float),
    f"{_TAG}timestamp": _time,
}
