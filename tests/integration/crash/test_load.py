"""The load of `benchmarks/load.py`, short: people at work while processes die (F3)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "load.py"


def loaded(within, *arguments):
    done = subprocess.run(
        [
            sys.executable,
            str(SCRIPT),
            "--json",
            "--within",
            str(within),
            "--think",
            "0.2",
            *arguments,
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.stdout, done.stderr
    result = json.loads(done.stdout)
    assert result["errors"] == {}
    assert result["wrong"] == [], done.stderr
    assert done.returncode == 0, done.stderr
    assert {row["what"] for row in result["operations"]} == {"list", "open", "submit", "act"}
    assert result["acknowledged"] > 20
    return result


@pytest.mark.requirement("F3")
def test_a_desk_process_and_a_worker_die_under_load(within):
    """Nobody replaces them; what they had acknowledged is there, and the others do their work."""
    result = loaded(within, "--seconds", "10", "--people", "8", "--kill")
    assert result["messages left to leases of the dead"] <= 4


def test_sqlite_carries_a_desk_process_and_a_worker(within):
    result = loaded(within, "--seconds", "5", "--people", "8", "--storage", "sqlite")
    assert result["messages left to leases of the dead"] == 0
