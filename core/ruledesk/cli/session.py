"""What holds for one run of the command line: the language, and how much is told of a failure."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import click
from attrs import define, field

from ruledesk.errors import Locale

F = TypeVar("F", bound=Callable[..., Any])
_VARIABLES: Final = ("LC_ALL", "LC_MESSAGES", "LANG")
_NO_LANGUAGE: Final = ("", "C", "POSIX")


def language(environment: Mapping[str, str]) -> Locale | None:
    """Say which language the environment asks for.

    Args:
        environment: The variables; ``LC_ALL`` goes before ``LC_MESSAGES`` before ``LANG``.

    Returns:
        Chinese for ``zh…``, English for any other language, None where none is asked for.
    """
    for variable in _VARIABLES:
        given = environment.get(variable, "").partition(".")[0].partition("@")[0]
        if given not in _NO_LANGUAGE:
            return of_locale(given)
    return None


def of_locale(locale: str) -> Locale:
    """Choose the language of a locale: Chinese for ``zh…``, else English."""
    return "zh" if locale.lower().startswith("zh") else "en"


@define
class Session:
    """One run.

    Attributes:
        chosen: The locale given with ``--locale``; empty where none was.
        desk: The locale of the desk at hand; empty while none is known.
        debug: Whether a failure nobody expected shows its traceback.
        environment: The environment's variables.
    """

    chosen: str = ""
    desk: str = ""
    debug: bool = False
    environment: Mapping[str, str] = field(factory=lambda: dict(os.environ))

    @property
    def locale(self) -> Locale:
        """The language of what is printed: as chosen, else the environment's, else the desk's."""
        if self.chosen:
            return of_locale(self.chosen)
        return language(self.environment) or of_locale(self.desk)

    def say(self, en: str, zh: str) -> str:
        """Choose one of two texts."""
        return zh if self.locale == "zh" else en


def current() -> Session:
    """Return the session of the command that runs; a fresh one outside of any."""
    context = click.get_current_context(silent=True)
    session = context.find_object(Session) if context else None
    return session or Session()


def locale_option(function: F) -> F:
    """Give a command the option ``--locale``, which sets the language of its session."""

    def choose(context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
        if value:
            context.ensure_object(Session).chosen = value

    return click.option(
        "--locale",
        metavar="LOCALE",
        expose_value=False,
        callback=choose,
        is_eager=True,
        help="Language of the output: zh or en (default: LANG, else the desk's).",
    )(function)
