"""How much faster a replay gets over several processes, and that its answer stays the same.

Two recorded months, each a file; and both as one recording of a desk with two lines that share
nobody, which the pilot splits by itself.

    python benchmarks/workers.py [--workers 2]
"""

from __future__ import annotations

import argparse
import io
import json
import tempfile
import time
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from ruledesk.pilot.parallel.pools import pool_of
from ruledesk.pilot.parallel.run import Elsewhere, run_elsewhere
from ruledesk.pilot.suite import Options, memory_desk, run_files
from ruledesk_rulesets.hotline.recordings.make_day import FILE as DAY
from ruledesk_rulesets.months.make import LINES, file_of

DESK = """
[desk]
name = "Two lines"
timezone = "Asia/Shanghai"
[lines.north]
ruleset = "./north.toml"
[lines.south]
ruleset = "./south.toml"
[teams]
north-desk = {{head = "N1", agents = {north}}}
south-desk = {{head = "S1", agents = {south}}}
[agents]
{agents}
"""


def two_lines(folder: Path, tickets: int) -> Path:
    """Write a desk of two lines that share nobody, and a recording of both."""
    hotline = (DAY.parents[1] / "ruleset.toml").read_text(encoding="utf-8")
    hotline = hotline.replace("spill = true", "spill = false")
    people = {side: [f"{side[0].upper()}{n}" for n in range(1, 21)] for side in ("north", "south")}
    for side in people:
        text = hotline.replace("G{date", f"{side[0].upper()}{{date")
        for team in ("customer-service", "after-sales", "logistics"):
            text = text.replace(f'"{team}"', f'"{side}-desk"')
        (folder / f"{side}.toml").write_text(text, encoding="utf-8")
    agents = "\n".join(f"{name} = {{capacity = 50}}" for one in people.values() for name in one)
    desk = DESK.format(agents=agents, **{k: json.dumps(v) for k, v in people.items()})
    (folder / "desk.toml").write_text(desk, encoding="utf-8")
    start = "2026-11-02T09:00:00+08:00"
    lines: list[dict[str, Any]] = [{"recording": "Two lines", "desk": ".", "start": start}]
    for n in range(tickets):
        side = "north" if n % 2 else "south"
        at = f"2026-11-{2 + n * 20 // tickets:02}T{9 + n % 8:02}:{n % 60:02}:00+08:00"
        requester = {"name": "Zhao", "phone": f"13{n % 2}{n % 500:08}"}
        lines.append({
            "at": at, "do": "submit", "as": f"t{n}", "by": f"agent:{people[side][n % 20]}",
            "line": side, "channel": "phone",
            "with": {"requester": requester, "description": "It leaks.", "type": "repair"},
        })  # fmt: skip
    head, *steps = lines
    steps.sort(key=lambda step: str(step["at"]))
    file = folder / "two.jsonl"
    file.write_text("".join(json.dumps(one) + "\n" for one in [head, *steps]), encoding="utf-8")
    return file


def alone(files: Sequence[Path]) -> tuple[float, str]:
    """Replay in this process; returns seconds and a digest of all events."""
    log, began = io.BytesIO(), time.perf_counter()
    run_files(files, Options(memory_desk(), events=log), [])
    return time.perf_counter() - began, sha256(log.getvalue()).hexdigest()


def over(files: Sequence[Path], workers: int) -> tuple[float, str]:
    """Replay over processes; returns seconds, from their start on, and a digest of all events."""
    log, began = io.BytesIO(), time.perf_counter()
    with pool_of(workers, "") as pool:
        assert pool is not None  # noqa: S101
        run_elsewhere(files, Elsewhere(pool, events=log), [])
    return time.perf_counter() - began, sha256(log.getvalue()).hexdigest()


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--tickets", type=int, default=4000)
    options = parser.parse_args()
    alone([DAY])  # loads and compiles
    with tempfile.TemporaryDirectory() as folder:
        cases = {
            "two months, two files": [file_of(line) for line in LINES],
            "two lines, one recording": [two_lines(Path(folder), options.tickets)],
        }
        for name, files in cases.items():
            one, digest = alone(files)
            many, other = over(files, options.workers)
            same = "the same events" if digest == other else "OTHER EVENTS"
            print(
                f"{name:>26}: {one:5.1f} s in one process, {many:5.1f} s over {options.workers}: "
                f"{one / many:4.2f} × as fast, {same}"
            )


if __name__ == "__main__":
    main()
