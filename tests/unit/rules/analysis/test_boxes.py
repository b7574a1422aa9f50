"""Boxes, covers, and texts made up from patterns."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ruledesk.rules.analysis.cover import Box, Cover, TooLargeError, absorbed, meet, product
from ruledesk.rules.analysis.sample import samples

CELLS = (2, 3, 4)
FULL = tuple((1 << cells) - 1 for cells in CELLS)
boxes = st.dictionaries(
    st.sampled_from(range(len(CELLS))), st.integers(1, 15), max_size=len(CELLS)
).map(lambda box: {v: m & FULL[v] for v, m in box.items() if m & FULL[v]})


def points(box: Box) -> set[tuple[int, ...]]:
    """Every combination of cells in a box."""
    return {
        (a, b, c)
        for a in range(CELLS[0])
        for b in range(CELLS[1])
        for c in range(CELLS[2])
        if all(box.get(v, FULL[v]) >> cell & 1 for v, cell in enumerate((a, b, c)))
    }


def together(some: list[Box]) -> set[tuple[int, ...]]:
    return set().union(*map(points, some)) if some else set()


@settings(deadline=None)
@given(within=boxes, some=st.lists(boxes, max_size=6))
def test_uncovered_is_a_part_that_no_box_meets(within: Box, some: list[Box]) -> None:
    found = Cover(FULL).uncovered(within, some)
    if found is None:
        assert points(within) <= together(some)
    else:
        assert points(found)
        assert points(found) <= points(within) - together(some)


@settings(deadline=None)
@given(left=st.lists(boxes, max_size=4), right=st.lists(boxes, max_size=4))
def test_products_and_unions_are_those_of_the_points(left: list[Box], right: list[Box]) -> None:
    assert together(product(left, right)) == together(left) & together(right)
    assert together(absorbed([*left, *right])) == together(left) | together(right)


@settings(deadline=None)
@given(a=boxes, b=boxes)
def test_what_two_boxes_share(a: Box, b: Box) -> None:
    shared = meet(a, b)
    assert (set() if shared is None else points(shared)) == points(a) & points(b)


def test_too_many_steps_are_given_up() -> None:
    # Every assignment of 20 bits but one needs looking at.
    full = [3] * 20
    apart = [{v: 1, (v + 1) % 20: 2, (v + 7) % 20: 1 + v % 2} for v in range(20)]
    cover = Cover(full, together=5)
    with pytest.raises(TooLargeError):
        cover.uncovered({}, apart)
    assert cover.given_up


@pytest.mark.parametrize(
    "pattern",
    [
        "打印机|网络",
        r"(?i)\bvpn\b|wi-?fi",
        r"^SO-\d{4,6}$",
        "(not|n.t) (switch|turn) on",
        "[无不][法能]开机",
        r"[^a-z]{2}x+y*z?",
        r"(?:ab|cd)+\.(jpg|png)$",
        r"[]a]b",
        r"[^]a]b",
        r"[\]x]\[",
        "a{2,}b{,3}",
        "(?P<name>x)(?=y)y",
        "log ?in|sign ?in",
        r"\S+@\S+\.(com|cn)",
    ],
)
def test_samples_match(pattern: str) -> None:
    assert any(re.search(pattern, text) for text in samples(pattern))


@pytest.mark.parametrize("pattern", ["(", "[a", "(?i", "a{", "", "(" * 2000, "\\"])
def test_what_is_no_pattern_gives_no_failure(pattern: str) -> None:
    assert isinstance(samples(pattern), tuple)
