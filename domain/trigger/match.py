"""Which trigger a message or an event of a channel sets off.

Among the triggers whose channel and groups fit, the most particular one wins: a channel counts 4, groups to be in 2, groups not to be in 1;
of equals the first made (specs, 3.6).
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import regex

Data = dict[str, Any]

_WORD = regex.compile(r"[\pL\pM\pN_']+")


@lru_cache(maxsize=8192)
def words_of(text: str) -> tuple[str, ...]:
    """The words of a text, in lower case."""
    return tuple(_WORD.findall(text.lower()))


def match_keyword(triggers: Iterable[Data], text: str, channel: str | None, contact: Data) -> Data | None:
    """The keyword trigger a text sets off, with the matched `keyword` added."""
    words = words_of(text)
    if not words:
        return None
    hits = [trigger for trigger in triggers if trigger["type"] == "keyword" and _says(trigger, words)]
    best = _best(hits, channel, contact)
    return {**best, "keyword": words[0]} if best else None


def catch_all(triggers: Iterable[Data], channel: str | None, contact: Data) -> Data | None:
    """The trigger for a message that nothing else wants."""
    return _best([trigger for trigger in triggers if trigger["type"] == "catch_all"], channel, contact)


def match_event(
    triggers: Iterable[Data], kind: str, channel: str | None, contact: Data, referrer: str = ""
) -> Data | None:
    """The trigger that something other than a message sets off; one that names the referrer goes before one that takes any."""
    fitting = [trigger for trigger in triggers if trigger["type"] == kind]
    named = [each for each in fitting if (each.get("referrer_id") or "").lower() == referrer.lower() != ""]
    anybody = [each for each in fitting if not each.get("referrer_id")]
    return _best(named, channel, contact) or _best(anybody, channel, contact)


def _says(trigger: Data, words: tuple[str, ...]) -> bool:
    only = trigger.get("match") == "only"
    return words[0] in trigger["keywords"] and (len(words) == 1 or not only)


def _best(triggers: list[Data], channel: str | None, contact: Data) -> Data | None:
    scored = [(score, trigger) for trigger in triggers if (score := _score(trigger, channel, contact)) is not None]
    return max(scored, key=lambda pair: pair[0])[1] if scored else None


def _score(trigger: Data, channel: str | None, contact: Data) -> int | None:
    groups = {group["uuid"] for group in contact.get("groups", ())}
    wanted, excluded = set(trigger.get("groups") or ()), set(trigger.get("exclude_groups") or ())
    if trigger.get("channel") and trigger["channel"] != channel:
        return None
    if (wanted and not groups & wanted) or groups & excluded:
        return None
    return 4 * bool(trigger.get("channel")) + 2 * bool(wanted) + bool(excluded)
