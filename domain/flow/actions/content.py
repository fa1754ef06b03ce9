"""What a message says: text, attachments and quick replies, each in the best language there is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from domain.environment.words import trim
from domain.flow.definition.actions.message import SendBroadcast, SendMsg
from domain.flow.definition.model import Flow
from domain.flow.engine.execution import Execution
from domain.flow.engine.localisation import Localised, Templates, localised_template, localised_templates
from domain.message.content import ATTACHMENT_LIMIT, is_attachment, parse_quick_reply


@dataclass(slots=True)
class Content:
    """The content of a message, and the language of its text (of its attachments or quick replies if it has none)."""

    text: str
    attachments: list[str]
    quick_replies: list[dict[str, str]]
    language: str = ""

    def to_json(self) -> dict[str, Any]:
        document: dict[str, Any] = {"text": self.text}
        if self.attachments:
            document["attachments"] = self.attachments
        if self.quick_replies:
            document["quick_replies"] = self.quick_replies
        return document


class CompiledContent:
    """The content of an action, ready to be evaluated."""

    __slots__ = ("_attachments", "_quick_replies", "_text")

    def __init__(self, action: SendMsg | SendBroadcast, flow: Flow) -> None:
        self._text = localised_template(flow, action.uuid, "text", action.text)
        self._attachments: Localised[Templates] = localised_templates(
            flow, action.uuid, "attachments", action.attachments
        )
        self._quick_replies: Localised[Templates] = localised_templates(
            flow, action.uuid, "quick_replies", action.quick_replies
        )

    def evaluated(self, x: Execution, languages: tuple[str, ...]) -> Content:
        """The content in the first of the languages that each part is there in."""
        text_template, text_language = self._text.choose(languages)
        text, _ = x.text(text_template)
        attachment_templates, attachment_language = self._attachments.choose(languages)
        attachments = _attachments(x, attachment_templates) if attachment_templates else []
        reply_templates, reply_language = self._quick_replies.choose(languages)
        quick_replies = _quick_replies(x, reply_templates) if reply_templates else []
        language = ""
        if text_template.source:
            language = text_language
        elif attachment_templates:
            language = attachment_language
        elif reply_templates:
            language = reply_language
        return Content(text, attachments, quick_replies, language)


def _attachments(x: Execution, templates: Templates) -> list[str]:
    attachments = []
    for template in templates:
        attachment = trim(x.text(template)[0])
        if not is_attachment(attachment):
            x.log_error("Attachment evaluated to invalid value and will be ignored")
        elif len(attachment.encode()) > ATTACHMENT_LIMIT:
            x.log_error(f"Evaluated attachment is longer than the {ATTACHMENT_LIMIT} limit and will be ignored")
        else:
            attachments.append(attachment)
    return attachments


def _quick_replies(x: Execution, templates: Templates) -> list[dict[str, str]]:
    replies = []
    for template in templates:
        markup, _ = x.text(template)
        if not markup:
            x.log_error("Quick reply evaluated to empty string and will be ignored")
        else:
            replies.append(parse_quick_reply(markup).truncated().as_json())
    return replies
