"""Whether a journal is larger than one process should read at every start."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ruledesk.errors import Problem

#: What opens within about ten seconds on a small machine, and in some 150 MiB of memory; both grow
#: with either (``benchmarks/tinydb_store.py``; the figures are in docs/reference/storage.md).
MOST_BYTES: Final = 128 << 20
MOST_COMMITS: Final = 100_000
_PIECE: Final = 1 << 20


def outgrown(path: Path, url: str) -> Problem | None:
    """Measure a journal, without opening it as a store.

    Args:
        path: The journal.
        url: Its URL, for the command that moves the desk.

    Returns:
        What was measured and the limit; None while it fits, or there is no file.
    """
    try:
        size = path.stat().st_size
        commits = sum(piece.count(b"\n") for piece in _pieces(path)) - 1
    except OSError:
        return None  # whoever opens it is told what is wrong
    if size <= MOST_BYTES and commits <= MOST_COMMITS:
        return None
    limit, most = f"{MOST_BYTES >> 20} MiB", f"{MOST_COMMITS:,}"
    return Problem(
        f"this desk outgrows a file of its own ({limit}, {most} commits): every start reads all of"
        " it, and its indexes stay in memory",
        f"该服务台的数据已超出单文件存储的规模({limit}、{most} 次提交):每次启动都要读取整个文件,"
        "索引常驻内存",
        str(path),
        f"{size >> 20} MiB, {commits:,} commits",
        (f"ruledesk storage copy {url} sqlite:///data/desk.db",),
    )


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
