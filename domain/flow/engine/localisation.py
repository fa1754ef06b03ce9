"""Texts in several languages, compiled, and the choice among them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

from domain.expressions.template import Template, compile_template
from domain.flow.definition.model import Flow

T = TypeVar("T")


class Localised(Generic[T]):
    """One property of an item: as it was written, and its translations."""

    __slots__ = ("language", "native", "translations")

    def __init__(self, native: T, language: str, translations: Mapping[str, T]) -> None:
        self.native = native
        self.language = language
        """The language of the flow, which `native` is in."""
        self.translations = translations

    def choose(self, languages: Iterable[str]) -> tuple[T, str]:
        """The text in the first of the languages there is one in, and that language; as it was written if in none."""
        if self.translations:
            for language in languages:
                if language == self.language:
                    break
                found = self.translations.get(language)
                if found is not None:
                    return found, language
        return self.native, self.language


Templates = tuple[Template, ...]
Texts = tuple[str, ...]


def compiled_all(texts: Iterable[str]) -> Templates:
    """The texts as templates."""
    return tuple(compile_template(text) for text in texts)


def localised_templates(flow: Flow, item_uuid: str, name: str, native: Iterable[str]) -> Localised[Templates]:
    """A property whose texts are templates."""
    translations = {
        language: compiled_all(texts) for language, texts in flow.localization.each_translation(item_uuid, name)
    }
    return Localised(compiled_all(native), flow.language, translations)


def localised_template(flow: Flow, item_uuid: str, name: str, native: str) -> Localised[Template]:
    """A property that is one template."""
    translations = {
        language: compile_template(texts[0])
        for language, texts in flow.localization.each_translation(item_uuid, name)
        if texts[0]
    }
    return Localised(compile_template(native), flow.language, translations)


def localised_text(flow: Flow, item_uuid: str, name: str, native: str) -> Localised[str]:
    """A property that is one text, and no template."""
    translations = {
        language: texts[0] for language, texts in flow.localization.each_translation(item_uuid, name) if texts[0]
    }
    return Localised(native, flow.language, translations)
