"""Tests of words and phrases. Words are compared by the organization's collation; `match` is in the words of the input."""

from collections.abc import Callable
from functools import cache
from typing import Any, Final

from domain.environment.words import lower, trim, upper, words_of
from domain.expressions.patterns import paid_pattern, strict_pattern
from domain.expressions.router_tests.results import match, no_match
from domain.expressions.scope import Scope
from domain.expressions.values.conversions import to_text
from domain.expressions.values.kinds import EvaluationError, Value, XError
from domain.kept import kept_for_short_texts

EMAIL: Final = r"([\pL\pN][-_+$~.\pL\pN]*)@([\pL\pN][-_\pL\pN]*)(\.[\pL\pN][-_\pL\pN]*)+"


MANY: Final = 8
"""So many words are looked up in a set; fewer are found sooner without one."""


def has_error(scope: Scope, value: Value) -> Value:
    """Whether the value is an error; matches its message."""
    return match(value.message) if value.__class__ is XError else no_match()


def has_text(scope: Scope, text: Value) -> Value:
    """Whether there is any text but spaces."""
    trimmed = trim(to_text(text))
    return match(trimmed) if trimmed else no_match()


def has_only_text(scope: Scope, text1: Value, text2: Value) -> Value:
    """Whether the texts are the same to the letter."""
    text, expected = to_text(text1), to_text(text2)
    return match(text) if text == expected else no_match()


def _words(scope: Scope, text: Value, sought: Value) -> tuple[list[str], list[str], list[str]]:
    """The input's words, their collation keys, and the keys of the words sought."""
    words, expected = words_of(to_text(text)), to_text(sought)
    collate: Callable[[str], str] = scope.environment.collate
    return words, [collate(word) for word in words], _sought_keys(expected, collate)


@kept_for_short_texts(4096, 500)
def _sought_keys(sought: str, collate: Callable[[str], str]) -> list[str]:
    """The keys of the words that a test seeks: the same few for every contact."""
    return [collate(word) for word in words_of(sought)]


def has_phrase(scope: Scope, text: Value, phrase: Value) -> Value:
    """Whether the words of a phrase follow one another.

    A word that breaks off a beginning is not itself taken for a new one: flows rely on "a a b" not having "a b".
    """
    words, keys, sought = _words(scope, text, phrase)
    if not sought:
        return match("")
    found: list[str] = []
    for word, key in zip(words, keys, strict=True):
        if key == sought[len(found)]:
            found.append(word)
            if len(found) == len(sought):
                return match(" ".join(found))
        else:
            found = []
    return no_match()


def has_only_phrase(scope: Scope, text: Value, phrase: Value) -> Value:
    """Whether the words are those of a phrase and no others."""
    words, keys, sought = _words(scope, text, phrase)
    return match(" ".join(words)) if keys == sought else no_match()


def has_any_word(scope: Scope, text: Value, words: Value) -> Value:
    """Whether there is any of these words; matches all there are."""
    written, keys, sought = _words(scope, text, words)
    wanted = frozenset(sought) if len(sought) > MANY else sought
    found = [word for word, key in zip(written, keys, strict=True) if key in wanted]
    return match(" ".join(found)) if found else no_match()


def has_all_words(scope: Scope, text: Value, words: Value) -> Value:
    """Whether there are all of these words, in any order."""
    written, keys, sought = _words(scope, text, words)
    wanted = frozenset(sought)
    if not wanted <= set(keys):
        return no_match()
    return match(" ".join(word for word, key in zip(written, keys, strict=True) if key in wanted))


def has_beginning(scope: Scope, text: Value, beginning: Value) -> Value:
    """Whether the text starts with another, capitals or not. As many bytes are compared as the beginning has."""
    characters, start = trim(to_text(text)), trim(to_text(beginning))
    if not characters or not start:
        return no_match()
    encoded = characters.encode("utf-8", "replace")
    length = len(start.encode("utf-8", "replace"))
    if len(encoded) < length:
        return no_match()
    segment = encoded[:length].decode("utf-8", "replace")
    return match(segment) if _folded(segment) == _folded(start) else no_match()


def _folded(text: str) -> str:
    return lower(upper(text))


def has_pattern(scope: Scope, text: Value, pattern: Value) -> Value:
    """Whether a regular expression matches somewhere; its groups are in `extra` by their numbers."""
    characters, expression = to_text(text), trim(to_text(pattern))
    compiled = paid_pattern(expression, characters, scope.labour)
    if compiled is None:
        raise EvaluationError("must be called with a valid regular expression")
    found = compiled.search(characters)
    if found is None:
        return no_match()
    groups = {str(index): found.group(index) or "" for index in range(compiled.groups + 1)}
    scope.labour(sum(map(len, groups.values())))
    return match(groups["0"], groups)


@cache
def _email() -> Any:
    return strict_pattern(EMAIL)


def has_email(scope: Scope, text: Value) -> Value:
    """Whether there is an e-mail address."""
    characters = to_text(text)
    if "@" not in characters:
        return no_match()
    found = _email().search(characters)
    return match(found.group()) if found else no_match()
