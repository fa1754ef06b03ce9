"""Regular expressions that flow authors write, in RE2's dialect: a search takes time in proportion to the text, whatever
the pattern."""

import re
from functools import lru_cache
from typing import Any, Final

import re2

MEMORY: Final = 8 << 20
MAX_LENGTH: Final = 10_000
PLACES_PER_UNIT: Final = 100
ESCAPE_OR_QUOTED: Final = re.compile(r"\\Q.*?(?:\\E|\Z)|\\(.)", re.DOTALL)


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
    if len(pattern) > MAX_LENGTH or ("\\C" in pattern and _matches_bytes(pattern)):
        return None
    try:
        return re2.compile(pattern, QUIET)
    except (re2.error, UnicodeError):
        return None


def _matches_bytes(pattern: str) -> bool:
    r"""Whether there is a `\C`: it would match a byte and leave half a character. Not the one in `\\C` or `\Q\C\E`."""
    return any(escape[1] == "C" for escape in ESCAPE_OR_QUOTED.finditer(pattern))


def search_work(pattern: str, text: str) -> int:
    """What a search may cost at most, in units of work: the engine visits each place of the text with each place of the pattern."""
    return len(pattern) * len(text) // PLACES_PER_UNIT
