"""Texts that databases do not take as they are."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects.sqlite import pysqlite

from ruledesk_plugins.sql.schema import Instant, escaped, shortened, unescaped

ANY = st.text(st.characters() | st.sampled_from("\x00\x1a\ud800\udfff"))


@settings(deadline=None)
@given(ANY)
def test_escaping_is_undone(text):
    stored = escaped(text)
    stored.encode()
    assert "\x00" not in stored
    assert unescaped(stored) == text


@settings(deadline=None)
@given(ANY, ANY)
def test_texts_that_differ_stay_different(one, other):
    assert (escaped(one) == escaped(other)) == (one == other)
    assert (shortened(one) == shortened(other)) == (one == other)


def test_long_keys_fit_into_an_index_and_stay_different():
    one, other = "冰" * 5000, "冰" * 5001
    assert shortened(one) != shortened(other)
    assert len(shortened(one).encode()) < 2700
    assert shortened("冰" * 400) == "冰" * 400


@settings(deadline=None)
@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_times_in_sqlite_are_ordered_as_text(one, other):
    dialect = pysqlite.dialect()
    texts = [Instant().process_bind_param(at, dialect) for at in (one, other)]
    assert (texts[0] < texts[1]) == (one < other)
    assert Instant().process_result_value(texts[0], dialect) == one
    assert all(len(text) == 27 for text in texts)


def test_no_time_is_none():
    assert Instant().process_bind_param(None, pysqlite.dialect()) is None
    assert isinstance(
        Instant().process_result_value("2026-01-01T00:00:00.000000Z", pysqlite.dialect()), datetime
    )
