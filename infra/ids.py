"""Ids that sort by the time they were made (UUID version 7, RFC 9562)."""

import os
import time

_VERSION = 0x7 << 76
_VARIANT = 0x2 << 62
_RANDOM = (1 << 80) - 1 & ~(0xF << 76) & ~(0x3 << 62)


def uuid7() -> str:
    """A new one: 48 bits of milliseconds, 74 random bits."""
    millis = time.time_ns() // 1_000_000
    value = millis << 80 | _VERSION | _VARIANT | int.from_bytes(os.urandom(10), "big") & _RANDOM
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
