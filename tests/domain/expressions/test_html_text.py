"""Texts that were escaped for HTML."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.expressions.html_text import unescaped


@pytest.mark.parametrize(
    ("escaped", "text"),
    [
        ("Tom &amp; Ann &lt;3 &eacute;t&#233; &#xE9;&#Xe9", "Tom & Ann <3 été éé"),
        ("&quot;&#39;&#x27;&apos;", "\"'''"),
        ("&amp&lt", "&<"),
        ("&notit; &ampersand", "¬it; &ersand"),
        ("&#0; &#xD800; &#x110000; &#99999999999999999999;", "� � � �"),
        ("&#1; &#x0b;", "\x01 \x0b"),
        ("&#128;&#x99;&#129;", "€™\x81"),
        ("&#9 &#9;", "&#9 \t"),
        ("&", "&"),
        ("&; &# &#; &#x; &#xg; &unknown; a&b", "&; &# &#; &#x; &#xg; &unknown; a&b"),
    ],
)
def test_references_become_what_browsers_show(escaped: str, text: str) -> None:
    assert unescaped(escaped) == text


@given(st.lists(st.sampled_from(["&", "#", "x", "1", "0", "amp", "lt", ";", "é", "a", " "]), max_size=30).map("".join))
def test_any_text_can_be_unescaped(text: str) -> None:
    assert len(unescaped(text)) <= len(text)
