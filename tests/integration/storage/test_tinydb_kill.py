"""Writers killed at random moments lose nothing that they acknowledged (F3)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROUNDS = 200


@pytest.mark.requirement("F3")
def test_killed_writers_lose_nothing(tmp_path):
    host = Path(__file__).with_name("kill_host.py")
    done = subprocess.run(
        [sys.executable, str(host), str(tmp_path), str(ROUNDS), "20260105"],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["rounds"] == ROUNDS
    assert summary["checked"] > 10 * ROUNDS
