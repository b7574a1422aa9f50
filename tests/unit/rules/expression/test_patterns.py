"""Which patterns are accepted."""

import pytest

from ruledesk.rules.expression.patterns import (
    LONGEST_SUBJECT,
    longest_whole,
    matches,
    matches_whole,
    refused,
)


@pytest.mark.parametrize(
    "pattern",
    ["a", "a+b*", r"^\d{4}-\d{2}$", "(ab)+", r"(\d{4}-)+", "(a|b)", "(a|b)?", "(a+)?", "[*+|(]+",
     r"\(\+", "(?i)vip", "(?:x)y", "[]a]+", "[^]]*", "a{,3}b{2}", "a?" * 19, "(?P<n>a)b",
     r"(?<=a)b", "a{x}", "{}", "a{}"],
)  # fmt: skip
def test_accepts(pattern):
    assert refused(pattern) is None


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+", "(a*)*", "(a|b)*", "(a|a)+$", "((a)+b)*", "(a?){30}a{30}", "(a+){2,}", "(?:a+b?)+",
     "((a|b))+", "(.*a){12}", r"(a)\1", "(?P<n>a)(?P=n)", "(?x)a b", "(?x: (a+) +)", "(a)?(?(1)b)",
     "a*b*c*d*", "a{1,200}b*c*d*", "(", "a" * 201, "[[a]", "a**", "a++b*" * 4,
     "a?" * 30 + "a" * 30, "a{0,99}" * 4],
)  # fmt: skip
def test_refuses(pattern):
    en, zh = refused(pattern)
    assert en != zh


def test_looks_anywhere_but_not_beyond_the_bound():
    assert matches("no longer cools", "cool")
    assert not matches("no longer cools", "^cool")
    assert not matches("x" * LONGEST_SUBJECT + "y", "y")


@pytest.mark.parametrize(
    ("pattern", "longest"),
    [
        (r"1\d{10}", LONGEST_SUBJECT),
        (r"\d+-\d+", LONGEST_SUBJECT),
        ("a*a*a*b", 843),
        ("a{0,9}" * 3 + "a*a*b", 447),
        ("((ab?)?c?)?(d|e?f?)a*a*a*", 277),
    ],
)
def test_several_repetitions_are_tried_on_short_texts_only(pattern, longest):
    assert refused(pattern) is None
    assert longest_whole(pattern) == longest
    assert not matches_whole("a" * longest + "c", pattern)
