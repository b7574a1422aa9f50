"""What is known of a call, though several processes hear of it at the same time (D3)."""

from __future__ import annotations

from ruledesk.model.ticket import Call
from ruledesk.model.values import changed


def joined(known: Call, seen: Call) -> Call:
    """Add what was said of a call last to what is known of it.

    Who understood it may have looked at the call before another process stored more of it.

    Args:
        known: The call as it is stored.
        seen: The call as it was understood; what it says nothing of stays known.

    Returns:
        The call with what both say; where they differ, what was said last.
    """
    return changed(known, **{name: value for name, value in seen.__dict__.items() if value})
