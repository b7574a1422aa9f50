"""Stores that a command line names by URL: found, opened, told of without their passwords."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from attrs import evolve, frozen

from ruledesk.desk.assembly import plugins_of
from ruledesk.desk.config import FILE, DeskConfig, load_desk
from ruledesk.errors import ABSENT, InvalidInput, Problem, RuleDeskError, suggestion
from ruledesk.hooks.kinds import Findable, StorageBackend, Upgradable
from ruledesk.hooks.manager import Plugins, load_plugins
from ruledesk.storage.interface import Store

#: Greedy: a password may hold a ``/`` or an ``@`` that nobody has quoted.
_USER: Final = re.compile(r"(?P<before>://[^:/?#@]*:)(?P<secret>.+)(?=@)", re.DOTALL)
_OPTION: Final = re.compile(r"(?P<before>[?&](?:ssl)?password=)(?P<secret>[^&#]+)")
_HIDDEN: Final = "***"


@frozen
class Place:
    """A store that may or may not exist.

    Attributes:
        url: As in ``desk.storage``, with its password.
        folder: What a relative path in it is relative to.
        backend: What opens it.
    """

    url: str
    folder: Path
    backend: type[StorageBackend]

    @property
    def shown(self) -> str:
        """The URL without its password."""
        return masked(self.url)

    @contextmanager
    def open(self) -> Iterator[Store]:
        """Open the store, and close it behind the block; it is made if it is not there.

        Raises:
            RuleDeskError: It cannot be opened.
        """
        with self.told():
            store = self.backend.open(self.url, self.folder)
            try:
                yield store
            finally:
                store.close()

    @contextmanager
    def existing(self) -> Iterator[Store]:
        """Open the store as `open` does, but make none.

        Raises:
            InvalidInput: There is none.
        """
        self.check_exists()
        with self.open() as store:
            yield store

    def check_exists(self) -> None:
        """Refuse a store that does not exist, as far as its backend can tell without making it.

        Raises:
            InvalidInput: There is none.
        """
        backend = self.backend
        with self.told():
            if isinstance(backend, Findable) and not backend.exists(self.url, self.folder):
                raise InvalidInput.of(
                    "there is no such store", "没有这个存储", field="storage", value=self.shown
                )

    def upgrade(self) -> Sequence[str] | None:
        """Bring the store to the form of this version, without opening it.

        Returns:
            The names of the revisions applied; None where such stores have none.

        Raises:
            RuleDeskError: It cannot be done.
        """
        if not isinstance(self.backend, Upgradable):
            return None
        with self.told():
            return tuple(self.backend.upgrade(self.url, self.folder))

    @contextmanager
    def told(self) -> Iterator[None]:
        """Take passwords out of the errors that the block raises, and say which store it is."""
        try:
            yield
        except RuleDeskError as error:
            secrets = _secrets(self.url)
            problems = [self._named(_cleaned(one, secrets)) for one in error.problems]
            if problems == list(error.problems):
                raise
            raise type(error)(*problems) from None

    def _named(self, problem: Problem) -> Problem:
        """Add the URL to a problem of the store as a whole."""
        of_store = problem.field == "storage" and problem.value is ABSENT
        return evolve(problem, value=self.shown) if of_store else problem


class Places:
    """Finds stores by URL.

    Args:
        folder: The desk's folder; relative paths are relative to it.
        config: The desk; None where the folder is none.
        plugins: Who provides backends.
    """

    def __init__(self, folder: Path, config: DeskConfig | None, plugins: Plugins) -> None:
        self.folder = folder
        self.config = config
        self.plugins = plugins

    def find(self, url: str, where: str) -> Place:
        """Find the backend of a URL; nothing is opened.

        Args:
            url: As in ``desk.storage``.
            where: What the command line calls it, for errors.

        Raises:
            InvalidInput: It is no URL, or no plugin provides its scheme.
        """
        scheme, found, rest = url.partition(":")
        known = self.plugins.registry.storages
        if not found or (not rest.strip("/") and scheme not in known.names()):
            raise InvalidInput.of(
                "is no storage URL",
                "不是存储地址",
                field=where,
                value=masked(url),
                accepted=tuple(f"{name}:…" for name in suggestion(scheme, known.names())),
            )
        return Place(url, self.folder, known.get(scheme, where))


@contextmanager
def places(desk: Path | None) -> Iterator[Places]:
    """Load what knows stores.

    Args:
        desk: The folder that was given; None for the current one. With a ``desk.toml`` in it, the
            plugins are those of the desk; else every installed one.

    Raises:
        InvalidInput: There is no such folder, or its ``desk.toml`` is wrong.
    """
    folder = desk or Path()
    if not folder.is_dir():
        raise InvalidInput.of("not a folder", "不是目录", field="--desk", value=str(folder))
    config = load_desk(folder) if (folder / FILE).is_file() else None
    plugins = load_plugins() if config is None else plugins_of(config)
    try:
        yield Places(folder.absolute(), config, plugins)
    finally:
        plugins.close()


def masked(url: str) -> str:
    """Write a URL without its password."""
    return _OPTION.sub(rf"\g<before>{_HIDDEN}", _USER.sub(rf"\g<before>{_HIDDEN}", url))


def same(one: Place, other: Place) -> bool:
    """Say whether two URLs name one store, as far as their words tell."""
    return _normal(one) == _normal(other)


def _normal(place: Place) -> str:
    scheme, _, rest = place.url.partition(":")
    if rest.startswith("//") and not rest.startswith("///"):
        return place.url.rstrip("/")
    path, mark, options = rest.partition("?")
    path = path.removeprefix("///") if path.startswith("///") else path
    return f"{scheme}:{os.path.normpath(place.folder / path)}{mark}{options}"


def _secrets(url: str) -> tuple[str, ...]:
    found = [match["secret"] for one in (_USER, _OPTION) for match in one.finditer(url)]
    return tuple({*found, *map(unquote, found)})


def _cleaned(problem: Problem, secrets: Sequence[str]) -> Problem:
    def clean(text: str) -> str:
        for secret in secrets:
            text = text.replace(secret, _HIDDEN)
        return text

    value = problem.value
    return evolve(
        problem,
        en=clean(problem.en),
        zh=clean(problem.zh),
        field=clean(problem.field),
        value=value if value is ABSENT else clean(str(value)),
        accepted=tuple(map(clean, problem.accepted)),
    )
