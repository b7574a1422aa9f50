"""``ruledesk plugins``: what is installed, what it provides, on or off, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ruledesk.cli.output import print_json, print_table, print_text
from ruledesk.cli.session import Session, locale_option
from ruledesk.desk.assembly import plugins_of
from ruledesk.desk.config import FILE, DeskConfig, load_desk
from ruledesk.hooks.info import PluginInfo
from ruledesk.hooks.manager import load_plugins

#: What is said of a plugin that is on without further ado; the table says as much.
_PLAIN = "installed"
_STATUS_ZH = {"on": "启用", "off": "停用", "broken": "损坏", "incompatible": "不兼容"}


@click.command(short_help="List the installed plugins.")
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@locale_option
@click.pass_obj
def plugins(session: Session, folder: Path | None, as_json: bool) -> None:
    """List the installed plugins: what each provides, on or off, and why.

    With DIR (default: this folder, if it is a desk) as that desk has them; else every installed
    plugin is on.
    """
    config = _desk(folder)
    loaded = load_plugins() if config is None else plugins_of(config)
    if config is not None:
        session.desk = config.locale
    loaded.close()
    if as_json:
        print_json([_to_dict(info) for info in loaded.infos])
    else:
        _print(loaded.infos, session)


def _desk(folder: Path | None) -> DeskConfig | None:
    if folder is not None:
        return load_desk(folder)
    return load_desk(Path()) if Path(FILE).is_file() else None


def _to_dict(info: PluginInfo) -> dict[str, Any]:
    return {
        "name": info.name,
        "version": info.version,
        "source": info.source,
        "status": info.status,
        "provides": list(info.provides),
        "why": info.why,
        "why_zh": info.why_zh,
    }


def _print(infos: tuple[PluginInfo, ...], session: Session) -> None:
    zh = session.locale == "zh"
    head = ("Plugin", "Version", "Status", "Source", "Provides")
    rows = [
        (
            info.name,
            info.version,
            _STATUS_ZH.get(info.status, info.status) if zh else info.status,
            info.source,
            "\n".join(info.provides),
        )
        for info in infos
    ]
    print_table(("插件", "版本", "状态", "来源", "提供") if zh else head, rows, fixed=(0, 1, 2))
    for info in infos:
        if info.why != _PLAIN:
            print_text(f"{info.name}: {info.why_zh if zh else info.why}")
