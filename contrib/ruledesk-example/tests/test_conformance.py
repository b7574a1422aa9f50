"""The conformance suites of RuleDesk, run on the example's components."""

from itertools import count

import pytest
from ruledesk_example.audited import AuditedStore
from ruledesk_example.notifier import Shout
from ruledesk_example.suggestion_box import SuggestionBox

from ruledesk import RawInput
from ruledesk.testing.channel import ChannelSuite
from ruledesk.testing.notifier import NotifierSuite
from ruledesk.testing.storage import StoreFactory, StoreSuite


class TestSuggestionBox(ChannelSuite):
    @pytest.fixture
    def channel_class(self):
        return SuggestionBox

    @pytest.fixture
    def samples(self):
        return [
            RawInput(b"slip: 1\nname: Zhang\nsubject: Racks\n\nThere are too few.", "text/plain"),
            RawInput("没有编号的意见".encode(), "text/plain"),
            RawInput(b"", "text/plain"),
        ]


class TestShout(NotifierSuite):
    @pytest.fixture
    def notifier_class(self):
        return Shout

    @pytest.fixture
    def arrived(self, notifier_settings):
        path = notifier_settings.folder / "data" / "shouts.txt"
        return lambda: path.read_text(encoding="utf-8") if path.exists() else ""


class TestAudited(StoreSuite):
    histories = 40

    @pytest.fixture
    def store_factory(self, tmp_path):
        numbers = count()
        return StoreFactory(lambda: AuditedStore(tmp_path / f"{next(numbers)}.txt"))
