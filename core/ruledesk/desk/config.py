"""``desk.toml``: what a desk is made of, checked as a whole (requirement F4)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self

from attrs import field, frozen

from ruledesk.calendar.zone import zone
from ruledesk.desk.config_retention import RetentionConfig, read_retention
from ruledesk.desk.config_worker import WorkerConfig, read_worker
from ruledesk.desk.people import read_directory
from ruledesk.errors import InvalidInput, Problem
from ruledesk.jobs.timing import Timing, read_timing
from ruledesk.model.message import VIAS
from ruledesk.model.people import Directory, Line
from ruledesk.toml import Problems, Table, read_toml

FILE: Final = "desk.toml"
DEFAULT_STORAGE: Final = "tinydb:data/desk.json"
DEFAULT_ENGINE: Final = "durable"
_LOCALE: Final = re.compile(r"(zh|en)([-_][A-Za-z0-9]+)*")
# Two letters at least, so that a Windows drive is no scheme.
_STORAGE_URL: Final = re.compile(r"[a-z][a-z0-9+.-]+:.*")
_STORAGES: Final = ("tinydb:data/desk.json", "memory:")


@frozen
class DeskConfig:
    """A desk as its folder describes it.

    Attributes:
        folder: The desk's folder; relative paths in settings are relative to it.
        name: What the desk is called.
        timezone: IANA name; due times and dates of numbers are told in it.
        locale: Language of messages where nothing else says it: ``zh…`` or ``en…``.
        storage: URL of the store.
        engine: Name of the rule engine.
        plugins_on: ``plugins.enabled``, the only plugins that are on; None for every installed one.
        plugins_off: ``plugins.disabled``, plugins that are off.
        plugin_settings: Tables ``[plugins.<name>]``, as they are.
        lines: Business lines by name.
        directory: Teams and agents.
        channels: Settings of each channel, by name, as they are.
        notifiers: Settings of each notifier, by name; ``via`` lists the ways it handles (default:
            all).
        retention: Whether and when what need not be kept is deleted by itself.
        jobs: How background jobs are run.
        worker: How much one process does at the same time.
        warnings: What is allowed and yet hardly meant: an agent in no team, a desk with no lines.
        where: What errors call the file.
    """

    folder: Path
    name: str = ""
    timezone: str = "Asia/Shanghai"
    locale: str = "zh-CN"
    storage: str = DEFAULT_STORAGE
    engine: str = DEFAULT_ENGINE
    plugins_on: tuple[str, ...] | None = None
    plugins_off: tuple[str, ...] = ()
    plugin_settings: Mapping[str, Mapping[str, Any]] = field(factory=dict)
    lines: Mapping[str, Line] = field(factory=dict)
    directory: Directory = field(factory=Directory)
    channels: Mapping[str, Mapping[str, Any]] = field(factory=dict)
    notifiers: Mapping[str, Mapping[str, Any]] = field(factory=dict)
    retention: RetentionConfig = field(factory=RetentionConfig)
    jobs: Timing = field(factory=Timing)
    worker: WorkerConfig = field(factory=WorkerConfig)
    warnings: tuple[Problem, ...] = ()
    where: str = FILE

    @classmethod
    def from_mapping(cls, data: Mapping[str, Any], *, folder: Path, where: str = FILE) -> Self:
        """Check a desk's description.

        Args:
            data: The document: tables ``desk``, ``plugins``, ``lines``, ``teams``, ``agents``,
                ``channels``, ``notifiers``; each may be absent.
            folder: The desk's folder.
            where: What errors call the document.

        Returns:
            The configuration.

        Raises:
            InvalidInput: Something is wrong; all problems are told, each with its key path.
        """
        problems = Problems()
        root = Table(data, where, problems)
        desk = _read_desk(root.table("desk"), folder)
        plugins = _read_plugins(root.table("plugins"))
        lines = {name: _read_line(name, table) for name, table in root.children("lines").items()}
        directory, warnings = read_directory(root)
        channels = {name: table.data for name, table in root.children("channels").items()}
        notifiers = {
            name: _read_notifier(table) for name, table in root.children("notifiers").items()
        }
        retention = read_retention(root.table("retention"))
        jobs = read_timing(root.table("jobs"))
        worker = read_worker(root.table("worker"))
        root.done()
        problems.raise_if_any()
        if not lines:
            warnings = (_no_lines(root), *warnings)
        return cls(
            folder=folder,
            lines=lines,
            directory=directory,
            channels=channels,
            notifiers=notifiers,
            retention=retention,
            jobs=jobs,
            worker=worker,
            warnings=warnings,
            where=where,
            **desk,
            **plugins,
        )


def load_desk(folder: Path) -> DeskConfig:
    """Read ``desk.toml`` of a desk's folder.

    Args:
        folder: The folder; the path of the file itself will do.

    Returns:
        The configuration.

    Raises:
        InvalidInput: There is none, it is not TOML, or something in it is wrong: all problems at
            once, each with file, key path, value and what would be accepted.
    """
    path = folder if folder.suffix == ".toml" and folder.is_file() else folder / FILE
    if not path.exists():
        raise InvalidInput.of(
            "no desk here: the folder has no desk.toml; make one with `ruledesk init DIR`",
            "这里没有服务台：目录中没有 desk.toml；可用 `ruledesk init DIR` 新建",
            field=str(path),
        )
    return DeskConfig.from_mapping(read_toml(path), folder=path.parent.absolute(), where=str(path))


def _read_desk(table: Table, folder: Path) -> dict[str, Any]:
    values: dict[str, Any] = {
        "name": table.text("name") or folder.absolute().name,
        "timezone": table.text("timezone", "Asia/Shanghai"),
        "locale": table.text("locale", "zh-CN"),
        "storage": table.text("storage", DEFAULT_STORAGE),
        "engine": table.text("engine", DEFAULT_ENGINE),
    }
    locale, storage = values["locale"], values["storage"]
    try:
        zone(values["timezone"], table.field("timezone"))
    except InvalidInput as error:
        table.problems.extend(error)
    if not _LOCALE.fullmatch(locale):
        table.problem("locale", "unknown locale", "未知的语言", locale, ("zh-CN", "en"))
    if not _STORAGE_URL.fullmatch(storage):
        table.problem("storage", "not a storage URL", "不是存储地址", storage, _STORAGES)
    if not values["engine"]:
        table.problem("engine", "must not be empty", "不能为空", "", (DEFAULT_ENGINE,))
    table.done()
    return values


def _read_plugins(table: Table) -> dict[str, Any]:
    on = table.texts("enabled") if "enabled" in table else None
    off = table.texts("disabled")
    for key, names in (("enabled", on or ()), ("disabled", off)):
        table.no_doubles(key, names)
    for name in off:
        if on is not None and name in on:
            table.problem("disabled", "on and off at the same time", "同时启用又停用", name)
    settings = {
        name: table.mapping(name)
        for name, value in table.data.items()
        if isinstance(value, Mapping)
    }
    table.done()
    return {"plugins_on": on, "plugins_off": off, "plugin_settings": settings}


def _read_line(name: str, table: Table) -> Line:
    line = Line(
        name=name,
        ruleset=table.text("ruleset", required=True),
        title=table.text("title"),
        department=table.text("department"),
    )
    table.done()
    return line


def _read_notifier(table: Table) -> Mapping[str, Any]:
    table.enums("via", VIAS)
    return table.data


def _no_lines(root: Table) -> Problem:
    return Problem(
        "the desk has no lines, so nothing can be submitted",
        "服务台没有业务线，无法提交工单",
        root.field("lines"),
        accepted=('[lines.NAME] ruleset = "…"',),
    )


__all__ = ["DEFAULT_ENGINE", "DEFAULT_STORAGE", "FILE", "DeskConfig", "load_desk"]
