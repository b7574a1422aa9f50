"""Runs the rounds of `ruledesk.testing.crash` in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from ruledesk.testing.postgres import PostgresServer

#: More than the usual hundred are for a night: RULEDESK_CRASH_ROUNDS=5000.
ROUNDS = int(os.environ.get("RULEDESK_CRASH_ROUNDS", "100"))

MEMORY = Path("/dev/shm")
ENOUGH = 1 << 30


@pytest.fixture(scope="module")
def within():
    """Where the data are: in memory, if there is enough of it.

    What a process has written outlives it, there as on a disk, and hundreds of processes wait less
    for each other.
    """
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH
    return MEMORY if roomy else Path(tempfile.gettempdir())


def may_mount():
    """Whether this process may mount a disk of its own: root outside of most containers."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]
        try:
            done = subprocess.run(command, capture_output=True, check=False)
        except OSError:
            return False
        if done.returncode == 0:
            subprocess.run(["umount", folder], check=True)
        return done.returncode == 0


def pytest_generate_tests(metafunc):
    """A full disk is tested in a way that needs no rights, and on a real one where it can be."""
    if "way" in metafunc.fixturenames:
        metafunc.parametrize("way", ["limit", "mount"] if may_mount() else ["limit"])


@pytest.fixture
def folder(within):
    with tempfile.TemporaryDirectory(prefix="ruledesk-crash-", dir=within) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def server(within):
    with PostgresServer(within=within) as server:
        yield server


@pytest.fixture
def storage(request):
    """The URL of a new, empty store of the scheme that the test asks for."""
    if request.param == "postgresql":
        return request.getfixturevalue("server").database()
    return {"tinydb": "tinydb:desk.json", "sqlite": "sqlite:///desk.db"}[request.param]


@pytest.fixture
def rounds():
    return ROUNDS


@pytest.fixture
def run(folder, within):
    """Runs rounds of a kind; returns the figures, once nothing is wrong."""

    def ran(kind, storage="", *, rounds=ROUNDS, at_once=1, seed=20261122):
        command = [sys.executable, "-m", "ruledesk.testing.crash.host", kind, str(folder)]
        command += [storage, "--rounds", str(rounds), "--at-once", str(at_once)]
        done = subprocess.run(
            [*command, "--seed", str(seed), "--within", str(within)],
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        assert done.stdout, done.stderr
        outcome = json.loads(done.stdout)
        assert outcome["problems"] == [], "\n".join([*outcome["problems"], done.stderr])
        sys.stdout.write(f"{kind} {storage}: {outcome['figures']}\n")  # pytest -rP shows it
        assert done.returncode == 0, done.stderr
        return outcome["rounds"], outcome["figures"]

    return ran
