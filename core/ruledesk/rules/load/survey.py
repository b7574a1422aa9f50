"""Reading the survey: which scores the requester is asked for."""

from __future__ import annotations

from ruledesk.model.values import Text
from ruledesk.toml import Table


def read_survey(root: Table) -> dict[str, Text]:
    """Read ``[survey]``.

    Returns:
        Labels by score; empty where the ruleset names none, and any score is taken.
    """
    table = root.table("survey")
    scores = table.table("scores")
    found = {name: scores.localized(name, Text(name, name)) for name in scores.data}
    table.done()
    return found
