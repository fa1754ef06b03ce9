"""Which of several locales comes closest to the ones that are wanted."""

from __future__ import annotations

from collections.abc import Sequence


def closest_locale(candidates: Sequence[str], wanted: Sequence[str]) -> int:
    """The place of the candidate that fits best: the first locale wanted counts most, language more than country.

    Without any in a language that is wanted, the first candidate is it.
    """
    for locale in wanted:
        language, _, country = locale.partition("-")
        best, best_rank = -1, 0
        for place, candidate in enumerate(candidates):
            rank = _rank(candidate, language, country)
            if rank > best_rank:
                best, best_rank = place, rank
        if best >= 0:
            return best
    return 0


def _rank(candidate: str, language: str, country: str) -> int:
    """3 the very locale, 2 the language of no country, 1 the language of another country, 0 another language."""
    candidate_language, _, candidate_country = candidate.replace("_", "-").partition("-")
    if candidate_language != language:
        return 0
    if candidate_country == country:
        return 3
    return 1 if candidate_country else 2
