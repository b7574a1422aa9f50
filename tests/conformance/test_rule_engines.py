"""The shipped rule engines keep what every rule engine promises."""

from __future__ import annotations

import pytest

from ruledesk.testing.rule_engine import RuleEngineSuite
from ruledesk_plugins.durable.engine import DurableEngine
from ruledesk_plugins.python.engine import PythonEngine


@pytest.mark.requirement("F2")
class TestPython(RuleEngineSuite):
    @pytest.fixture
    def engine_class(self):
        return PythonEngine


@pytest.mark.requirement("F2")
class TestDurable(RuleEngineSuite):
    @pytest.fixture
    def engine_class(self):
        return DurableEngine
