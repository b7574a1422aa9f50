"""Replays over processes and over a Dask cluster give what one process gives (E9)."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

RULESETS = Path(__file__).parents[3] / "rulesets" / "ruledesk_rulesets"
DAY = RULESETS / "hotline" / "recordings" / "day.jsonl"
PATHS = [DAY, RULESETS / "rapid-response" / "scenarios"]


def run(*arguments):
    command = [sys.executable, "-m", "ruledesk", "pilot", "run", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def answers(*arguments):
    done = run(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    for line in lines:
        (line.get("summary") or line).pop("seconds")
    return lines


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    events = tmp_path_factory.mktemp("alone") / "events.jsonl"
    return answers(*PATHS, "--coverage", "--events", events), events.read_bytes()


@pytest.mark.requirement("E9")
def test_processes_give_the_same(alone, tmp_path):
    events = tmp_path / "events.jsonl"
    said = answers(*PATHS, "--coverage", "--events", events, "--workers", 2)
    assert said == alone[0]
    assert events.read_bytes() == alone[1]


@pytest.mark.requirement("E9")
def test_a_dask_cluster_gives_the_same(alone, tmp_path):
    from distributed import LocalCluster  # noqa: PLC0415 -- slow to load

    events = tmp_path / "events.jsonl"
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        said = answers(
            *PATHS, "--coverage", "--events", events, "--dask", cluster.scheduler_address
        )
    assert said == alone[0]
    assert events.read_bytes() == alone[1]


def test_texts_are_the_same(tmp_path):
    """Time lines, too, come from the other process."""
    path = RULESETS / "hotline" / "scenarios" / "accept.scenario.yaml"
    one, many = run(path, "-v"), run(path, "-v", "--workers", 2)
    assert many.returncode == 0, many.stderr

    def shown(done):
        return [line for line in done.stdout.splitlines() if not line.endswith(" s")][:-1]

    assert len(shown(one)) > 10
    assert shown(many) == shown(one)


def test_both_at_once_are_refused():
    done = run(DAY, "--workers", 2, "--dask", "tcp://127.0.0.1:1")
    assert done.returncode == 2
    assert "--workers" in done.stderr


def test_no_scheduler_is_told():
    done = run(DAY, "--dask", "nonsense")
    assert done.returncode == 2
    assert "nonsense" in done.stderr
    assert "Traceback" not in done.stderr


def test_unusable_files_are_told_as_by_one_process(tmp_path):
    broken = tmp_path / "broken.scenario.yaml"
    broken.write_text("scenario: x\nsteps: 3\n", encoding="utf-8")
    one, many = run(broken), run(broken, "--workers", 2)
    assert many.returncode == one.returncode == 2
    assert many.stderr == one.stderr
