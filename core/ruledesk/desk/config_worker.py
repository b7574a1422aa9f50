"""``[worker]`` of ``desk.toml``: how much one process of the desk does at the same time."""

from __future__ import annotations

from typing import Final

from attrs import frozen

from ruledesk.toml import Table

_DELIVERIES: Final = 4


@frozen
class WorkerConfig:
    """How much one process does at the same time.

    Attributes:
        deliveries: Messages that it sends at the same time.
    """

    deliveries: int = _DELIVERIES


def read_worker(table: Table) -> WorkerConfig:
    """Read the table; what is wrong goes to the table's problems."""
    worker = WorkerConfig(deliveries=table.integer("deliveries", _DELIVERIES, minimum=1))
    table.done()
    return worker
