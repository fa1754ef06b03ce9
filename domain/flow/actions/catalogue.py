"""Actions by type: how each is made ready to be done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from domain.flow.actions import contact, message, run, services
from domain.flow.definition import actions as definitions
from domain.flow.definition.actions.action import Action
from domain.flow.definition.model import Flow
from domain.flow.engine.compiled_flow import Act

_COMPILERS: dict[type[Action], Callable[[Any, Flow], Act]] = {
    definitions.AddContactGroups: contact.add_contact_groups,
    definitions.RemoveContactGroups: contact.remove_contact_groups,
    definitions.AddContactURN: contact.add_contact_urn,
    definitions.SetContactName: contact.set_contact_name,
    definitions.SetContactLanguage: contact.set_contact_language,
    definitions.SetContactTimezone: contact.set_contact_timezone,
    definitions.SetContactStatus: contact.set_contact_status,
    definitions.SetContactField: contact.set_contact_field,
    definitions.SetContactChannel: contact.set_contact_channel,
    definitions.SetRunResult: run.set_run_result,
    definitions.SetRunLocal: run.set_run_local,
    definitions.EnterFlow: run.enter_flow,
    definitions.StartSession: run.start_session,
    definitions.SendMsg: message.SendMessage,
    definitions.SendBroadcast: message.send_broadcast,
    definitions.SendEmail: message.send_email,
    definitions.AddInputLabels: message.add_input_labels,
    definitions.RequestOptIn: message.request_optin,
    definitions.SayMsg: message.say_msg,
    definitions.PlayAudio: message.play_audio,
    definitions.CallWebhook: services.call_webhook_action,
    definitions.CallResthook: services.call_resthook,
    definitions.CallLLM: services.call_llm,
    definitions.CallClassifier: services.call_classifier,
    definitions.OpenTicket: services.open_ticket,
    definitions.TransferAirtime: services.transfer_airtime,
}


def compiled_action(action: Action, flow: Flow) -> Act:
    """The action, ready to be done."""
    return _COMPILERS[type(action)](action, flow)
