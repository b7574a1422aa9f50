"""The process that forks and kills: ``python -m ruledesk.testing.crash.host KIND FOLDER URL …``.

It is a process of its own so that forking is cheap and safe: warm, with one thread. It prints the
outcome as JSON, and ends with status 1 where something is wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from attrs import asdict

from ruledesk.hooks.manager import load_plugins
from ruledesk.testing.crash.races import Races, all_races
from ruledesk.testing.crash.server import kill_server
from ruledesk.testing.crash.stage import Outcome, Stage
from ruledesk.testing.crash.workers import kill_workers
from ruledesk.testing.crash.writers import kill_makers, kill_writers
from ruledesk.testing.postgres import PostgresServer


def run(options: argparse.Namespace) -> Outcome:
    """Run the rounds that the command asks for."""
    if options.kind == "server" or (options.kind == "makers" and not options.storage):
        with PostgresServer(within=options.within) as server:
            stage = Stage(options.folder, server.database(), options.seed)
            if options.kind == "makers":
                urls = (f"{server.database()}&blobs=blobs{n}" for n in range(options.rounds))
                return kill_makers(stage, urls)
            return kill_server(stage, server, options.rounds, writers=options.at_once)
    if options.kind == "races":
        return _races(options)
    stage = Stage(options.folder, options.storage, options.seed)
    if options.kind == "makers":
        names = (f"{n}-{options.storage.rpartition('/')[2]}" for n in range(options.rounds))
        base = options.storage.rpartition("/")[0]
        return kill_makers(stage, (f"{base}/{name}" for name in names))
    if options.kind == "writers":
        return kill_writers(stage, options.rounds, writers=options.at_once)
    return kill_workers(stage, options.rounds, workers=options.at_once)


def _races(options: argparse.Namespace) -> Outcome:
    """Race on the store itself, without a desk."""
    backend = load_plugins().registry.storages.get(options.storage.partition(":")[0], "storage")
    outcome = Outcome()
    races = Races(lambda: backend.open(options.storage, options.folder), options.at_once)
    for name, problems in all_races(races):
        outcome.problems += [f"{name}: {problem}" for problem in problems]
        outcome.rounds += 1
    return outcome


def main() -> None:
    """Read the command, run it, print the outcome."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=("writers", "workers", "server", "makers", "races"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("storage", nargs="?", default="")
    parser.add_argument("--within", type=Path, help="where the killed PostgreSQL keeps its data")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at-once", type=int, default=1)
    began = time.perf_counter()
    outcome = run(parser.parse_args())
    outcome.count("seconds", round(time.perf_counter() - began, 1))
    sys.stdout.write(json.dumps(asdict(outcome), ensure_ascii=False, indent=1) + "\n")
    sys.exit(1 if outcome.problems else 0)


if __name__ == "__main__":
    main()
