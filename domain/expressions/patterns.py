"""Regular expressions that flow authors write, in RE2's dialect: a search takes time in proportion to the text and to the size of
the pattern, and both building and searching are paid for."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import re2

MEMORY: Final = 2 << 20
"""Bytes of one pattern with what it has seen of texts."""

PATTERNS_KEPT: Final = 256
"""Few, because they can be large; making a usual one again takes 20 µs."""

MAX_LENGTH: Final = 10_000
ESCAPE_OR_QUOTED: Final = re.compile(r"\\Q.*?(?:\\E|\Z)|\\(.)", re.DOTALL)

STEPS_PER_UNIT: Final = 3
"""How many steps of a pattern's program are built in one unit of work."""

STEPS_PER_CHARACTER: Final = 30
"""How many steps a search visits in the time of one: most programs are walked as tables."""

PLACES_PER_UNIT: Final = 100
WORK_OF_TOO_LARGE: Final = 50_000
"""What it may cost to find out that a pattern is too large: counted repetitions, classes upon classes."""

SHORT: Final = 200
"""Patterns of fewer characters without `{` are never too large."""


def _options() -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MEMORY
    return options


QUIET: Final = _options()


class _Known:
    """A pattern as RE2 made it (None when it isn't valid), the steps of its program, and the work nobody has paid for yet."""

    __slots__ = ("compiled", "steps", "unpaid")

    def __init__(self, pattern: str) -> None:
        self.compiled: Any = strict_pattern(f"(?mi){pattern}")
        self.steps: int = 0 if self.compiled is None else self.compiled._regexp.ProgramSize()
        if self.compiled is None and (len(pattern) > SHORT or "{" in pattern):
            self.unpaid = WORK_OF_TOO_LARGE
        else:
            self.unpaid = (len(pattern) + self.steps) // STEPS_PER_UNIT


@lru_cache(maxsize=PATTERNS_KEPT)
def _known(pattern: str) -> _Known:
    return _Known(pattern)


def compiled_pattern(pattern: str) -> Any:
    """The pattern ready to search, ignoring case and with `^` and `$` at every line; None when it isn't a valid one."""
    return _known(pattern).compiled


def paid_pattern(pattern: str, text: str, labour: Callable[[int], None]) -> Any:
    """The same, once building it (the first time) and searching the text are paid for."""
    known = _known(pattern)
    if known.unpaid:
        unpaid, known.unpaid = known.unpaid, 0
        labour(unpaid)
    labour(max(len(pattern), known.steps // STEPS_PER_CHARACTER) * len(text) // PLACES_PER_UNIT)
    return known.compiled


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
