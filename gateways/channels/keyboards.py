"""Quick replies as the buttons of a messenger: which can be shown, under which caption, in which rows."""

import re
from collections.abc import Collection, Sequence
from typing import Final
from urllib.parse import urlsplit

from gateways.channels.contract import QuickReply
from gateways.channels.sending import Progress

DEFAULT_CAPTIONS: Final = {"location": "Send Location", "form": "Open Form", "url": "Open Link"}
NEEDS_EXTRA: Final = ("form", "url")
PADDING: Final = 2
"""The room a button takes on either side of its caption, in characters."""
_HOST: Final = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", re.ASCII)


def shown_replies(replies: Sequence[QuickReply], kinds: Collection[str], progress: Progress) -> list[QuickReply]:
    """The replies that can be shown, each with a caption; the others are noted in the channel's log."""
    shown = []
    for reply in replies:
        if reply.type not in kinds:
            progress.note("quick_reply_unsupported", f"A quick reply of type {reply.type} can't be shown here.")
        elif reply.type in NEEDS_EXTRA and not reply.extra:
            progress.note("quick_reply_incomplete", f"A quick reply of type {reply.type} lacks its URL or form.")
        else:
            caption = reply.text or DEFAULT_CAPTIONS.get(reply.type, "")
            if caption:
                shown.append(QuickReply(reply.type, caption, reply.extra))
    return shown


def is_public_url(url: str) -> bool:
    """Whether a URL may be put behind a button: http or https, no blanks, a host with a dot in it."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and _HOST.fullmatch(host) is not None and not re.search(r"\s", url)


def button_rows(replies: Sequence[QuickReply], most_rows: int, width: int) -> list[list[QuickReply]]:
    """Rows of buttons: one row if all fit, else a row each if there are few, else filled one after another.

    `width` is a row's room in characters, padding included; the last row takes what is left, however much that is.
    """
    if sum(_width(each) for each in replies) <= width:
        return [list(replies)] if replies else []
    if len(replies) <= most_rows:
        return [[each] for each in replies]
    rows: list[list[QuickReply]] = [[]]
    room = width
    for each in replies:
        if rows[-1] and _width(each) > room and len(rows) < most_rows:
            rows.append([])
            room = width
        rows[-1].append(each)
        room -= _width(each)
    return rows


def _width(reply: QuickReply) -> int:
    return len(reply.text) + 2 * PADDING
