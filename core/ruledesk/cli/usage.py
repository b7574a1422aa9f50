"""What Click finds wrong with the arguments, in the language of the session (F4, F5)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import click

from ruledesk.cli.session import Session

_CHOICE: Final = re.compile(r"'(?P<value>.*)' is not one of .*", re.DOTALL)
_RANGE: Final = re.compile(r"(?P<value>\S+) is not in the range (?P<range>.+?)\.?")
_NUMBER: Final = re.compile(
    r"'(?P<value>.*)' is not a valid (?P<kind>\w+)(?: range)?\.?", re.DOTALL
)
_EXTRA: Final = re.compile(r"Got unexpected extra arguments? \((?P<value>.*)\)", re.DOTALL)
_COMMAND: Final = re.compile(r"No such command '(?P<value>.*)'\..*", re.DOTALL)
_NEEDS: Final = re.compile(r"Option '(?P<option>.*)' requires .*", re.DOTALL)
_KINDS_ZH: Final = {"integer": "整数", "float": "数", "boolean": "true 或 false"}


def chinese(error: click.ClickException) -> str:
    """Say in Chinese what Click says in English.

    Args:
        error: What Click raised.

    Returns:
        The sentence; Click's own where it is none of the usual ones, which a command has then
        said itself.
    """
    if isinstance(error, click.MissingParameter):
        return f"{_name(error)}: 缺少此项"
    if isinstance(error, click.NoSuchOption):
        near = _accepted(sorted(error.possibilities or ()))
        return f"没有这个选项: '{error.option_name}'{near}"
    if isinstance(error, click.BadParameter):
        return _bad_value(error)
    message = error.format_message()
    if found := _EXTRA.fullmatch(message):
        return f"多余的参数: {found['value']}"
    if found := _COMMAND.fullmatch(message):
        return f"没有这个命令: '{found['value']}'"
    if found := _NEEDS.fullmatch(message):
        return f"{found['option']}: 需要一个值"
    return message


def _bad_value(error: click.BadParameter) -> str:
    name, message = _name(error), error.message
    if found := _CHOICE.fullmatch(message):
        kind = error.param.type if error.param is not None else None
        choices = [str(one) for one in kind.choices] if isinstance(kind, click.Choice) else []
        return f"{name}: 未知的值: '{found['value']}'{_accepted(choices)}"
    if found := _RANGE.fullmatch(message):
        return f"{name}: 超出范围: {found['value']}{_accepted([found['range']])}"
    if found := _NUMBER.fullmatch(message):
        wanted = _KINDS_ZH.get(found["kind"], found["kind"])
        return f"{name}: 类型错误: '{found['value']}'{_accepted([wanted])}"
    return f"{name}: {message}"


def _name(error: click.BadParameter) -> str:
    """Name an option as it is given, and an argument as the usage line does."""
    if error.param is None:
        return str(error.param_hint or "")
    if isinstance(error.param, click.Option):
        return max(error.param.opts, key=len)
    return error.param.make_metavar(error.ctx or click.Context(click.Command(None)))


def _accepted(names: Sequence[str]) -> str:
    return f" (可接受: {', '.join(names)})" if names else ""


def tell(error: click.ClickException, session: Session) -> None:
    """Write it to stderr, below the usage of the command that it is about."""
    if session.locale != "zh" or not isinstance(error, click.UsageError):
        error.show()
        return
    if error.ctx is not None:
        click.echo(error.ctx.get_usage().replace("Usage:", "用法:", 1), err=True)
        click.echo(f"可运行 '{error.ctx.command_path} --help' 查看帮助。\n", err=True)
    click.echo(f"错误: {chinese(error)}", err=True)
