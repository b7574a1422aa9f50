"""What is known of a plugin, on or not."""

from __future__ import annotations

from typing import Literal, TypeAlias

from attrs import evolve, frozen

from ruledesk.model.values import Text

PluginStatus: TypeAlias = Literal["on", "off", "broken", "incompatible"]


@frozen
class PluginInfo:
    """What ``ruledesk plugins`` tells of a plugin.

    Attributes:
        name: Unique among the plugins that are on.
        version: Of its distribution; empty where unknown.
        source: The distribution, or ``built-in``.
        status: Whether it takes part; broken and incompatible ones do not.
        provides: ``channel:web``, ``hook:ruledesk_validate`` …; empty unless it is on.
        why: Why it has that status, and notes to its author, in English.
        why_zh: The same in Chinese.
    """

    name: str
    version: str
    source: str
    status: PluginStatus
    provides: tuple[str, ...] = ()
    why: str = ""
    why_zh: str = ""

    def noting(self, note: Text) -> PluginInfo:
        """Copy the information with one more note."""
        return evolve(self, why=f"{self.why}; {note.en}", why_zh=f"{self.why_zh}；{note.zh}")
