"""Whether a journal is as it was written, and the catalogue says where everything is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from ruledesk.errors import Problem
from ruledesk.storage.image import differences
from ruledesk_plugins.tinydb.catalogue import Catalogue
from ruledesk_plugins.tinydb.journal import damaged_at
from ruledesk_plugins.tinydb.lines import intact, opened
from ruledesk_plugins.tinydb.source import Source
from ruledesk_plugins.tinydb.view import View


def journal_faults(source: Source) -> Iterator[Problem]:
    """Read every line anew; commits go on meanwhile.

    Args:
        source: The journal and its catalogue.

    Yields:
        A problem for each line whose checksum is not its content's; where there is none, for each
        place that the catalogue has wrong.
    """
    with source.journal.lock:
        view, kept = View(source.journal, source.catalogue), source.catalogue.image()
    right, damaged = Catalogue(), False
    with closing(view):
        for number, offset, line in view.lines():
            if not intact(line):
                damaged = True
                yield from damaged_at(view.path, number).problems
            elif number > 1:
                right.note(offset, opened(line, f"{view.path}:{number}"), len(line))
    if not damaged:
        yield from differences(kept, right.image())
