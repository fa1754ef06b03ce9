"""Ids that sort by the time they were made (UUID version 7, RFC 9562)."""

import os
import time

_VERSION = 0x7 << 76
_VARIANT = 0x2 << 62
_AT_ONCE = 256
_RANDOM = (1 << 80) - 1 & ~(0xF << 76) & ~(0x3 << 62)

_drawn: list[int] = []
os.register_at_fork(after_in_child=_drawn.clear)


def uuid7() -> str:
    """A new one: 48 bits of milliseconds, 74 random bits. Randomness is drawn from the system for many ids at once."""
    while True:
        try:
            drawn = _drawn.pop()
            break
        except IndexError:
            pool = os.urandom(10 * _AT_ONCE)
            _drawn.extend(int.from_bytes(pool[at : at + 10], "big") & _RANDOM for at in range(0, len(pool), 10))
    value = time.time_ns() // 1_000_000 << 80 | _VERSION | _VARIANT | drawn
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
