"""How an aggregator's report names a message. It may name anything: what can't be a message's name is passed over."""

from typing import Any

import regex

_UUID = regex.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
_LARGEST_ID = 2**63 - 1


def named_uuid(data: dict[str, Any]) -> str | None:
    """Of delivery_reported; as it was written, which may be without dashes."""
    uuid = data.get("message")
    return uuid if uuid and _UUID.fullmatch(uuid) else None


def named_id(data: dict[str, Any]) -> int | None:
    number = data.get("message_id")
    return number if isinstance(number, int) and abs(number) <= _LARGEST_ID else None
