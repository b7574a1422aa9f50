"""The shipped notifiers keep what every notifier promises."""

from __future__ import annotations

import pytest

from ruledesk.testing.notifier import NotifierSuite
from ruledesk_plugins.console.notifier import ConsoleNotifier
from ruledesk_plugins.file.notifier import DEFAULT_PATH, FileNotifier


@pytest.mark.requirement("F3")
class TestConsole(NotifierSuite):
    @pytest.fixture
    def notifier_class(self):
        return ConsoleNotifier

    @pytest.fixture
    def arrived(self, capsys):
        return lambda: capsys.readouterr().err


@pytest.mark.requirement("F3")
class TestFile(NotifierSuite):
    @pytest.fixture
    def notifier_class(self):
        return FileNotifier

    @pytest.fixture
    def arrived(self, notifier_settings):
        path = notifier_settings.folder / DEFAULT_PATH
        return lambda: path.read_text("utf-8") if path.exists() else ""
