"""How long a report on old tickets takes, and how much memory: from CSV to each kind of output.

Run: ``python benchmarks/report.py [--tickets 100000]``.
"""

from __future__ import annotations

import argparse
import csv
import random
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

START = datetime(2024, 1, 1, 8, tzinfo=UTC)
COLUMNS = {
    "No": "number", "Made": "created_at", "First": "responded_at", "Solved": "resolved_at",
    "Type": "type", "Category": "category", "Product": "product", "Urgency": "urgency",
    "Channel": "channel", "Team": "team", "Agent": "agent", "Status": "status",
    "Phone": "requester.phone", "Stars": "rating",
}  # fmt: skip
REST = """
[targets.resolution]
due = "Due"
[targets.response]
by = "urgency"
within = { urgent = "1h", "*" = "4h" }
[[hand_overs]]
from = "Before"
to = "Team"
at = "At"
taken = "Taken"
"""
TEAMS = ("service", "after-sales", "logistics", "quality")


def written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def make_records(file: Path, count: int) -> None:
    """Write tickets of three months; a tenth of them open, a quarter handed over."""
    chance = random.Random(7)
    with file.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow([*COLUMNS, "Due", "Before", "At", "Taken"])
        for n in range(count):
            made = START + timedelta(minutes=n * 91 * 1440 / count)
            spent = timedelta(hours=0.5 + chance.expovariate(1 / 30))
            done, handed = chance.random() < 0.9, chance.random() < 0.25
            first, second = chance.sample(TEAMS, 2)
            rows.writerow(
                [
                    f"{made:%Y%m%d}{n:06}", written(made),
                    written(made + spent * 0.2) if done else "",
                    written(made + spent) if done else "",
                    chance.choice(["quality", "service", "other"]),
                    f"category {chance.randrange(40)}", f"product {chance.randrange(60)}",
                    chance.choice(["normal", "normal", "urgent"]),
                    chance.choice(["phone", "email", "web"]), second,
                    f"A{chance.randrange(80):03}", "closed" if done else "in_progress",
                    f"138{chance.randrange(count // 3):08}",
                    chance.choice("12345") if done else "",
                    written(made + timedelta(hours=48)), first if handed else "",
                    written(made + spent * 0.4) if handed else "",
                    written(made + spent * 0.6) if handed and done else "",
                ]
            )  # fmt: skip


def measured(command: list[str]) -> tuple[float, float]:
    """Run a command; returns seconds and the megabytes that it held at most."""
    began = time.perf_counter()
    script = (
        "import resource, sys; from ruledesk.cli.app import run; status = run(sys.argv[1:]); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr); "
        "sys.exit(status)"
    )
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", script, *command], capture_output=True, text=True, check=True
    )
    return time.perf_counter() - began, int(done.stderr.splitlines()[-1]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=100_000)
    count = parser.parse_args().tickets
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_records(folder / "old.csv", count)
        columns = "\n".join(f'"{column}" = "{field}"' for column, field in COLUMNS.items())
        mapping = f'[file]\ndates = ["%Y-%m-%d %H:%M"]\n[columns]\n{columns}\n{REST}'
        (folder / "map.toml").write_text(mapping, "utf-8")
        size = (folder / "old.csv").stat().st_size / 1e6
        print(f"{count} tickets, {size:.1f} MB of CSV")
        source = ["report", "--csv", f"{folder}/old.csv", "--mapping", f"{folder}/map.toml"]
        for form in ("json", "html", "csv", "xlsx"):
            seconds, megabytes = measured([*source, "--out", f"{folder}/report.{form}"])
            written_size = (folder / f"report.{form}").stat().st_size / 1e6
            print(f"{form:5} {seconds:6.1f} s  {megabytes:6.0f} MB  file {written_size:6.1f} MB")


if __name__ == "__main__":
    main()
