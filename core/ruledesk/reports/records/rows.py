"""The rows of a CSV file, streamed, each with the line on which it begins."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from attrs import frozen

from ruledesk.errors import ABSENT, InvalidInput, Problem, suggestion
from ruledesk.reports.records.mapping import ENCODINGS_SHOWN, RecordMapping

#: A cell longer than this is an opening quote that nobody closed.
_LONGEST_CELL: Final = 1_000_000
_UTF_8: Final = "utf-8-sig"


@frozen
class Row:
    """One row.

    Attributes:
        line: The line of the file on which it begins, from 1.
        cells: By column, stripped of blanks around them.
    """

    line: int
    cells: Mapping[str, str]


#: A row, or what is wrong with it; None for a blank one.
Read: TypeAlias = Row | Problem | None


def read_rows(path: Path, mapping: RecordMapping) -> Iterator[Read]:
    """Stream the rows of a file.

    Args:
        path: The file. A byte order mark at its beginning is tolerated.
        mapping: Its encoding and delimiter, and the columns that it must have.

    Yields:
        Each row; what is wrong with it where its cells do not fit the header; None where it is
        blank.

    Raises:
        InvalidInput: It cannot be read or decoded, has no header, lacks columns, or its quotes
            do not match.
    """
    csv.field_size_limit(_LONGEST_CELL)
    try:
        with path.open("r", encoding=mapping.encoding, newline="") as text:
            yield from _rows(text, path, mapping)
    except OSError as error:
        raise InvalidInput.of(
            f"cannot be read ({error.strerror})", f"无法读取（{error.strerror}）", field=str(path)
        ) from error
    except UnicodeError as error:
        raise _undecodable(path, mapping.encoding) from error


def _rows(text: io.TextIOBase, path: Path, mapping: RecordMapping) -> Iterator[Read]:
    reader = csv.reader(text, delimiter=mapping.delimiter, strict=True)
    header: Sequence[str] | None = None
    line = 1
    try:
        for cells in reader:
            filled = [cell.strip() for cell in cells]
            if not any(filled):
                if header is not None:
                    yield None
            elif header is None:
                header = _header(filled, f"{path}:{line}", mapping)
            elif len(filled) == len(header):
                yield Row(line, dict(zip(header, filled, strict=True)))
            else:
                yield _misfit(filled, header, f"{path}:{line}")
            line = reader.line_num + 1
    except csv.Error as error:
        raise InvalidInput.of(
            f"not valid CSV: {error}",
            f"不是有效的 CSV：{error}",
            field=f"{path}:{line}",
            accepted=('a cell with quotes in it as "a ""quoted"" word"',),
        ) from error
    if header is None:
        raise InvalidInput.of("holds no rows", "文件中没有数据", field=str(path))


def _header(names: list[str], where: str, mapping: RecordMapping) -> Sequence[str]:
    needed = mapping.needed()
    problems = [
        Problem("no such column", "没有此列", where, column, suggestion(column, set(names) - {""}))
        for column in needed
        if column not in names
    ]
    problems += [
        Problem("the header has this column more than once", "表头中此列重复", where, column)
        for column in dict.fromkeys(names)
        if column in needed and names.count(column) > 1
    ]
    if problems:
        raise InvalidInput(*problems)
    return names


def _misfit(cells: list[str], header: Sequence[str], where: str) -> Problem:
    have, want = len(cells), len(header)
    return Problem(
        f"the row has {have} cells, the header {want}",
        f"该行有 {have} 个单元格，表头有 {want} 个",
        where,
        cells[0] if have < want else cells[want],
        (f"{want} cells",),
    )


def _undecodable(path: Path, encoding: str) -> InvalidInput:
    """Say on which line the text is not of its encoding, and of which it may be."""
    name = "utf-8" if encoding == _UTF_8 else encoding
    line, piece = _first_undecodable(path, encoding)
    others = [
        other
        for other in ENCODINGS_SHOWN
        if other in ("utf-8", "gb18030") and other != name and _decodes(piece, other)
    ]
    return InvalidInput.of(
        f"not {name} text",
        f"不是 {name} 编码的文本",
        field=f"{path}:{line}" if line else str(path),
        value=piece[:40] if piece else ABSENT,
        accepted=[f'encoding = "{other}"' for other in others or ENCODINGS_SHOWN],
    )


def _first_undecodable(path: Path, encoding: str) -> tuple[int, bytes]:
    """Find the line; in these encodings no part of a character is a line feed."""
    if encoding == "utf-16":
        return 0, b""
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not _decodes(line, encoding):
                return number, line.rstrip(b"\r\n")
    return 0, b""


def _decodes(piece: bytes, encoding: str) -> bool:
    try:
        piece.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
