"""A whole journal written anew, beside the one in use."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from ruledesk_plugins.tinydb.files import Files
from ruledesk_plugins.tinydb.lines import header, sealed

_PIECE: Final = 1 << 20


@frozen
class Rewritten:
    """A journal written anew and brought to the disk, not yet in the place of the old one."""

    path: Path
    file: int
    size: int


def write_new(
    path: Path,
    files: Files,
    bodies: Iterable[dict[str, Any]],
    note: Callable[[int, dict[str, Any], int], None],
) -> Rewritten:
    """Write a journal, in large pieces.

    Args:
        path: The new file; one that is there is replaced.
        files: The file system.
        bodies: Content of the commits, in order.
        note: Told of each commit: its offset, its content, the length of its line.

    Raises:
        OSError: It cannot be written.
    """
    files.remove(path)
    file = files.create(path)
    try:
        size, buffer = 0, bytearray(header())
        for body in bodies:
            line = sealed(body)
            note(size + len(buffer), body, len(line))
            buffer += line
            if len(buffer) > _PIECE:
                files.write(file, bytes(buffer), size)
                size += len(buffer)
                buffer.clear()
        files.write(file, bytes(buffer), size)
        files.sync(file)
    except BaseException:
        os.close(file)
        raise
    return Rewritten(path, file, size + len(buffer))
