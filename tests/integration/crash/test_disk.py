"""A disk that is full or closed: a clear error, nothing by halves, and on it goes (F3, F4)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.requirement("F3", "F4")
STORAGES = {"tinydb": "tinydb:desk.json", "sqlite": "sqlite:///desk.db"}


@pytest.fixture
def errors_of(way, tmp_path):
    """Runs the script in one of the ways; returns the errors that the desk gave."""

    def ran(what, storage):
        script = Path(__file__).with_name("disk.py")
        folder = tmp_path / "desk"
        folder.mkdir()
        done = subprocess.run(
            [sys.executable, str(script), what, way, STORAGES[storage], str(folder)],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return ran


@pytest.mark.parametrize("storage", STORAGES)
def test_a_full_disk_is_told_and_loses_nothing(errors_of, storage):
    errors = errors_of("full", storage)
    assert len(errors) >= 2
    for error in errors:
        assert "desk." in error, "it says which file"
        assert "Error:" not in error, "it is no trace of a library"


@pytest.mark.parametrize("storage", STORAGES)
def test_a_disk_that_cannot_be_written_is_told_and_left_alone(errors_of, storage):
    (error,) = errors_of("readonly", storage)
    assert "desk." in error
