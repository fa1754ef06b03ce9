"""Ids of messages: our own uuids in what aggregators give back, and how much of theirs is kept."""

import re
from typing import Final

MAX_EXTERNAL_ID: Final = 255
"""Characters of an aggregator's id that are kept, when it gives it out and when it comes back."""
_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)


def uuid_of(text: str) -> str | None:
    """The uuid a text is, in lower case; None when it is something else."""
    lower = text.strip().lower()
    return lower if _UUID.fullmatch(lower) else None
