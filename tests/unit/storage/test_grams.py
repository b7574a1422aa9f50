"""What a text is cut into, so that substrings are found."""

import pytest

from ruledesk_plugins.sql.grams import (
    EVERY,
    MOST,
    grams,
    postgresql_query,
    sought_grams,
    sqlite_match,
)


def test_chinese_is_cut_into_two_characters() -> None:
    assert sorted(grams("冰箱坏了")) == sorted(["冰箱", "箱坏", "坏了", "了"])


def test_letters_are_cut_into_four() -> None:
    assert sorted(grams("server")) == sorted(["serv", "erve", "rver", "ver", "er", "r"])


@pytest.mark.parametrize("sought", ["冰", "v", "vp", "vpn", "a冰", " ", "%"])
def test_what_is_shorter_than_a_gram_is_a_beginning(sought: str) -> None:
    whole, beginning = sought_grams(sought)
    assert not whole
    assert any(gram.startswith(beginning) for gram in grams(f"x{sought}yz冰箱"))


@pytest.mark.parametrize("sought", ["冰箱", "箱坏", "serv", "a b", "1%_x", "g2026", "了v"])
def test_whole_grams_are_those_of_every_text_around(sought: str) -> None:
    whole, beginning = sought_grams(sought)
    assert not beginning or not whole
    for text in (sought, f"x{sought}", f"{sought}坏", f"冰{sought} y"):
        assert set(whole) <= set(grams(text))


def test_grams_that_many_texts_have_are_left_out() -> None:
    sample = [f"it2026{n:04d}" for n in range(100)]
    whole, _ = sought_grams("it20260042", sample)
    assert "0042" in whole
    assert "2026" not in whole


def test_grams_that_all_texts_have_remain_where_there_are_no_others() -> None:
    assert sought_grams("2026", ["it2026"] * 50) == (["2026"], "")


def test_a_text_of_too_many_grams_is_always_a_candidate() -> None:
    text = "".join(chr(0x4E00 + n * 7 % 20_000) + chr(0x3400 + n % 6000) for n in range(MOST))
    assert grams(text) == [EVERY]
    assert EVERY in sqlite_match("冰箱")
    assert EVERY in postgresql_query("冰箱")
