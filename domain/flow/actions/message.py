"""Actions that send something to somebody, and those that label what came in."""

from __future__ import annotations

import re
from typing import Any

from domain.contact.assets import Channel
from domain.contact.contact import ARCHIVED, BLOCKED, STOPPED
from domain.contact.urns import ContactURN
from domain.environment.words import trim
from domain.flow.actions.content import CompiledContent, Content
from domain.flow.actions.recipients import CompiledRecipients
from domain.flow.actions.references import NamedReferences
from domain.flow.actions.templating import chosen_translation, preview, templating
from domain.flow.definition.actions import message as definitions
from domain.flow.definition.model import Flow
from domain.flow.engine.compiled_flow import Act
from domain.flow.engine.execution import Execution
from domain.flow.engine.localisation import compiled_all, localised_template, localised_text

UNSENDABLE = {BLOCKED: "contact_blocked", STOPPED: "contact_stopped", ARCHIVED: "contact_archived"}
NO_ROUTE = "no_route"
_SPACES = re.compile(r"[ \t\n\f\r]+")


def locale_of(x: Execution, language: str) -> str:
    """The locale of a text in a language: with the contact's country if it is known."""
    country = x.environment.default_country
    return f"{language}-{country}" if language and country else language


class SendMessage:
    """Sends the contact a message."""

    __slots__ = ("_content", "_template", "_variables")

    def __init__(self, action: definitions.SendMsg, flow: Flow) -> None:
        self._content = CompiledContent(action, flow)
        self._template = action.template
        self._variables = compiled_all(action.template_variables)

    def __call__(self, x: Execution) -> None:
        content = self._content.evaluated(x, x.languages)
        route = x.assets.channel_choice.route_of(x.contact.urns)
        reason = self._unsendable_reason(x, content, route)
        locale = locale_of(x, content.language)
        templated = None
        template = x.assets.templates.get(self._template.uuid) if self._template is not None else None
        if template is not None:
            variables = [x.text(variable)[0] for variable in self._variables]
            wanted = (x.environment.default_locale, x.base_environment.default_locale)
            translation = chosen_translation(template, route[1], wanted) if route is not None else None
            if translation is not None:
                templated = templating(template, translation, variables)
                content, locale = preview(translation, variables), translation.locale
        message = _message(content, route)
        if templated is not None:
            message["templating"] = templated
        if locale:
            message["locale"] = locale
        if reason:
            message["unsendable_reason"] = reason
        x.log("msg_created", msg=message)

    @staticmethod
    def _unsendable_reason(x: Execution, content: Content, route: tuple[ContactURN, Channel] | None) -> str:
        if route is None:
            return NO_ROUTE
        return UNSENDABLE.get(x.contact.status) or x.options.unsendable_reason(x.contact, content.text)


def _message(content: Content, route: tuple[ContactURN, Channel] | None) -> dict[str, Any]:
    message: dict[str, Any] = {}
    if route is not None:
        urn, channel = route
        message["urn"] = urn.identity
        message["channel"] = channel.reference()
    message.update(content.to_json())
    return message


def send_broadcast(action: definitions.SendBroadcast, flow: Flow) -> Act:
    recipients = CompiledRecipients(action)
    content = CompiledContent(action, flow)
    variable_templates = compiled_all(action.template_variables)
    languages = (flow.language, *(each for each in flow.localization.languages if each != flow.language))

    def act(x: Execution) -> None:
        to = recipients.found(x)
        if x.session.trigger.batch and (to.groups or to.contact_query):
            x.log_error("Can't send broadcasts to groups during batch starts")
            return
        translations = {language: content.evaluated(x, (language,)).to_json() for language in languages}
        details: dict[str, Any] = {"translations": translations, "base_language": flow.language, **to.to_json()}
        template = x.assets.templates.get(action.template.uuid) if action.template is not None else None
        if template is not None:
            details["template"] = template.reference()
            details["template_variables"] = [x.text(variable)[0] for variable in variable_templates]
        if not to.is_empty:
            x.log("broadcast_created", **details)

    return act


def send_email(action: definitions.SendEmail, flow: Flow) -> Act:
    subject_text = localised_template(flow, action.uuid, "subject", action.subject)
    body_text = localised_template(flow, action.uuid, "body", action.body)
    addresses = compiled_all(action.addresses)

    def act(x: Execution) -> None:
        subject = trim(_SPACES.sub(" ", x.text(subject_text.choose(x.languages)[0])[0]))
        if not subject:
            x.log_error("Email subject evaluated to empty string, skipping")
            return
        body = x.text(body_text.choose(x.languages)[0])[0]
        if not body:
            x.log_error("Email body evaluated to empty string, skipping")
            return
        to = []
        for template in addresses:
            address = trim(x.text(template)[0])
            if address:
                to.append(address.removeprefix("mailto:"))
            else:
                x.log_error("Email address evaluated to empty string, skipping")
        if to:
            _send_email(x, action.uuid, to, subject, body)

    return act


def _send_email(x: Execution, action_uuid: str, to: list[str], subject: str, body: str) -> None:
    key = x.request_key(action_uuid)
    answer = x.services.send_email({"kind": "email", "key": key, "to": to, "subject": subject, "body": body})
    if answer.get("error"):
        x.log_error(f"Unable to send email: {answer['error']}")
        return
    x.log("email_sent", to=to, subject=subject, body=body)


def add_input_labels(action: definitions.AddInputLabels, flow: Flow) -> Act:
    references = NamedReferences("label", action.labels)

    def act(x: Execution) -> None:
        if x.session.input is None:
            x.log_error("No input to add labels to")
            return
        labels = [label.reference() for label in references.found(x)]
        if labels:
            x.log("input_labels_added", input_uuid=x.session.input.uuid, labels=labels)

    return act


def request_optin(action: definitions.RequestOptIn, flow: Flow) -> Act:
    def act(x: Execution) -> None:
        x.log_error("opt-in requests are no longer supported", "action:unsupported")

    return act


def say_msg(action: definitions.SayMsg, flow: Flow) -> Act:
    spoken = localised_template(flow, action.uuid, "text", action.text)
    recording = localised_text(flow, action.uuid, "audio_url", action.audio_url)

    def act(x: Execution) -> None:
        template, language = spoken.choose(x.languages)
        text = trim(x.text(template)[0])
        audio_url, _ = recording.choose(x.languages)
        if not text and not audio_url:
            x.log_error("Can't say message without audio URL or backdown text")
            return
        _speak(x, text, audio_url, language)

    return act


def play_audio(action: definitions.PlayAudio, flow: Flow) -> Act:
    recording = localised_template(flow, action.uuid, "audio_url", action.audio_url)

    def act(x: Execution) -> None:
        template, language = recording.choose(x.languages)
        audio_url, is_fine = x.text(template)
        audio_url = trim(audio_url)
        if not is_fine:
            return
        if not audio_url:
            x.log_error("Audio URL evaluated to empty, skipping")
            return
        _speak(x, "", audio_url, language)

    return act


def _speak(x: Execution, text: str, audio_url: str, language: str) -> None:
    message: dict[str, Any] = {}
    if x.call is not None:
        message["urn"] = x.call.urn
        message["channel"] = x.call.channel
    message["text"] = text
    if audio_url:
        message["attachments"] = [f"audio:{audio_url}"]
    locale = locale_of(x, language)
    if locale:
        message["locale"] = locale
    x.log("ivr_created", msg=message)
