"""The shipped dispatchers keep what every dispatcher promises."""

from __future__ import annotations

import pytest

from ruledesk.testing.dispatcher import DispatcherSuite
from ruledesk_plugins.dispatch.load import LeastLoaded, RoundRobin
from ruledesk_plugins.dispatch.region import Nearest


@pytest.mark.requirement("D7")
class TestLeastLoaded(DispatcherSuite):
    @pytest.fixture
    def dispatcher_class(self):
        return LeastLoaded


@pytest.mark.requirement("D7")
class TestRoundRobin(DispatcherSuite):
    @pytest.fixture
    def dispatcher_class(self):
        return RoundRobin


@pytest.mark.requirement("A1")
class TestNearest(DispatcherSuite):
    @pytest.fixture
    def dispatcher_class(self):
        return Nearest
