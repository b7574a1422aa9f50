"""Whether the store that a desk has chosen is still the right one."""

from __future__ import annotations

from collections.abc import Iterator

from ruledesk.desk.config import DeskConfig
from ruledesk.desk.findings import Finding, errors_of
from ruledesk.errors import Problem, RuleDeskError
from ruledesk.hooks.kinds import Outgrowable
from ruledesk.hooks.registry import Registry


def outgrown_storage(config: DeskConfig, registry: Registry) -> Iterator[Finding]:
    """Report a desk that has outgrown its store, where the backend can tell.

    Args:
        config: The desk.
        registry: What plugins provide.

    Yields:
        A warning; an error where the backend fails. Nothing is opened.
    """
    where = f"{config.where}: desk.storage"
    try:
        backend = registry.storages.get(config.storage.partition(":")[0], where)
    except RuleDeskError:
        return  # told already
    if not isinstance(backend, Outgrowable):
        return
    try:
        problem = backend.outgrown(config.storage, config.folder)
    except RuleDeskError as error:
        yield from errors_of(error)
    except Exception as error:  # a plugin's component: whatever it raises is a finding
        said = f"{type(error).__name__}: {error}"
        yield Finding("error", Problem(f"failed: {said}", f"失败：{said}", where))
    else:
        if problem is not None:
            yield Finding("warning", problem)
