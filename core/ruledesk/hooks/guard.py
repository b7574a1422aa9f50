"""Guards every call into a plugin: a failing or endless one becomes a value, not a crash."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from typing import Final, TypeVar, TypeVarTuple

from attrs import field, frozen

from ruledesk.hooks.watchdog import PluginTimeout, Shield, Watch, Watchdog

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_LOGGER: Final = logging.getLogger("ruledesk.plugins")
_LONGEST_ERROR: Final = 500
_ADDRESS: Final = re.compile(r" at 0x[0-9a-fA-F]+")
#: Seconds that a call into a plugin may take before it is interrupted.
PATIENCE: Final = 5.0


@frozen
class Fault:
    """A call into a plugin that gave no usable result.

    Attributes:
        plugin: The plugin's name.
        hook: The hook, or the component's method (``channel:web.receive``).
        error: What went wrong, as one text that is the same at every run.
        exception: What was raised.
    """

    plugin: str
    hook: str
    error: str
    exception: BaseException | None = field(default=None, eq=False, repr=False)


class Guard:
    """Calls plugins on behalf of one desk.

    Args:
        patience: Seconds that a call may take.
        clock: Monotonic seconds.
    """

    def __init__(
        self, patience: float = PATIENCE, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.watchdog = Watchdog(patience, clock)

    def call(
        self,
        plugin: str,
        hook: str,
        function: Callable[[*Ts], T],
        *args: *Ts,
        expect: tuple[type[Exception], ...] = (),
        patience: float = 0.0,
    ) -> T | Fault:
        """Call a plugin.

        Args:
            plugin: The plugin's name, for logs and faults.
            hook: What is called, likewise.
            function: The hook implementation or the component's method.
            *args: Its arguments.
            expect: Exceptions that are part of the interface (``DeliveryError`` of a notifier,
                ``Refused`` of a channel) and reach the caller.
            patience: Seconds that this call may take, where it has reason to take long (sending
                a mail); 0 for the guard's.

        Returns:
            What the function returned, or the fault.

        Raises:
            KeyboardInterrupt: The person at the keyboard is no fault of the plugin's.
        """
        watchdog = self.watchdog
        watch = watchdog.enter(plugin, hook)
        if patience:
            watch.patience = patience
        failure: BaseException | None = None
        try:
            result = function(*args)
        except BaseException as error:
            failure = error
        # The interpreter raises an asynchronous exception only at calls and at backward jumps.
        # From here on each of those lies inside the ``try`` below, so that a timeout that
        # comes too late for the plugin cannot hit the desk. At most one can be on its way.
        watch.closing = True
        while True:
            try:
                watchdog.leave(watch)
                break
            except PluginTimeout as late:
                if _is_for_outer(watch, late):
                    raise
        if failure is None:
            return result
        return self._judge(watch, failure, expect)

    def shield(self) -> Shield:
        """Keep the watchdog off the desk's own work inside a plugin's call.

        Returns:
            A context manager, for a commit that a plugin's hook asked for.
        """
        return Shield(self.watchdog)

    def close(self) -> None:
        """Stop the watchdog's thread."""
        self.watchdog.close()

    def _judge(
        self, watch: Watch, failure: BaseException, expect: tuple[type[Exception], ...]
    ) -> Fault:
        if isinstance(failure, (KeyboardInterrupt, *expect)) or _is_for_outer(watch, failure):
            raise failure
        if isinstance(failure, PluginTimeout):
            failure = PluginTimeout(
                f"no answer within {watch.patience or self.watchdog.patience:g} s"
            )
        fault = Fault(watch.plugin, watch.hook, describe(failure), failure)
        _LOGGER.error("plugin %s failed in %s: %s", fault.plugin, fault.hook, fault.error)
        # The trace is for the plugin's author; a hook may run, and fail, for every event.
        _LOGGER.debug("plugin %s, trace of the fault", fault.plugin, exc_info=failure)
        return fault


def describe(error: BaseException) -> str:
    """Write an exception as a text that does not change from run to run.

    Args:
        error: Any exception, even one that cannot write itself.

    Returns:
        ``ValueError: what it says``, without memory addresses, at most 500 characters.
    """
    try:
        says = str(error)
    except Exception:
        says = ""
    text = f"{type(error).__name__}: {says}" if says else type(error).__name__
    return _ADDRESS.sub("", text)[:_LONGEST_ERROR]


def _is_for_outer(watch: Watch, failure: BaseException) -> bool:
    """Say whether a timeout was meant for a call around this one."""
    if not isinstance(failure, PluginTimeout) or watch.interruptions:
        return False
    outer = watch.outer
    while outer is not None:
        if outer.interruptions:
            return True
        outer = outer.outer
    return False
