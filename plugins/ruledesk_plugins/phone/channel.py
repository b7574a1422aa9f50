"""Telephone events as calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ruledesk import CallSeen, ChannelContext, Ignored, Intake, RawInput, Settings
from ruledesk_plugins.phone.event import read_event
from ruledesk_plugins.phone.merge import merge


class PhoneChannel:
    """Takes ``newCall``, ``answer`` and ``hangup`` of a telephone system (C2, D3).

    Events may come twice or out of order. A call that ended unanswered is missed once.
    """

    name: ClassVar[str] = "phone"

    def __init__(self, settings: Settings) -> None:
        """Read the settings; ``line`` is the desk's.

        Raises:
            InvalidInput: An unknown key or a value of the wrong type.
        """
        settings.only("line").text("line")

    def receive(self, raw: RawInput, context: ChannelContext) -> Sequence[Intake]:
        """Understand one event; see `ruledesk.Channel.receive`.

        Returns:
            `CallSeen` with all that is known of the call, followed by `Ignored` for each time that
            was corrected; or `Ignored` alone for an event that says nothing new and for outgoing
            calls.

        Raises:
            Refused: The event cannot be read, is unknown, or names no call.
        """
        event = read_event(raw)
        source = f"call:{event.call}"
        seen = context.call(event.call)
        known = seen[0] if seen else None
        if known is None and event.outgoing:
            return [Ignored("an outgoing call / 呼出电话", source)]
        merged = merge(known, event, context.now)
        if merged.call == known:
            return [Ignored(f"repeated {event.kind} / 重复的 {event.kind} 事件", source)]
        notes = [Ignored(note, source) for note in merged.notes]
        return [CallSeen(merged.call, event.agent, merged.missed), *notes]
