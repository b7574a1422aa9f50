"""``[retention]`` of ``desk.toml``: whether the desk deletes by itself what it may (C13)."""

from __future__ import annotations

import re
from datetime import time
from typing import Final

from attrs import frozen

from ruledesk.toml import Table

_TIME: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_NIGHT: Final = "03:00"


@frozen
class RetentionConfig:
    """When the retention run happens by itself.

    Attributes:
        run: Whether it does, once a day; deleting is nothing that a desk does unasked.
        at: The time of day, in the desk's time zone.
    """

    run: bool = False
    at: time = time(3)


def read_retention(table: Table) -> RetentionConfig:
    """Read the table ``retention``; problems are added to its collection."""
    run, at = table.flag("run"), table.text("at", _NIGHT)
    match = _TIME.fullmatch(at)
    if match is None:
        table.problem("at", "not a time of day", "不是时刻", at, ("03:00",))
    table.done()
    return RetentionConfig(run, time.fromisoformat(at) if match else time(3))
