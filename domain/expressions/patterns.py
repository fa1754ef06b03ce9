"""Regular expressions that flow authors write, in RE2's dialect: a search takes time in proportion to the text, whatever
the pattern."""

from functools import lru_cache
from typing import Any, Final

import re2

MEMORY: Final = 8 << 20
MAX_LENGTH: Final = 10_000
PLACES_PER_UNIT: Final = 100


def _options() -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MEMORY
    return options


QUIET: Final = _options()


@lru_cache(maxsize=2048)
def compiled_pattern(pattern: str) -> Any:
    """The pattern ready to search, ignoring case and with `^` and `$` at every line; None when it isn't a valid one."""
    return strict_pattern(f"(?mi){pattern}")


@lru_cache(maxsize=2048)
def strict_pattern(pattern: str) -> Any:
    """The pattern ready to search just as it is written; None when it isn't a valid one."""
    if len(pattern) > MAX_LENGTH:
        return None
    try:
        return re2.compile(pattern, QUIET)
    except (re2.error, UnicodeError):
        return None


def search_work(pattern: str, text: str) -> int:
    """What a search may cost at most, in units of work: the engine visits each place of the text with each place of the pattern."""
    return len(pattern) * len(text) // PLACES_PER_UNIT
