"""The words of names in any script, by Unicode's word boundaries (UAX 29).

Letters and digits belong together (`O'Reilly`, `B2B`, `21.35`), runs of katakana too; each ideograph and each hiragana is a word.
Scripts that write no spaces and need a dictionary (Thai, Lao, Khmer, Burmese) have no words here.
"""

from typing import Final

import regex

_ATTACHED: Final = r"[[\p{WB=Extend}\p{WB=Format}\p{WB=ZWJ}]--[\U0001F3FB-\U0001F3FF]]*+"
"""Accents and what joins characters. Skin tones belong to emoji, which are no words."""

_LETTER: Final = r"[\p{WB=ALetter}\p{WB=Hebrew_Letter}]"
_HEBREW: Final = r"\p{WB=Hebrew_Letter}"
_DIGIT: Final = r"[\p{WB=Numeric}--[０-９]]"
_BETWEEN_LETTERS: Final = r"[\p{WB=MidLetter}\p{WB=MidNumLet}']"
_BETWEEN_DIGITS: Final = r"[\p{WB=MidNum}\p{WB=MidNumLet}']"


def _followed(sign: str, after: str) -> str:
    """A sign within a word: only where the word goes on."""
    return f"{sign}{_ATTACHED}(?={after})"


_QUOTED_HEBREW: Final = _followed('"', _HEBREW)
_LETTERS_AND_DIGITS: Final = (
    f"(?:{_HEBREW}{_ATTACHED}(?:{_followed(_BETWEEN_LETTERS, _LETTER)}|'{_ATTACHED}|{_QUOTED_HEBREW})?"
    f"|{_LETTER}{_ATTACHED}(?:{_followed(_BETWEEN_LETTERS, _LETTER)})?"
    f"|{_DIGIT}{_ATTACHED}(?:{_followed(_BETWEEN_DIGITS, _DIGIT)})?)++"
)
_RUN: Final = rf"(?:{_LETTERS_AND_DIGITS}|(?:\p{{WB=Katakana}}{_ATTACHED})++)"
_LINK: Final = rf"(?:\p{{WB=ExtendNumLet}}{_ATTACHED})++"
_RUNS: Final = f"{_RUN}(?:{_LINK}{_RUN})*+"
_WORD: Final = regex.compile(
    rf"(?:{_LINK}(?:{_RUNS})?+|{_RUNS})(?:{_LINK})?+|[\p{{Han}}\p{{Hiragana}}]{_ATTACHED}", regex.V1
)


def segments_of(text: str) -> list[str]:
    """The words of a text, as they are written."""
    found: list[str] = _WORD.findall(text)
    return found
