"""Running the command line in this process, with an environment that says nothing."""

from pathlib import Path

import pytest
from attrs import frozen

from ruledesk.cli.app import run
from ruledesk.cli.session import Session


@frozen
class Result:
    status: int
    out: str
    err: str


@pytest.fixture
def ruledesk(capsys):
    def command(*arguments, **environment):
        status = run([str(word) for word in arguments], Session(environment=environment))
        captured = capsys.readouterr()
        return Result(status, captured.out, captured.err)

    return command


@pytest.fixture
def desk(ruledesk, tmp_path) -> Path:
    """A new desk, as `ruledesk init` makes it."""
    folder = tmp_path / "desk"
    assert ruledesk("init", folder, "--locale", "en").status == 0
    return folder
