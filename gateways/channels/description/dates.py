"""Dates as aggregators write them."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from gateways.channels.description.section import Section
from gateways.channels.replies import parse_rfc3339
from gateways.channels.sending import as_text

ReadDate = Callable[[str], datetime | None]

_TOO_FINE: Final = re.compile(r"(\.[0-9]{6})[0-9]+", re.ASCII)


def epoch(text: str, unit: int = 1) -> datetime | None:
    """Seconds (or `unit`ths of one) since 1970; None when that is no date."""
    try:
        return datetime.fromtimestamp(int(text) / unit, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def pattern_reader(pattern: str, zone: str) -> ReadDate:
    """Seconds may have a fraction or none, whatever the pattern says: aggregators change that without a word."""
    timezone = ZoneInfo(zone) if zone else UTC
    whole = pattern.replace(".%f", "")
    patterns = (whole, whole.replace("%S", "%S.%f"))

    def read(text: str) -> datetime | None:
        for each in patterns:
            try:
                found = datetime.strptime(_TOO_FINE.sub(r"\1", text), each)
            except ValueError:
                continue
            return found if found.tzinfo else found.replace(tzinfo=timezone)
        return None

    return read


def date_reader(section: Section) -> ReadDate:
    """What reads the formats a description lists: rfc3339, epoch, epoch_ms or patterns of strptime, tried in order."""
    zone = section.text("zone", "")
    readers = [_reader(each, zone) for each in section.texts("format")]
    if not readers:
        raise section.wrong("format", "at least one format is expected")

    def read(text: str) -> datetime | None:
        return next((found for found in (each(text) for each in readers) if found is not None), None)

    return read


def _reader(name: str, zone: str) -> ReadDate:
    if name == "rfc3339":
        return parse_rfc3339
    if name == "epoch":
        return epoch
    if name == "epoch_ms":
        return lambda text: epoch(text, 1000)
    return pattern_reader(name, zone)


def number_or_none(value: Any) -> int | None:
    """A whole number, as JSON or as text."""
    text = as_text(value)
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) < 19 else None
