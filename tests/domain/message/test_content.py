"""Attachments and quick replies come out of the text that authors and doors write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Invalid
from domain.message.content import (
    Attachment,
    QuickReply,
    attachment_parts,
    is_attachment,
    parse_quick_reply,
    read_quick_reply,
)


@pytest.mark.parametrize(
    ("text", "content_type"),
    [
        ("image/png:https://example.org/a.png", "image/png"),
        ("geo:-1.5,30.1", "geo"),
        ("application/vnd.ms-excel:/media/a.xls", "application/vnd.ms-excel"),
        ("IMAGE:/a", "IMAGE"),
    ],
)
def test_an_attachment_is_a_type_and_a_place(text: str, content_type: str) -> None:
    found = attachment_parts(text)
    assert (found.content_type, str(found)) == (content_type, text)


@pytest.mark.parametrize("text", ["", "image", "image:", "text:hello", "https://example.org/a.png", "image/ png:/a"])
def test_other_text_is_no_attachment(text: str) -> None:
    assert not is_attachment(text)
    assert attachment_parts(text) == Attachment("", text)


@pytest.mark.parametrize(
    ("markup", "reply"),
    [
        ("Go on", QuickReply("text", "Go on")),
        ("Go on<extra>to the next\nstep", QuickReply("text", "Go on", "to the next\nstep")),
        ("<url>Open<extra>https://example.org", QuickReply("url", "Open", "https://example.org")),
        ("<location>", QuickReply("location")),
        ("<other>Yes", QuickReply("text", "<other>Yes")),
    ],
)
def test_markup_says_what_kind_of_reply(markup: str, reply: QuickReply) -> None:
    assert parse_quick_reply(markup) == reply
    assert parse_quick_reply(reply.as_markup()) == reply


@given(st.text())
def test_any_text_is_a_quick_reply(markup: str) -> None:
    assert parse_quick_reply(parse_quick_reply(markup).as_markup()) == parse_quick_reply(markup)


def test_json_may_be_markup_or_parts() -> None:
    assert read_quick_reply("<form>Book<extra>7") == read_quick_reply({"type": "form", "text": "Book", "extra": "7"})
    assert read_quick_reply({"text": "Yes"}).as_json() == {"type": "text", "text": "Yes"}
    assert read_quick_reply({"text": "Yes", "extra": "Go"}).as_json()["extra"] == "Go"


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(Invalid, match="not 'video'"):
        read_quick_reply({"type": "video"})


def test_long_replies_are_cut() -> None:
    cut = QuickReply("text", "x" * 65, "y" * 1001).truncated()
    assert cut == QuickReply("text", "x" * 61 + "...", "y" * 997 + "...")
    assert cut.truncated() is cut
