"""JSON lines, read one by one: a recording may be longer than the memory is large."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from ruledesk.errors import InvalidInput
from ruledesk.pilot.entry import Entry, Source

_LONGEST_LINE: Final = 16 * 1024 * 1024


def read_lines(file: Path) -> Iterator[tuple[Entry, int]]:
    """Stream the objects of a JSON-lines file. Empty lines are passed over.

    Args:
        file: A UTF-8 file with one JSON value a line, each of at most 16 MiB.

    Yields:
        The value of each line, and how many bytes of the file were read up to its end.

    Raises:
        InvalidInput: The file cannot be read, or a line is no JSON; it names file and line.
    """
    done = 0
    try:
        with file.open("rb") as stream:
            number = 0
            while line := stream.readline(_LONGEST_LINE + 1):
                number += 1
                done += len(line)
                if line.strip():
                    yield Entry(_value(line, file, number), Source(file, {}, number)), done
    except OSError as error:
        raise InvalidInput.of(
            f"cannot be read ({error.strerror})", "无法读取", field=str(file)
        ) from error


def _value(line: bytes, file: Path, number: int) -> Any:
    where = f"{file}:{number}"
    if len(line) > _LONGEST_LINE:
        raise InvalidInput.of("a line longer than 16 MiB", "单行超过 16 MiB", field=where)
    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        return json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise InvalidInput.of("not UTF-8", "不是 UTF-8 编码", field=where) from error
    except RecursionError as error:
        raise InvalidInput.of("nested too deeply", "嵌套过深", field=where) from error
    except ValueError as error:
        raise InvalidInput.of(
            f"not valid JSON ({error})", f"不是有效的 JSON（{error}）", field=where
        ) from error


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} stands here twice")
        found[key] = value
    return found


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is not a JSON value")
