"""How a command ends when it cannot do what was asked: a line on stderr and an exit status."""

from __future__ import annotations

import os
import sys
import traceback
from typing import Final

import click

from ruledesk.cli.session import Session
from ruledesk.errors import RuleDeskError

#: The answer is no: a check or an expectation failed.
NO: Final = 1
#: The input cannot be used, or something went wrong.
UNUSABLE: Final = 2
#: Ended by Ctrl-C, by a closed pipe: what shells report for the signals.
INTERRUPTED: Final = 130
PIPE_CLOSED: Final = 141


class PipeClosedError(Exception):
    """Whoever read the output has gone; a `BrokenPipeError` that Click does not handle itself."""


def tell(error: RuleDeskError, session: Session) -> None:
    """Write all problems of an error to stderr, one a line."""
    label = session.say("error", "错误")
    for line in error.text(session.locale).splitlines():
        click.echo(f"{label}: {line}", err=True)


def tell_unexpected(error: BaseException, session: Session) -> None:
    """Write one line about a failure nobody expected, or its traceback with ``--debug``."""
    if session.debug:
        traceback.print_exception(error, file=sys.stderr)
        return
    first = str(error).strip().split("\n", 1)[0]
    what = f"{type(error).__name__}: {first}" if first else type(error).__name__
    hint = session.say("run again with --debug to see where", "加 --debug 再运行可查看出错位置")
    label = session.say("unexpected failure", "意外错误")
    click.echo(f"{label}: {what} ({hint})", err=True)


def tell_usage(error: click.ClickException, session: Session) -> int:
    """Write what Click found wrong with the arguments; return the exit status."""
    from ruledesk.cli import usage  # noqa: PLC0415 - only where something is wrong

    usage.tell(error, session)
    return UNUSABLE


def drop_output() -> None:
    """Let nothing more be written, so that the interpreter's last flush does not fail either."""
    silent = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            os.dup2(silent, stream.fileno())
        except (OSError, ValueError, AttributeError):  # a stream without a file, as tests use
            continue
    os.close(silent)
