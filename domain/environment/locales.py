"""Which of the available locales serves somebody best who prefers others: `spa-US` is content with `es_MX`.

Locales come in any spelling: two- or three-letter languages, `-` or `_`, any case. It is the language matching of Unicode's CLDR:
a locale of the same language and script, else of a language that is read too, serves; among several the one whose region is the
same decides, then whose region speaks alike, then the language's standard, then the first. The first preference that has its
own language decides. If none is met, the first locale in the script of a preference, else the first.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from domain.environment.likely_locales import (
    ALIKE,
    MAIN_REGION,
    OTHER_NAMES,
    READS,
    SCRIPT,
    SCRIPT_IN_REGION,
    STANDARDS,
    TWO_LETTERS,
)

SEPARATOR: Final = re.compile("[-_@.]")
LATIN: Final = "Latn"
REGION_OF_SCRIPT: Final = {("zh", "Hant"): "TW", ("uz", "Arab"): "AF", ("pa", "Arab"): "PK", ("az", "Arab"): "IR"}
SCRIPT_IN_NAME: Final = {"sh": LATIN}

READ_BOTH: Final = ({"Hans", "Hant"}, {"Cyrl", LATIN})
"""Scripts that who reads one can read in part."""

ALL_OF_IT: Final = 3
NEARLY_ALL: Final = 2
SOME: Final = 1

BRITISH: Final = 2
ALIKE_REGION: Final = 1
OTHER_REGION: Final = 0


class Locale(NamedTuple):
    """A locale's parts; script and region "" where not given."""

    language: str
    script: str
    region: str

    @property
    def full_region(self) -> str:
        """The region, or the one where the language is mainly spoken."""
        return self.region or REGION_OF_SCRIPT.get((self.language, self.script)) or MAIN_REGION.get(self.language, "")

    @property
    def full_script(self) -> str:
        """The script, or the one that the language is written in there."""
        if self.script:
            return self.script
        found = SCRIPT_IN_REGION.get(f"{self.language}-{self.region}") or SCRIPT.get(self.language)
        return found[0] if found else LATIN


@lru_cache(maxsize=2048)
def parsed_locale(text: str) -> Locale:
    """The parts of a locale in any spelling."""
    parts = SEPARATOR.split(text)
    language = parts[0].lower()
    script = SCRIPT_IN_NAME.get(language, "")
    region = ""
    for part in parts[1:]:
        if len(part) == 4 and part.isalpha():
            script = part.title()
        elif (len(part) == 2 and part.isalpha()) or (len(part) == 3 and part.isdigit()):
            region = part.upper()
    language = TWO_LETTERS.get(language, language)
    return Locale(OTHER_NAMES.get(language, language), script, region)


def best_locale(preferred: Sequence[str], available: Sequence[str]) -> str:
    """The available locale, as it is spelled there, that serves the preferences best. There must be at least one."""
    return _best_locale(tuple(preferred), tuple(available))


@lru_cache(maxsize=1024)
def _best_locale(preferred: tuple[str, ...], available: tuple[str, ...]) -> str:
    wanted = [parsed_locale(text) for text in preferred]
    offered = [(parsed_locale(text), text) for text in available]
    best: Closeness | None = None
    found = ""
    for place, wish in enumerate(wanted):
        for offer, text in offered:
            closeness = _closeness(wish, offer)
            if closeness is not None and (best is None or closeness > best):
                best, found = closeness, text
        is_last_of_language = all(later.language != wish.language for later in wanted[place + 1 :])
        if is_last_of_language and any(_is_own(wish, offer) for offer, _ in offered):
            break
    return found or _in_same_script(wanted, offered)


def _is_own(wish: Locale, offer: Locale) -> bool:
    return wish.language == offer.language and wish.full_script == offer.full_script


def _in_same_script(wanted: list[Locale], offered: list[tuple[Locale, str]]) -> str:
    for wish in wanted:
        for offer, text in offered:
            if offer.full_script == wish.full_script:
                return text
    return offered[0][1]


class Closeness(NamedTuple):
    """How well a locale serves a preference, in the order in which that counts."""

    understanding: int
    same_language: bool
    same_region: bool
    nearness: int
    is_standard: bool
    same_script: bool


def _closeness(wish: Locale, offer: Locale) -> Closeness | None:
    """None where the offer does not serve at all."""
    own = offer.language == wish.language
    if not own and offer.language not in READS.get(wish.language, ()):
        return None
    understanding = ALL_OF_IT if own else NEARLY_ALL
    if own and offer.full_script != wish.full_script:
        if {offer.full_script, wish.full_script} not in READ_BOTH:
            return None
        understanding = SOME
    elif offer[1:] != wish[1:] and offer.full_region != wish.full_region:
        understanding = NEARLY_ALL
    return Closeness(
        understanding,
        own,
        bool(wish.region) and offer.region == wish.region,
        _nearness(wish, offer),
        (wish.language, offer.full_region) in STANDARDS,
        bool(wish.script) and offer.script == wish.script,
    )


def _nearness(wish: Locale, offer: Locale) -> int:
    """Whether regions speak the language alike; British English serves all who aren't American best."""
    group = ALIKE.get(wish.language)
    if group is None:
        return ALIKE_REGION
    if (wish.full_region in group) != (offer.full_region in group):
        return OTHER_REGION
    return BRITISH if wish.language == "en" and offer.full_region == "GB" else ALIKE_REGION
