"""Looks a plugin over before it is registered.

pluggy ignores a hook whose name is misspelt and lets wrappers change what other plugins said;
both are refused here, with the words to mend it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from inspect import signature
from typing import Final

import pluggy

import ruledesk
from ruledesk.errors import PluginFault
from ruledesk.hooks.facade import HOOKS
from ruledesk.model.values import Text

_VERSION: Final = re.compile(r"(\d+)(?:\.(\d+))?")


class IncompatibleError(PluginFault):
    """The plugin was written for another version of the hook specs."""


def check_api(plugin: object) -> Text | None:
    """Compare the version of the hook specs that a plugin declares with ours.

    Args:
        plugin: The plugin's module or object; ``RULEDESK_API`` is ``"1.0"`` or ``"1"``.

    Returns:
        A note where it declares none; None where all is well.

    Raises:
        IncompatibleError: The major version differs, or the minor one is beyond ours.
        PluginFault: The declaration is no version.
    """
    ours = ruledesk.API_VERSION
    declared = getattr(plugin, "RULEDESK_API", None)
    if declared is None:
        return Text(
            f'declares no RULEDESK_API; add RULEDESK_API = "{ours}"',
            f'未声明 RULEDESK_API；请添加 RULEDESK_API = "{ours}"',
        )
    match = _VERSION.fullmatch(declared) if isinstance(declared, str) else None
    if match is None:
        raise PluginFault.of(
            "not a version",
            "不是版本号",
            field="RULEDESK_API",
            value=declared,
            accepted=(f'"{ours}"',),
        )
    major, minor = (int(part) for part in ours.split("."))
    if int(match[1]) != major or int(match[2] or 0) > minor:
        raise IncompatibleError.of(
            "written for another version of the hook specs",
            "为其他版本的钩子规范编写",
            field="RULEDESK_API",
            value=declared,
            accepted=tuple(f"{major}.{n}" for n in range(minor + 1)),
        )
    return None


def check_hooks(manager: pluggy.PluginManager, plugin: object) -> Text | None:
    """Check a plugin's hook implementations: names, kind and arguments.

    Args:
        manager: Knows the marker of implementations.
        plugin: The plugin's module or object.

    Returns:
        A note where a function looks like a hook but is not marked as one; None otherwise.

    Raises:
        PluginFault: A hook does not exist, is implemented as a wrapper, or takes an argument that
            it does not have.
    """
    unmarked: list[str] = []
    for attribute in dir(plugin):
        options = manager.parse_hookimpl_opts(plugin, attribute)
        if options is None:
            if attribute in HOOKS and callable(getattr(plugin, attribute)):
                unmarked.append(attribute)
            continue
        name = options.get("specname") or attribute
        if name in HOOKS:
            _check_arguments(name, getattr(plugin, attribute), getattr(manager.hook, name))
        elif not options.get("optionalhook"):
            raise _unknown(name)
        if options.get("wrapper") or options.get("hookwrapper"):
            raise PluginFault.of(
                "wrappers around other plugins are not supported; implement the hook itself",
                "不支持包装其他插件的实现；请直接实现该钩子",
                field=name,
            )
    return _note(unmarked)


def _check_arguments(name: str, function: Callable[..., object], caller: pluggy.HookCaller) -> None:
    known = () if caller.spec is None else caller.spec.argnames
    for argument in signature(function).parameters:
        if argument not in known:
            raise PluginFault.of(
                "the hook has no such argument",
                "该钩子没有此参数",
                field=name,
                value=argument,
                accepted=known or ("no argument",),
            )


def _unknown(name: str) -> PluginFault:
    # All names begin alike; only what follows the prefix can be near or far.
    stems = {hook.removeprefix("ruledesk_"): hook for hook in HOOKS}
    nearest = get_close_matches(name.removeprefix("ruledesk_"), stems, n=2)
    close = tuple(stems[stem] for stem in nearest)
    return PluginFault.of(
        "there is no such hook" + (f"; did you mean {' or '.join(close)}?" if close else ""),
        "没有这个钩子" + (f"；是否指 {' 或 '.join(close)}？" if close else ""),
        field=name,
        accepted=() if close else HOOKS,
    )


def _note(unmarked: list[str]) -> Text | None:
    if not unmarked:
        return None
    names = ", ".join(unmarked)
    return Text(
        f"not called, for want of @hookimpl: {names}", f"缺少 @hookimpl，因此不会被调用：{names}"
    )


def notes(manager: pluggy.PluginManager, plugin: object) -> Iterator[Text]:
    """Check all of it; yields the notes, raises what the checks raise."""
    for note in (check_api(plugin), check_hooks(manager, plugin)):
        if note is not None:
            yield note
