"""Texts of version 11: either a string, or a string per language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

BASE = "base"
"""The language of texts from before a flow had languages."""


class Translator:
    """Takes the texts of a flow apart: the base language stays in place, the others go into the localization."""

    __slots__ = ("language", "localization")

    def __init__(self, language: str) -> None:
        self.language = language
        self.localization: dict[str, dict[str, dict[str, list[str]]]] = {}

    def in_base(self, texts: Any, convert: Callable[[str], str] = str) -> str:
        """The text in the flow's own language; if there is none, in the language of texts without one."""
        found = by_language(texts, self.language)
        text = found.get(self.language) or found.get(BASE, "")
        return convert(text) if text else ""

    def file(self, texts: Any, item: str, name: str, convert: Callable[[str], str] = str) -> str:
        """Files the translations of one text as property `name` of `item`; gives the text in the base language."""
        for language, text in self._others(texts).items():
            if text:
                self._put(language, item, name, [convert(text)])
        return self.in_base(texts, convert)

    def file_list(self, members: list[Any], item: str, name: str, convert: Callable[[str], str] = str) -> list[str]:
        """The same for a list; a translation has a member for each, empty where there is none."""
        languages = {language for texts in members for language, text in self._others(texts).items() if text}
        for language in sorted(languages):
            translated = [by_language(texts, self.language).get(language, "") for texts in members]
            self._put(language, item, name, [convert(text) if text else "" for text in translated])
        return [self.in_base(texts, convert) for texts in members]

    def _others(self, texts: Any) -> Mapping[str, str]:
        found = by_language(texts, self.language)
        return {language: text for language, text in found.items() if language not in (self.language, BASE)}

    def _put(self, language: str, item: str, name: str, texts: list[str]) -> None:
        self.localization.setdefault(language, {}).setdefault(item, {})[name] = texts


def by_language(texts: Any, base_language: str) -> dict[str, str]:
    """The texts per language; a bare string is in the base language."""
    if isinstance(texts, dict):
        return {str(language): text for language, text in texts.items() if isinstance(text, str)}
    return {base_language: texts} if isinstance(texts, str) else {}


def plain(value: Any) -> str:
    """A text that may have been written as a number."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return str(int(value)) if value == value and abs(value) < 2**53 and value == int(value) else str(value)
