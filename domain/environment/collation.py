"""When two texts count as the same word: the organization's input collation."""

import unicodedata
from collections.abc import Callable
from typing import Final

import regex

from domain.environment.confusables import confusables
from domain.environment.words import lower
from domain.kept import kept_for_short_texts

INVISIBLE: Final = regex.compile(r"\p{Default_Ignorable_Code_Point}+")
ARABIC_VARIANTS: Final = str.maketrans(
    {
        **{chr(0x0660 + digit): chr(0x06F0 + digit) for digit in range(10)},
        "\u064a": "\u06cc",
        "\u0649": "\u06cc",
        "\u0643": "\u06a9",
        "\u0622": "\u0627",
        "\u0623": "\u0627",
        "\u0625": "\u0627",
    }
)


def skeleton(text: str) -> str:
    """What a text looks like: characters easily mistaken for one another give the same skeleton, invisible ones none."""
    if text.isascii():
        return text.translate(confusables())
    decomposed = INVISIBLE.sub("", unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFD", decomposed.translate(confusables()))


@kept_for_short_texts(8192, 100)
def _confusables_key(text: str) -> str:
    return lower(skeleton(text))


@kept_for_short_texts(8192, 100)
def _arabic_variants_key(text: str) -> str:
    return lower(unicodedata.normalize("NFKC", text).translate(ARABIC_VARIANTS))


COLLATIONS: Final[dict[str, Callable[[str], str]]] = {
    "default": lower,
    "confusables": _confusables_key,
    "arabic_variants": _arabic_variants_key,
}
"""A collation's name, and the key under which it compares texts."""
