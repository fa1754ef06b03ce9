"""Ids that sort by the time they were made (UUID version 7, RFC 9562)."""

import os
import time

_AT_ONCE = 256
_VARIANTS = "89ab"

_drawn: list[str] = []
_moment: tuple[int, str] = (0, "")
os.register_at_fork(after_in_child=_drawn.clear)


def uuid7() -> str:
    """A new one: 48 bits of milliseconds, 74 random bits. Randomness is drawn from the system for many ids at once."""
    global _moment
    millis = time.time_ns() // 1_000_000
    known, prefix = _moment
    if known != millis:
        digits = f"{millis:012x}"
        prefix = f"{digits[:8]}-{digits[8:]}-7"
        _moment = (millis, prefix)
    while True:
        try:
            return prefix + _drawn.pop()
        except IndexError:
            _drawn.extend(_tails())


def _tails() -> list[str]:
    """The random part of many ids, as text: `rrr-vrrr-rrrrrrrrrrrr`, v being the variant's digit."""
    digits = os.urandom(10 * _AT_ONCE).hex()
    starts = range(0, len(digits), 20)
    return [
        f"{digits[at : at + 3]}-{_VARIANTS[int(digits[at + 3], 16) & 3]}{digits[at + 4 : at + 7]}-{digits[at + 7 : at + 19]}"
        for at in starts
    ]
