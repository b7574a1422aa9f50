"""A Python of its own to install plugins into, so that the one of the tests stays as it is."""

import pytest

from ruledesk.testing.environment import Environment


@pytest.fixture
def environment(tmp_path):
    return Environment.make(tmp_path / "environment")
