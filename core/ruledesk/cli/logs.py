"""Logs of a process that runs on: one JSON object a line on stderr."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

_LEVELS: Final = (logging.WARNING, logging.INFO, logging.DEBUG)


class JsonLines(logging.Formatter):
    """Writes a log record as one line of JSON: ``at``, ``level``, ``logger``, ``pid``, ``text``."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record; an exception's trace is in ``trace``."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "pid": os.getpid(),
            "text": record.getMessage(),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


@contextmanager
def logs_on_stderr(verbose: int) -> Iterator[None]:
    """Write the logs of RuleDesk, its plugins and their libraries to stderr.

    Args:
        verbose: 0 for warnings and errors, 1 for what happens, 2 for everything.
    """
    root, own = logging.getLogger(), logging.getLogger("ruledesk")
    levels = root.level, own.level
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root.addHandler(handler)
    # What libraries say of their insides is for their authors.
    root.setLevel(logging.INFO if verbose else logging.WARNING)
    own.setLevel(_LEVELS[min(verbose, len(_LEVELS) - 1)])
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(levels[0])
        own.setLevel(levels[1])
