"""Time zones by their IANA names, read once each."""

from datetime import UTC, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

UTC_NAME: Final = "UTC"


@lru_cache(maxsize=1024)
def zone_named(name: str) -> tzinfo:
    """The zone of a name. Raises ValueError for a name that is no zone's."""
    if name in ("", UTC_NAME):
        return UTC
    if name.startswith(("/", ".")) or ".." in name:
        raise ValueError(f"unknown time zone {name}")
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"unknown time zone {name}") from None


def zone_name(zone: tzinfo | None) -> str:
    """The IANA name, `UTC`, or "" for a mere offset."""
    if zone is UTC:
        return UTC_NAME
    return getattr(zone, "key", "")
