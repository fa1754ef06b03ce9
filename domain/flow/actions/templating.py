"""Messages that a channel had approved: which translation is sent, and what it will look like."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from domain.contact.assets import Channel
from domain.environment.locales import best_locale
from domain.flow.actions.content import Content
from domain.flow.assets import MessageTemplate, TemplateComponent, TemplateTranslation
from domain.message.content import QuickReply, is_attachment

_TEXT_PARTS = ("header/", "body/", "footer/")
_BUTTON = "button/"
_MEDIA = ("image", "video", "document")


def chosen_translation(
    template: MessageTemplate, channel: Channel, locales: Iterable[str]
) -> TemplateTranslation | None:
    """The translation for a channel that comes closest to the locales; None when the channel has none at all."""
    candidates: dict[str, TemplateTranslation] = {}
    for each in template.translations:
        if each.channel_uuid == channel.uuid:
            candidates.setdefault(each.locale, each)
    if not candidates:
        return None
    return candidates[best_locale([locale for locale in locales if locale], list(candidates))]


def templating(template: MessageTemplate, translation: TemplateTranslation, variables: Sequence[str]) -> dict[str, Any]:
    """What the channel has to be told: the template, its components that have variables, and the variables' values."""
    values = _padded(translation, variables)
    return {
        "template": template.reference(),
        "components": [
            {"name": component.name, "type": component.type, "variables": dict(component.variables)}
            for component in translation.components
            if component.variables
        ],
        "variables": [
            {"type": kind, "value": value} for kind, value in zip(translation.variables, values, strict=True)
        ],
    }


def preview(translation: TemplateTranslation, variables: Sequence[str]) -> Content:
    """What the contact will see."""
    values = _padded(translation, variables)
    texts, quick_replies = [], []
    for component in translation.components:
        content = _filled(component, values)
        if component.type.startswith(_TEXT_PARTS) and content:
            texts.append(content)
        elif component.type.startswith(_BUTTON) and (component.display or content):
            quick_replies.append(QuickReply("text", component.display or content).truncated().as_json())
    attachments = [
        value
        for kind, value in zip(translation.variables, values, strict=True)
        if kind in _MEDIA and is_attachment(value)
    ]
    return Content("\n\n".join(texts), attachments, quick_replies)


def _padded(translation: TemplateTranslation, variables: Sequence[str]) -> list[str]:
    """As many values as the translation has variables."""
    count = len(translation.variables)
    return [*variables, *([""] * count)][:count]


def _filled(component: TemplateComponent, values: Sequence[str]) -> str:
    content = component.content
    for name, place in component.variables.items():
        if 0 <= place < len(values):
            content = content.replace("{{" + name + "}}", values[place])
    return content
