"""The example of the page on background jobs runs as it is printed."""

import re
from datetime import timedelta
from pathlib import Path
from types import ModuleType

from ruledesk.jobs.timing import Timing

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "jobs.md"


def test_the_example_runs(open_desk, start, capsys) -> None:
    plugin_text, put_text = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    plugin = ModuleType("acme")
    exec(plugin_text, vars(plugin))
    desk = open_desk(plugins={"acme": plugin})
    exec(put_text, {"desk": desk, "now": start})
    exec(put_text, {"desk": desk, "now": start})  # the same words: once
    assert desk.jobs.work(start) == 2
    assert desk.jobs.work(start + timedelta(minutes=59)) == 0
    assert capsys.readouterr().out == f"customer Zhang\ncustomer Li\n{start} 0\n"


def test_the_page_has_the_defaults() -> None:
    text, timing = PAGE.read_text("utf-8"), Timing()
    for name in ("concurrency", "heartbeat", "stalled", "poll"):
        assert f"| `{name}` | `{getattr(timing, name):g}` |" in text
    assert timing.takeover.total_seconds() == 14
    assert "**within 15 seconds**" in text
