"""Conformance suite for channels.

```python
class TestMyChannel(ChannelSuite):
    @pytest.fixture
    def channel_class(self):
        return MyChannel

    @pytest.fixture
    def samples(self):
        return [RawInput(b"…", "text/plain")]
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ruledesk.errors import InvalidInput, Refused
from ruledesk.hooks.kinds import (
    CallSeen,
    Channel,
    FollowUp,
    Ignored,
    Intake,
    RawInput,
    Settings,
    Submission,
)
from ruledesk.testing.doubles import FakeChannelContext

#: Fixtures hold nothing that an example could change, and every subclass runs the same test.
PROPERTY = settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.differing_executors,
        HealthCheck.too_slow,
    ],
)


def texts(value: Any) -> Iterator[str]:
    """Yield every text inside intake, at any depth, names of mappings included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from texts(key)
            yield from texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts(item)
    elif attrs.has(type(value)):
        for attribute in attrs.fields(type(value)):
            yield from texts(getattr(value, attribute.name))


def identities(intake: Sequence[Intake]) -> list[str]:
    """List what intake is recognised by when it comes twice."""
    return [item.call.id if isinstance(item, CallSeen) else item.source for item in intake]


class ChannelSuite:
    """What the desk relies on in every channel (F3, F4)."""

    @pytest.fixture
    def channel_class(self) -> type[Channel]:
        """The class under test."""
        raise NotImplementedError("override the fixture channel_class")

    @pytest.fixture
    def samples(self) -> Sequence[RawInput]:
        """Inputs that the channel understands; their content types are tried with any bytes."""
        raise NotImplementedError("override the fixture samples")

    @pytest.fixture
    def channel_settings(self) -> Settings:
        """The settings to make it with."""
        return Settings(where="desk.toml: channels.test")

    @pytest.fixture
    def desk(self) -> FakeChannelContext:
        """What the channel may ask."""
        return FakeChannelContext()

    @pytest.fixture
    def channel(self, channel_class: type[Channel], channel_settings: Settings) -> Channel:
        """The channel under test."""
        return channel_class(channel_settings)

    def test_has_a_name(self, channel_class: type[Channel]) -> None:
        """The name can stand in ``desk.toml`` and on tickets."""
        name = channel_class.name
        assert name == name.strip(), f"{name!r} has spaces around it"
        assert name.replace("-", "").replace("_", "").isalnum(), f"{name!r} is not a plain name"

    def test_refuses_unknown_settings(
        self, channel_class: type[Channel], channel_settings: Settings
    ) -> None:
        """A misspelt key is an error that names it (F4)."""
        values = {**channel_settings.values, "no_such_setting": 1}
        with pytest.raises(InvalidInput, match="no_such_setting"):
            channel_class(attrs.evolve(channel_settings, values=values))

    def test_understands_its_samples(
        self, channel: Channel, samples: Sequence[RawInput], desk: FakeChannelContext
    ) -> None:
        """Each sample is intake, and not all of it is ignored."""
        assert samples, "give at least one sample"
        for sample in samples:
            self.check(channel.receive(sample, desk))
        understood = [item for sample in samples for item in channel.receive(sample, desk)]
        assert not all(isinstance(item, Ignored) for item in understood), "all samples are ignored"

    def test_same_input_same_intake(
        self, channel: Channel, samples: Sequence[RawInput], desk: FakeChannelContext
    ) -> None:
        """What comes twice is understood, and recognised, the same way."""
        for sample in samples:
            first, second = channel.receive(sample, desk), channel.receive(sample, desk)
            assert list(first) == list(second), "the same input was understood differently"
            assert identities(first) == identities(second), "the same input has two identities"

    def test_another_object_understands_the_same(
        self,
        channel_class: type[Channel],
        channel_settings: Settings,
        samples: Sequence[RawInput],
        desk: FakeChannelContext,
    ) -> None:
        """Nothing is kept between inputs: a new object in another process gives the same."""
        used = channel_class(channel_settings)
        for sample in samples:
            used.receive(sample, desk)
        for sample in samples:
            new = channel_class(channel_settings)
            assert list(used.receive(sample, desk)) == list(new.receive(sample, desk))

    @PROPERTY
    @given(data=st.data())
    def test_survives_any_bytes(
        self,
        channel: Channel,
        samples: Sequence[RawInput],
        desk: FakeChannelContext,
        data: st.DataObject,
    ) -> None:
        """Any bytes are intake or refused; nothing else is raised."""
        kinds = [*dict.fromkeys(sample.content_type for sample in samples), "", "a/b; c=;=d"]
        raw = RawInput(data.draw(st.binary(max_size=300)), data.draw(st.sampled_from(kinds)))
        self.receive_safely(channel, raw, desk)

    @PROPERTY
    @given(data=st.data())
    def test_survives_damaged_samples(
        self,
        channel: Channel,
        samples: Sequence[RawInput],
        desk: FakeChannelContext,
        data: st.DataObject,
    ) -> None:
        """A sample that was cut, or has other bytes in its middle, is intake or refused."""
        sample = data.draw(st.sampled_from(list(samples)))
        start = data.draw(st.integers(0, len(sample.content)))
        end = data.draw(st.integers(start, min(len(sample.content), start + 40)))
        inserted = data.draw(st.binary(max_size=40))
        content = sample.content[:start] + inserted + sample.content[end:]
        self.receive_safely(channel, RawInput(content, sample.content_type), desk)

    def receive_safely(self, channel: Channel, raw: RawInput, desk: FakeChannelContext) -> None:
        """Give an input and check whatever comes of it, a refusal too."""
        try:
            intake = channel.receive(raw, desk)
        except Refused as refused:
            self.check_refusal(refused)
            return
        self.check(intake)
        assert list(intake) == list(channel.receive(raw, desk)), "not deterministic"

    def check_refusal(self, refused: Refused) -> None:
        """Check that a refusal can be told, in both languages."""
        assert refused.problems, "a refusal says what is wrong"
        for problem in refused.problems:
            assert problem.en, "a refusal is told in English"
            assert problem.zh, "a refusal is told in Chinese"
        (refused.text("en") + refused.text("zh")).encode()

    def check(self, intake: Sequence[Intake]) -> None:
        """Check what every intake has to be."""
        assert intake, "empty intake: say Ignored and why"
        for item in intake:
            assert isinstance(item, Submission | FollowUp | CallSeen | Ignored), f"{item!r}"
            for text in texts(item):
                text.encode()  # lone surrogates cannot be stored
            if isinstance(item, Ignored):
                assert item.reason, "say why the input is ignored"
            if isinstance(item, FollowUp):
                assert item.ticket, "a follow-up names its ticket"
            if isinstance(item, CallSeen):
                assert item.call.id, "a call has an id"
