"""The twenty-six things a node can do. `ACTION_TYPES` finds a class by its type name."""

from domain.flow.definition.actions.action import Action
from domain.flow.definition.actions.contact import (
    AddContactGroups,
    AddContactURN,
    RemoveContactGroups,
    SetContactChannel,
    SetContactField,
    SetContactLanguage,
    SetContactName,
    SetContactStatus,
    SetContactTimezone,
)
from domain.flow.definition.actions.message import (
    AddInputLabels,
    PlayAudio,
    RequestOptIn,
    SayMsg,
    SendBroadcast,
    SendEmail,
    SendMsg,
)
from domain.flow.definition.actions.run import EnterFlow, Exclusions, SetRunLocal, SetRunResult, StartSession
from domain.flow.definition.actions.services import (
    CallClassifier,
    CallLLM,
    CallResthook,
    CallWebhook,
    OpenTicket,
    TransferAirtime,
)

ACTION_TYPES: dict[str, type[Action]] = {
    cls.type: cls
    for cls in (
        AddContactGroups,
        RemoveContactGroups,
        AddContactURN,
        SetContactName,
        SetContactLanguage,
        SetContactTimezone,
        SetContactStatus,
        SetContactField,
        SetContactChannel,
        SetRunResult,
        SetRunLocal,
        EnterFlow,
        SendMsg,
        SendBroadcast,
        StartSession,
        SendEmail,
        AddInputLabels,
        CallWebhook,
        CallResthook,
        CallLLM,
        CallClassifier,
        OpenTicket,
        RequestOptIn,
        TransferAirtime,
        SayMsg,
        PlayAudio,
    )
}

__all__ = [
    "ACTION_TYPES",
    "Action",
    "AddContactGroups",
    "AddContactURN",
    "AddInputLabels",
    "CallClassifier",
    "CallLLM",
    "CallResthook",
    "CallWebhook",
    "EnterFlow",
    "Exclusions",
    "OpenTicket",
    "PlayAudio",
    "RemoveContactGroups",
    "RequestOptIn",
    "SayMsg",
    "SendBroadcast",
    "SendEmail",
    "SendMsg",
    "SetContactChannel",
    "SetContactField",
    "SetContactLanguage",
    "SetContactName",
    "SetContactStatus",
    "SetContactTimezone",
    "SetRunLocal",
    "SetRunResult",
    "StartSession",
    "TransferAirtime",
]
