"""Conformance suite for notifiers.

```python
class TestMyNotifier(NotifierSuite):
    @pytest.fixture
    def notifier_class(self):
        return MyNotifier

    @pytest.fixture
    def arrived(self, my_server):
        return lambda: my_server.text()
```
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest

from ruledesk.errors import InvalidInput
from ruledesk.hooks.kinds import Notifier, Settings
from ruledesk.model.message import VIAS
from ruledesk.testing.doubles import message

#: Texts that break notifiers: line breaks, other scripts, control characters, half characters.
STRANGE_TEXTS = (
    "",
    "您的工单已受理，我们会在 1 个工作日内联系您。",
    "first line\nsecond line\r\nthird\u2028fourth",
    "emoji 🧊🔧👩\u200d🔧 and \u202ereversed",
    "NUL \0 bell \a escape \x1b[31mred\x1b[0m",
    "half a character \ud800",
    "quotes \" ' ` and {braces} %s $HOME <b>markup</b>",
)
_LONG = 1024 * 1024


class NotifierSuite:
    """What the desk relies on in every notifier (F3)."""

    @pytest.fixture
    def notifier_class(self) -> type[Notifier]:
        """The class under test."""
        raise NotImplementedError("override the fixture notifier_class")

    @pytest.fixture
    def arrived(self, notifier_settings: Settings) -> Callable[[], str]:
        """A function that returns everything that has arrived on the other side, as text."""
        raise NotImplementedError("override the fixture arrived")

    @pytest.fixture
    def notifier_settings(self, tmp_path: Path) -> Settings:
        """The settings to make it with."""
        return Settings(folder=tmp_path, where="desk.toml: notifiers.test")

    @pytest.fixture
    def notifier(
        self, notifier_class: type[Notifier], notifier_settings: Settings
    ) -> Iterator[Notifier]:
        """The notifier under test, closed afterwards."""
        made = notifier_class(notifier_settings)
        yield made
        made.close()

    def test_has_a_name(self, notifier_class: type[Notifier]) -> None:
        """The name can stand in ``desk.toml``."""
        name = notifier_class.name
        assert name.replace("-", "").replace("_", "").isalnum(), f"{name!r} is not a plain name"

    def test_refuses_unknown_settings(
        self, notifier_class: type[Notifier], notifier_settings: Settings
    ) -> None:
        """A misspelt key is an error that names it (F4)."""
        values = {**notifier_settings.values, "no_such_setting": 1}
        with pytest.raises(InvalidInput, match="no_such_setting"):
            notifier_class(attrs.evolve(notifier_settings, values=values))

    def test_delivers(self, notifier: Notifier, arrived: Callable[[], str]) -> None:
        """What was delivered has arrived when `deliver` returns."""
        notifier.deliver(message(text="The compressor is on its way."))
        assert "The compressor is on its way." in arrived(), "the message did not arrive"

    def test_keeps_messages_apart(self, notifier: Notifier, arrived: Callable[[], str]) -> None:
        """Several messages arrive, each once, in order."""
        words = ["alpha", "bravo", "charlie"]
        for number, word in enumerate(words, start=1):
            notifier.deliver(message(id=f"T1/{number}", text=word))
        there = arrived()
        places = [there.find(word) for word in words]
        assert -1 not in places, "a message is missing"
        assert places == sorted(places), "the messages are out of order"
        assert all(there.count(word) == 1 for word in words), "a message arrived twice"

    def test_takes_a_message_twice(self, notifier: Notifier, arrived: Callable[[], str]) -> None:
        """After a crash a message comes again with the same id; that is no error."""
        again = message(text="again and again")
        notifier.deliver(again)
        notifier.deliver(again)
        assert "again and again" in arrived(), "the message did not arrive"

    @pytest.mark.parametrize("text", STRANGE_TEXTS, ids=range(len(STRANGE_TEXTS)))
    def test_takes_any_text(
        self, notifier: Notifier, arrived: Callable[[], str], text: str
    ) -> None:
        """No text is an error, and what follows it still arrives."""
        notifier.deliver(message(id="T1/1", text=text, subject=text, address=text))
        notifier.deliver(message(id="T1/2", text="the next one"))
        assert "the next one" in arrived(), "the message after it did not arrive"

    def test_takes_a_long_text(self, notifier: Notifier, arrived: Callable[[], str]) -> None:
        """A message of a million characters is no error; it may arrive cut."""
        notifier.deliver(message(text="long " * (_LONG // 5)))
        assert "long long" in arrived(), "the message did not arrive"

    def test_takes_every_way(self, notifier: Notifier) -> None:
        """A notifier is given what the configuration gives it, by any way."""
        for number, via in enumerate(VIAS, start=1):
            notifier.deliver(message(id=f"T1/{number}", via=via, address=""))

    def test_closes_twice(self, notifier: Notifier) -> None:
        """Closing is safe at any time, also without a message and again."""
        notifier.close()
        notifier.close()

    @pytest.mark.usefixtures("notifier")
    def test_making_it_reaches_nobody(self, arrived: Callable[[], str]) -> None:
        """Nothing is sent before there is a message."""
        assert arrived() == "", "something arrived without a message"
