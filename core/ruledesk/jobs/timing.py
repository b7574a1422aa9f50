"""How background jobs are run: ``[jobs]`` of ``desk.toml``."""

from __future__ import annotations

from datetime import timedelta

from attrs import frozen

from ruledesk.toml import Table


@frozen
class Timing:
    """How many jobs a process runs at once, and how soon a dead process is noticed.

    A job whose process died is run again within `takeover`.

    Attributes:
        concurrency: Jobs that one process runs at the same time.
        heartbeat: Seconds between two signs of life of a process.
        stalled: Seconds without a sign of life after which a process counts as dead.
        poll: Seconds between two looks for work, where nothing announces it.
    """

    concurrency: int = 4
    heartbeat: float = 2.0
    stalled: float = 10.0
    poll: float = 1.0

    @property
    def takeover(self) -> timedelta:
        """Within which time a dead process's job is run again, if somebody is free."""
        return timedelta(seconds=self.stalled + self.heartbeat + 2 * self.poll)


def read_timing(table: Table) -> Timing:
    """Read ``[jobs]``; what is wrong goes to the table's problems."""
    timing = Timing(
        concurrency=table.integer("concurrency", 4, minimum=1),
        heartbeat=table.number("heartbeat", 2.0, minimum=0.05),
        stalled=table.number("stalled", 10.0, minimum=0.1),
        poll=table.number("poll", 1.0, minimum=0.05),
    )
    if timing.stalled < 2 * timing.heartbeat:
        table.problem(
            "stalled",
            "must be twice the heartbeat at least, or processes that live count as dead",
            "至少应为 heartbeat 的两倍，否则活着的进程会被当作已终止",
            timing.stalled,
            (f"{2 * timing.heartbeat:g}",),
        )
    table.done()
    return timing


__all__ = ["Timing", "read_timing"]
