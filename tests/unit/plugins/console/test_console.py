"""Messages as lines of a terminal."""

from __future__ import annotations

import io
import sys

import pytest

from ruledesk import DeliveryError, InvalidInput, Settings
from ruledesk.testing.doubles import message, settings
from ruledesk_plugins.console.notifier import LONGEST_LINE, ConsoleNotifier, line_of


def test_a_line():
    assert line_of(message(subject="Received", text="We have it.")) == (
        "[T1/1] sms requester <13800000001> (received) Received: We have it."
    )


def test_nothing_is_written_for_what_is_not_there():
    assert line_of(message(address="", text="x")) == "[T1/1] sms requester (received) x"


def test_text_cannot_act_on_the_terminal():
    line = line_of(message(text="a\nb\x1b[2Jc\u202ed 冰箱\u3000🧊"))
    assert line.endswith(r"a\nb\x1b[2Jc\u202ed 冰箱　🧊")


def test_a_long_line_is_cut():
    line = line_of(message(text="x" * 10_000))
    assert len(line) < LONGEST_LINE + 50
    assert "characters)" in line


@pytest.mark.parametrize("stream", ["stderr", "stdout"])
def test_the_setting_says_where(capsys, stream):
    ConsoleNotifier(settings(stream=stream)).deliver(message(text="here"))
    captured = capsys.readouterr()
    assert "here" in getattr(captured, stringify(stream))
    assert captured.out + captured.err == getattr(captured, stringify(stream))


def stringify(stream):
    return {"stderr": "err", "stdout": "out"}[stream]


def test_a_terminal_without_chinese(monkeypatch):
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True)
    monkeypatch.setattr(sys, "stderr", terminal)
    ConsoleNotifier(Settings()).deliver(message(text="冰"))
    assert rb"\u51b0" in terminal.buffer.getvalue()


@pytest.mark.requirement("F3")
@pytest.mark.parametrize("permanent", [True, False])
def test_a_stream_that_is_gone_is_a_delivery_error(monkeypatch, permanent):
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stderr", None if permanent else closed)
    with pytest.raises(DeliveryError) as error:
        ConsoleNotifier(Settings()).deliver(message())
    assert error.value.permanent is permanent


@pytest.mark.requirement("F4")
@pytest.mark.parametrize("stream", ["stdin", "", 1])
def test_other_streams_are_refused(stream):
    with pytest.raises(InvalidInput, match="stream"):
        ConsoleNotifier(settings(stream=stream))
