"""Checks the components that registering hooks provide: are they what the desk will call?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Generic, TypeVar, cast

import click
from attrs import frozen

from ruledesk.hooks.kinds import Channel, Dispatcher, Notifier, StorageBackend
from ruledesk.hooks.results import WrongResultError, listed
from ruledesk.jobs.job import Job
from ruledesk.rules.engine import RuleEngine

T_co = TypeVar("T_co", covariant=True)
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")


@frozen
class Component(Generic[T_co]):
    """A component and the name by which configuration calls it."""

    name: str
    provided: T_co


def _named(name: object) -> str:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise WrongResultError(name, "a name of letters, digits, '.', '_', '+' and '-'")
    return name


@frozen
class Classes(Generic[T_co]):
    """The check of a hook that provides classes.

    Attributes:
        kind: The name of the protocol that the classes follow.
        attribute: Where a class says its name.
        methods: What it must have.
    """

    kind: str
    attribute: str
    methods: tuple[str, ...]

    def __call__(self, result: object) -> tuple[Component[T_co], ...]:
        """Check a result.

        Raises:
            WrongResultError: It is no sequence of such classes.
        """
        provided = listed(result, type, f"a sequence of {self.kind} classes")
        return tuple(self._component(one) for one in provided)

    def _component(self, provided: type) -> Component[T_co]:
        for method in self.methods:
            if not callable(getattr(provided, method, None)):
                raise WrongResultError(provided, f"a {self.kind} class with a method {method}()")
        name = getattr(provided, self.attribute, None)
        if name is None:
            raise WrongResultError(provided, f"a {self.kind} class with {self.attribute!r}")
        # The methods are there; that they take what the protocol says is for the type checker
        # and the conformance suites.
        return Component(_named(name), cast("T_co", provided))


channels: Final = Classes[type[Channel]]("Channel", "name", ("receive",))
notifiers: Final = Classes[type[Notifier]]("Notifier", "name", ("deliver", "close"))
storages: Final = Classes[type[StorageBackend]]("StorageBackend", "scheme", ("open",))
rule_engines: Final = Classes[type[RuleEngine]]("RuleEngine", "name", ("compile",))
dispatchers: Final = Classes[type[Dispatcher]]("Dispatcher", "name", ("choose",))


def rulesets(result: object) -> tuple[Component[Path], ...]:
    """Check the result of ``ruledesk_rulesets``.

    Raises:
        WrongResultError: It is no mapping of names to rulesets that exist.
    """
    if result is None:
        return ()
    if not isinstance(result, Mapping):
        raise WrongResultError(result, "a mapping of ruleset names to paths")
    return tuple(Component(_named(name), _ruleset(path)) for name, path in result.items())


def _ruleset(path: object) -> Path:
    if not isinstance(path, Path):
        raise WrongResultError(path, "a pathlib.Path")
    if not path.is_dir() and not (path.suffix == ".toml" and path.is_file()):
        raise WrongResultError(path, "the path of a .toml file or folder that exists")
    return path


def jobs(result: object) -> tuple[Component[Job], ...]:
    """Check the result of ``ruledesk_jobs``.

    Raises:
        WrongResultError: It is no sequence of jobs.
    """
    return tuple(
        Component(_named(job.name), job)
        for job in listed(result, Job, "a sequence of ruledesk.Job")
    )


def cli_commands(result: object) -> tuple[Component[click.Command], ...]:
    """Check the result of ``ruledesk_cli_commands``.

    Raises:
        WrongResultError: It is no sequence of commands with names.
    """
    commands = listed(result, click.Command, "a sequence of click commands")
    return tuple(Component(_named(command.name), command) for command in commands)
