"""The command ``ruledesk``: finds commands, runs one, and turns every error into an exit status."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import Any, Final, NoReturn

import click

from ruledesk.cli import failures
from ruledesk.cli.output import use_utf8
from ruledesk.cli.session import Session, locale_option
from ruledesk.errors import RuleDeskError

#: Commands of the core, ``module:attribute``; imported when they are needed.
BUILTIN: Final[Mapping[str, str]] = {
    "init": "ruledesk.cli.init:init",
    "check": "ruledesk.cli.check:check",
    "plugins": "ruledesk.cli.plugins:plugins",
    "pilot": "ruledesk.cli.pilot:pilot",
    "explain": "ruledesk.cli.explain:explain",
    "report": "ruledesk.cli.report:report",
    "print": "ruledesk.cli.print:print_ticket",
    "worker": "ruledesk.cli.worker:worker",
    "jobs": "ruledesk.cli.jobs:jobs",
    "storage": "ruledesk.cli.storage:storage",
}


class Commands(click.Group):
    """The core's commands, then those of plugins; plugins are loaded only when they are asked."""

    _added: Mapping[str, click.Command] | None = None

    @property
    def added(self) -> Mapping[str, click.Command]:
        """The commands of the installed plugins, by name."""
        if self._added is None:
            from ruledesk.cli.plugin_commands import plugin_commands  # noqa: PLC0415 - slow

            self._added = plugin_commands(BUILTIN)
        return self._added

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - Click's name
        """Name all commands: the core's first."""
        return [*BUILTIN, *self.commands, *sorted(self.added)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Find a command."""
        if cmd_name in BUILTIN:
            module, _, attribute = BUILTIN[cmd_name].partition(":")
            found: click.Command = getattr(import_module(module), attribute)
            return found
        return super().get_command(ctx, cmd_name) or self.added.get(cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command named by the arguments; an unknown one is told with its like."""
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            names = self.list_commands(ctx)
            near = get_close_matches(name, names, n=3) or names
            ctx.fail(
                ctx.ensure_object(Session).say(
                    f"no such command: {name!r} (accepted: {', '.join(near)})",
                    f"没有这个命令：{name!r}（可接受：{', '.join(near)}）",
                )
            )
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a closed pipe is ours to handle, not Click's (which exits 1)."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError as error:
            raise failures.PipeClosedError from error
        return result


def _version(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value:
        from ruledesk import __version__  # noqa: PLC0415 - the package imports every hook kind

        click.echo(f"ruledesk {__version__}")
        context.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version,
    help="Show the version and exit.",
)  # fmt: skip
@click.option("--debug", is_flag=True, help="Show the traceback of an unexpected failure.")
@locale_option
@click.pass_context
def cli(context: click.Context, debug: bool) -> None:
    """RuleDesk: a service desk from rules, targets and plugins.

    A desk is a folder with a desk.toml. `ruledesk init DIR` makes one.

    Exit status: 0 done, 1 the answer is no, 2 unusable input.
    """
    context.ensure_object(Session).debug = debug


def run(arguments: Sequence[str], session: Session | None = None) -> int:
    """Run one command.

    Args:
        arguments: As given behind ``ruledesk``.
        session: Language and environment; made from the process where none is given.

    Returns:
        The exit status: 0 done, 1 the answer is no, 2 unusable input or a failure. Nothing is
        raised.
    """
    session = session or Session()
    # A hint that says “run again with --debug” is obeyed by appending it, so it works anywhere.
    words = [word for word in arguments if word != "--debug"]
    session.debug = len(words) < len(arguments)
    if session.debug:
        words.insert(0, "--debug")
    try:
        result = cli.main(args=words, prog_name="ruledesk", standalone_mode=False, obj=session)
    except failures.PipeClosedError:
        failures.drop_output()
        return failures.PIPE_CLOSED
    except click.Abort:
        return failures.INTERRUPTED
    except click.ClickException as error:
        return failures.tell_usage(error, session)
    except RuleDeskError as error:
        failures.tell(error, session)
        return failures.UNUSABLE
    except Exception as error:  # the edge: nobody above could tell the person
        failures.tell_unexpected(error, session)
        return failures.UNUSABLE
    return result if isinstance(result, int) and not isinstance(result, bool) else 0


def main() -> NoReturn:
    """Run the command that the process was started with, and exit."""
    use_utf8()
    # Commands tell people what matters; log lines in between are for those who set up logging.
    logging.getLogger("ruledesk").addHandler(logging.NullHandler())
    sys.exit(run(sys.argv[1:]))
