"""Fixtures of the kit, as any plugin author has them."""

from types import ModuleType

import pytest

from ruledesk import hookimpl
from ruledesk.testing.plugin import load

__all__ = ["load", "plugin"]


@pytest.fixture
def plugin():
    """Make a plugin module of functions, given by hook without the prefix."""

    def make(name, *, api="1.0", marked=True, **hooks):
        module = ModuleType(name)
        if api is not None:
            module.RULEDESK_API = api
        for hook, function in hooks.items():
            mark = marked and not hasattr(function, "ruledesk_impl")
            setattr(module, f"ruledesk_{hook}", hookimpl(function) if mark else function)
        return module

    return make
