"""What a message carries besides its text: attachments (`type:url`) and quick replies (a small markup)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from domain.environment.words import truncate_with_ellipsis
from domain.errors import Invalid

ATTACHMENT_LIMIT = 2048
"""Characters of an attachment; longer ones are left out with an error."""

QUICK_REPLIES_LIMIT = 10
QUICK_REPLY_TEXT_LIMIT = 64
QUICK_REPLY_EXTRA_LIMIT = 1000

_CONTENT_TYPE = re.compile(r"image|audio|video|application|geo|unavailable|\w+/[-+.\w]+", re.ASCII)
_QUICK_REPLY = re.compile(r"(?:<(location|form|url)>)?(.*?)(?:<extra>(.*))?", re.DOTALL)

QuickReplyType = Literal["text", "location", "form", "url"]
_QUICK_REPLY_TYPES = frozenset({"text", "location", "form", "url"})


class Attachment(NamedTuple):
    """A media type (or only its first half: `image`, `audio`, …, `geo` for `latitude,longitude`) and where it is."""

    content_type: str
    url: str

    def __str__(self) -> str:
        return f"{self.content_type}:{self.url}"


def attachment_parts(text: str) -> Attachment:
    """The parts of an attachment; text that is none has an empty type and is all URL."""
    content_type, colon, url = text.partition(":")
    if colon and url and _CONTENT_TYPE.fullmatch(content_type.lower()):
        return Attachment(content_type, url)
    return Attachment("", text)


def is_attachment(text: str) -> bool:
    """Whether the text is `type:url` with a type that an attachment can have."""
    return attachment_parts(text).content_type != ""


@dataclass(frozen=True, slots=True)
class QuickReply:
    """An answer that a contact can give with one tap.

    `extra` is the description of a text reply, the id of a form, the link of a URL; a location asks for the contact's.
    """

    type: QuickReplyType
    text: str = ""
    extra: str = ""

    def truncated(self) -> "QuickReply":
        """The same within the limits, cut with an ellipsis."""
        text = truncate_with_ellipsis(self.text, QUICK_REPLY_TEXT_LIMIT)
        extra = truncate_with_ellipsis(self.extra, QUICK_REPLY_EXTRA_LIMIT)
        return self if (text, extra) == (self.text, self.extra) else QuickReply(self.type, text, extra)

    def as_json(self) -> dict[str, str]:
        """`{type, text?, extra?}`: what is empty is left out."""
        written: dict[str, str] = {"type": self.type}
        if self.text:
            written["text"] = self.text
        if self.extra:
            written["extra"] = self.extra
        return written

    def as_markup(self) -> str:
        """The text from which `parse_quick_reply` makes this reply again."""
        tag = "" if self.type == "text" else f"<{self.type}>"
        return f"{tag}{self.text}<extra>{self.extra}" if self.extra else f"{tag}{self.text}"


def parse_quick_reply(markup: str) -> QuickReply:
    """`Yes`, `Yes<extra>I want to go on`, `<location>Where are you?`, `<form>Book<extra>id`, `<url>Open<extra>link`."""
    found = _QUICK_REPLY.fullmatch(markup)
    assert found is not None  # every text matches: all parts are optional
    kind: Any = found[1] or "text"
    return QuickReply(kind, found[2], found[3] or "")


def read_quick_reply(value: str | Mapping[str, Any]) -> QuickReply:
    """A quick reply from JSON: markup as text, or `{type?, text?, extra?}`. Raises Invalid."""
    if isinstance(value, str):
        return parse_quick_reply(value)
    kind: Any = value.get("type") or "text"
    if kind not in _QUICK_REPLY_TYPES:
        raise Invalid(f"a quick reply's type is one of {', '.join(sorted(_QUICK_REPLY_TYPES))}, not '{kind}'")
    return QuickReply(kind, value.get("text") or "", value.get("extra") or "")
