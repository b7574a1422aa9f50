"""Processes for the tests of background jobs, and waiting for what they do."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture
def spawn() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a program of this folder and waits until it is ready; ends it with the test."""
    started: list[subprocess.Popen[str]] = []

    def begun(program: str, *arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, str(HERE / program), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    yield begun
    for process in started:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            pipe.close()


@pytest.fixture
def finish() -> Callable[..., None]:
    """Ends programs in order: their input ends, and they exit without an error."""

    def ended(*processes: subprocess.Popen[str]) -> None:
        for process in processes:
            process.stdin.close()
        for process in processes:
            assert process.wait(30) == 0

    return ended


@pytest.fixture
def until() -> Callable[..., float]:
    """Waits until something holds; returns how many seconds that took."""

    def waited(holds: Callable[[], object], seconds: float = 60.0) -> float:
        began = time.monotonic()
        while not holds():
            assert time.monotonic() - began < seconds, "it did not come to pass"
            time.sleep(0.02)
        return time.monotonic() - began

    return waited
