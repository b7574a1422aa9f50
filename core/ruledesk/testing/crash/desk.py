"""The desk that is run while processes die: every ticket has numbers, messages and targets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from ruledesk.desk.config import DEFAULT_STORAGE, DeskConfig

#: A ruleset whose targets are due within seconds, so that the clock always has work.
RULESET: Final = """
[ruleset]
name = "crash"
version = "1.0.0"

[number]
format = "C{date:%Y%m%d}{seq:05}"

[fields.description]
required = true

[fields.urgency]
default = "normal"
[fields.urgency.values]
normal = "Normal"
urgent = "Urgent"

[stages.priority]
hit = "first"
sets = ["priority"]
default = { priority = "normal" }
[[stages.priority.rules]]
name = "urgent-first"
when = 'urgency == "urgent"'
set = { priority = "high" }

[stages.route]
hit = "first"
sets = ["team"]
default = { team = "service" }

[targets.response]
met_by = ["accepted"]
[[targets.response.limits]]
name = "response-high"
when = 'priority == "high"'
within = "2s"
[[targets.response.limits]]
name = "response-normal"
when = 'priority == "normal"'
within = "20s"

[targets.resolution]
met_by = ["resolved"]
[[targets.resolution.limits]]
name = "resolution-high"
when = 'priority == "high"'
within = "6s"
[[targets.resolution.limits]]
name = "resolution-normal"
when = 'priority == "normal"'
within = "60s"

[[reactions]]
name = "tell-requester"
on = ["submitted"]
send = [{ to = ["requester"], via = ["sms"], template = "received" }]
[[reactions]]
name = "tell-handler"
on = ["assigned"]
send = [{ to = ["agent"], via = ["popup"], template = "assigned" }]
[[reactions]]
name = "overdue"
on = ["target_breached.response", "target_breached.resolution"]
send = [{ to = ["agent", "superior"], via = ["sms"], template = "overdue" }]
[[reactions]]
name = "public-note"
on = ["noted.public"]
send = [{ to = ["requester"], via = ["sms"], template = "progress" }]

[templates.received]
text = { en = "{number} received", zh = "{number} 已受理" }
[templates.assigned]
text = { en = "{number} for {agent.name}", zh = "{number} 请 {agent.name} 处理" }
[templates.overdue]
text = { en = "{number} is overdue", zh = "{number} 已超时" }
[templates.progress]
text = { en = "{number}: {text}", zh = "{number}：{text}" }
"""

LINE: Final = "support"
#: Where the `file` notifier writes, below the desk's folder.
MESSAGES: Final = "messages.jsonl"
HEAD: Final = "H00"
TEAM: Final = "service"
AGENTS: Final = tuple(f"A{n:02}" for n in range(1, 21))


def description(folder: Path, storage: str = DEFAULT_STORAGE) -> dict[str, Any]:
    """Describe the desk as ``desk.toml`` would; its ruleset is written into the folder.

    Args:
        folder: The desk's folder.
        storage: URL of its store.
    """
    ruleset = folder / "crash.toml"
    if not ruleset.exists():
        ruleset.write_text(RULESET, encoding="utf-8")
    phones = {agent: f"139{n:08}" for n, agent in enumerate((HEAD, *AGENTS))}
    return {
        "desk": {
            "name": "Crash",
            "timezone": "Asia/Shanghai",
            "locale": "en",
            "engine": "python",
            "storage": storage,
        },
        "lines": {LINE: {"ruleset": ruleset.name}},
        "teams": {TEAM: {"head": HEAD, "agents": list(AGENTS)}},
        "agents": {
            agent: {"name": agent, "capacity": 1_000_000, "contacts": {"phone": phone}}
            for agent, phone in phones.items()
        },
        "notifiers": {"file": {"path": MESSAGES}},
    }


def crash_desk(folder: Path, storage: str = DEFAULT_STORAGE) -> DeskConfig:
    """Return the desk's configuration."""
    return DeskConfig.from_mapping(description(folder, storage), folder=folder)


def write_desk(folder: Path, storage: str) -> None:
    """Write the desk's folder, for processes that are given nothing else."""
    lines = []
    for table, content in description(folder, storage).items():
        plain = table == "desk"
        for name, entries in {"": content}.items() if plain else content.items():
            lines.append(f"[{table}]" if plain else f"[{table}.{name}]")
            lines += [f"{key} = {_toml(value)}" for key, value in entries.items()]
    (folder / "desk.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _toml(value: Any) -> str:
    """Write a value as TOML does: texts, numbers and lists as JSON, tables in a line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)
