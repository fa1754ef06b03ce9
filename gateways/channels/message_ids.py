"""Recognising our own message uuids in what aggregators give back."""

import re
from typing import Final

_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)


def uuid_of(text: str) -> str | None:
    """The uuid a text is, in lower case; None when it is something else."""
    lower = text.strip().lower()
    return lower if _UUID.fullmatch(lower) else None
