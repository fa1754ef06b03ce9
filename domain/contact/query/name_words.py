"""How names are searched: by the beginnings of their words, in any script.

The search table keeps each contact's words ready (`searchable_name`), so that databases and the engine agree on them.
"""

from typing import Final

from domain.environment.segments import segments_of
from domain.environment.words import lower
from domain.kept import kept_for_short_texts

WORD_MINIMUM: Final = 2
"""Bytes: one Latin letter would find half of all contacts, one Chinese character is a word."""

WORD_KEPT: Final = 8
"""Characters of a word that are compared."""


@kept_for_short_texts(16_384, 200)
def name_words(text: str) -> tuple[str, ...]:
    """The words of a name or a search for one, lower-case, as far as they are compared."""
    return tuple(lower(word)[:WORD_KEPT] for word in segments_of(text) if len(word.encode()) >= WORD_MINIMUM)


def searchable_name(name: str) -> str:
    """A name's words, each with a space before it: a word that begins with `x` is found as ` x`."""
    return "".join(f" {word}" for word in name_words(name))
