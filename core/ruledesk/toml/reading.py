"""From a file to a TOML document; errors name file and line."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, Final

from ruledesk.errors import ABSENT, InvalidInput

_POSITION: Final = re.compile(r" \(at line (\d+), column (\d+)\)$")
_END: Final = " (at end of document)"
#: Passwords in URLs: a line that is no TOML may be that of the store.
_SECRETS: Final = (
    re.compile(r"(://[^:/?#@\s]*:).+(?=@)"),
    re.compile(r"([?&](?:ssl)?password=)[^&#\s\"']+", re.IGNORECASE),
)


def read_toml(path: Path, name: str = "") -> dict[str, Any]:
    """Read a TOML file.

    Args:
        path: The file. A byte order mark at its beginning is tolerated.
        name: What errors call the file; its path where empty.

    Returns:
        The document.

    Raises:
        InvalidInput: There is no such file, it cannot be read, or it is not UTF-8 or not TOML; the
            field is the file, with the line where there is one.
    """
    called = name or str(path)
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise InvalidInput.of("no such file", "文件不存在", field=called) from error
    except OSError as error:
        raise InvalidInput.of(
            f"cannot be read ({error.strerror})", f"无法读取（{error.strerror}）", field=called
        ) from error
    return parse_toml(content, called)


def parse_toml(content: bytes, name: str) -> dict[str, Any]:
    """Parse a TOML document.

    Args:
        content: The document, in UTF-8.
        name: What errors call it.

    Returns:
        The document.

    Raises:
        InvalidInput: It is not UTF-8, not TOML or nested too deeply; the field is ``name:line``.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidInput.of(
            "not UTF-8 text",
            "不是 UTF-8 文本",
            field=f"{name}:{line}",
            value=content[error.start : error.start + 8],
            accepted=("UTF-8",),
        ) from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(str(error), text, name) from error
    except RecursionError as error:
        raise InvalidInput.of("nested too deeply", "嵌套过深", field=name) from error


def _syntax_error(message: str, text: str, name: str) -> InvalidInput:
    """Move the position out of tomllib's message and show the line it is about."""
    lines = text.splitlines()
    position = _POSITION.search(message)
    line = int(position[1]) if position else max(len(lines), 1)
    reason = message[: position.start()] if position else message.removesuffix(_END)
    column = f", column {position[2]}" if position else ""
    shown = lines[line - 1].strip() if line <= len(lines) else ""
    for secret in _SECRETS:
        shown = secret.sub(r"\1***", shown)
    return InvalidInput.of(
        f"not valid TOML{column}: {reason}",
        f"不是有效的 TOML{column.replace(', column', '，列')}：{reason}",
        field=f"{name}:{line}",
        value=shown or ABSENT,
    )
