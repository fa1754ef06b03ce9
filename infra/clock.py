"""The clock of this machine: the only place that asks what time it is."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def now_micros() -> int:
    """Microseconds since 1970."""
    return time.time_ns() // 1_000
