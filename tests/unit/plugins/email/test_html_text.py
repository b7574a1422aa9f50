"""HTML as text."""

from __future__ import annotations

import pytest

from ruledesk_plugins.email.markup import html_text

pytestmark = pytest.mark.requirement("C3")


def test_a_whole_mail(receive):
    assert receive("html").fields["description"] == (
        "One\ntwo\n\n- a\n- b\n\nlink (https://example.com/x) & 冰 end"
    )


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("", ""),
        ("no markup at all", "no markup at all"),
        ("a<br>b<BR/>c", "a\nb\nc"),
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("<div>a</div><div>b</div>", "a\nb"),
        ("<tr><td>a</td><td>b</td></tr><tr><td>c</td></tr>", "a b\nc"),
        ("a \n  b", "a b"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<a href='https://x.cn/'>x.cn</a>", "x.cn"),
        ("<a href=https://x.cn/y>here</a>", "here (https://x.cn/y)"),
        ("<a href='javascript:alert(1)'>here</a>", "here"),
        ("<img alt='a cat' src=x>", "[a cat]"),
        ("<blockquote>a<br>b</blockquote>c", "> a\n> b\nc"),
        ("<style>p{}</style>a<script>b</script>", "a"),
        ("<title>a", "a"),
        ("a<!-- b -->c<![CDATA[d]]>e<!DOCTYPE f>g<?h?>i", "acegi"),
        ("<p title='a > b'>c</p>", "c"),
        ("<p title=it's>c</p>", "c"),
        ("1 < 2 && 3 > 2", "1 < 2 && 3 > 2"),
        ("&lt;b&gt; &#x51b0; &nbsp;x", "<b> 冰 x"),
    ],
)
def test_markup(markup, text):
    assert html_text(markup).strip("\n") == text


def test_an_unclosed_comment_loses_nothing():
    assert "the rest" in html_text("<p>seen</p><!-- the rest")


def test_broken_markup_keeps_its_words(receive):
    text = receive("html_broken").fields["description"]
    assert "one" in text
    assert "1 < 2" in text


@pytest.mark.parametrize(
    "piece", ["<", "<!", "<!--", "<![CDATA[", "<a '", "<title>", "</", "<a>", "&#1", '<a x="', "<p"]
)
def test_work_grows_with_the_length_alone(piece):
    """A hundred thousand openings would take minutes if each looked through the rest."""
    assert html_text(piece * 100_000) is not None
