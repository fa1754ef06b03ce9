"""Every input the decider answers: which use case decides it, and which conversations it will look at.

`Needs` lets the decider fetch the conversations of a whole batch with one query; a conversation that turns out to be needed
beyond that is fetched when it is asked for.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from commands.contacts.act_on_contacts import act_on_contacts
from commands.contacts.change_contact import change_contact, delete_contact
from commands.contacts.check_group import check_group
from commands.contacts.create_contact import create_contact
from commands.conversations.fire_timer import fire_timer
from commands.conversations.record_answer import record_answer
from commands.deciding import Deciding, identity_of
from commands.messages.act_on_messages import act_on_messages
from commands.messages.receive_event import receive_event
from commands.messages.receive_message import receive_message
from commands.messages.receive_part import receive_part
from commands.messages.send_message import send_message
from commands.starts.start_contact import broadcast_to_contact, start_contact
from commands.tickets.act_on_tickets import act_on_tickets
from commands.workspace import configure, configure_channels
from commands.workspace.save_flow import save_flow

Data = dict[str, Any]


class Needs(NamedTuple):
    """Contacts by uuid and by URN."""

    uuids: tuple[str, ...] = ()
    urns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UseCase:
    decide: Callable[[Deciding, Data], None]
    needs: Callable[[Data], Needs] = lambda data: Needs()


def _sender(data: Data) -> Needs:
    urns = (data["urn"], data.get("also_known_as"))
    return Needs(urns=tuple(identity_of(urn) for urn in urns if urn))


def _contact_or_urn(data: Data) -> Needs:
    if data.get("contact"):
        return Needs(uuids=(data["contact"],))
    return Needs(urns=(data["urn"],)) if data.get("urn") else Needs()


def _given_urns(data: Data) -> Needs:
    return Needs(urns=tuple(urn for urn in data["contact"].get("urns") or () if isinstance(urn, str)))


def _contacts_of(key: str) -> Callable[[Data], Needs]:
    """The contacts named in a list of {contact}."""
    return lambda data: Needs(uuids=tuple(each["contact"] for each in data[key]))


USE_CASES: Mapping[str, UseCase] = MappingProxyType(
    {
        "message_received": UseCase(receive_message, _sender),
        "message_part_received": UseCase(receive_part, _sender),
        "channel_event_occurred": UseCase(receive_event, _sender),
        "timer_fired": UseCase(fire_timer, _contact_or_urn),
        "service_answered": UseCase(record_answer, _contact_or_urn),
        "start_contact": UseCase(start_contact, _contact_or_urn),
        "broadcast_to_contact": UseCase(broadcast_to_contact, _contact_or_urn),
        "check_group": UseCase(check_group, _contact_or_urn),
        "group_counted": UseCase(configure.count_group),
        "flow_start_counted": UseCase(configure.count_flow_start),
        "broadcast_counted": UseCase(configure.count_broadcast),
        "create_contact": UseCase(create_contact, _given_urns),
        "change_contact": UseCase(change_contact, _contact_or_urn),
        "delete_contact": UseCase(delete_contact, _contact_or_urn),
        "act_on_contacts": UseCase(act_on_contacts, lambda data: Needs(uuids=tuple(data["contacts"]))),
        "act_on_messages": UseCase(act_on_messages, _contacts_of("messages")),
        "act_on_tickets": UseCase(act_on_tickets, _contacts_of("tickets")),
        "send_message": UseCase(send_message, _contact_or_urn),
        "create_workspace": UseCase(configure.create_workspace),
        "add_user": UseCase(configure.add_user),
        "issue_api_token": UseCase(configure.issue_api_token),
        "change_workspace": UseCase(configure.change_workspace),
        "add_channel": UseCase(configure_channels.add_channel),
        "change_channel": UseCase(configure_channels.change_channel),
        "remove_channel": UseCase(configure_channels.remove_channel),
        "pause_channel": UseCase(configure_channels.pause_channel),
        "resume_channel": UseCase(configure_channels.resume_channel),
        "add_channel_type": UseCase(configure_channels.add_channel_type),
        "remove_channel_type": UseCase(configure_channels.remove_channel_type),
        "save_flow": UseCase(save_flow),
        "archive_flow": UseCase(configure.archive_flow),
        "add_trigger": UseCase(configure.add_trigger),
        "add_field": UseCase(configure.add_field),
        "add_group": UseCase(configure.add_group),
        "add_label": UseCase(configure.add_label),
        "add_topic": UseCase(configure.add_topic),
        "add_llm": UseCase(configure.add_llm),
        "set_airtime_account": UseCase(configure.set_airtime_account),
        "change_field": UseCase(configure.change_field),
        "change_group": UseCase(configure.change_group),
        "change_label": UseCase(configure.change_label),
        "change_topic": UseCase(configure.change_topic),
        "remove_group": UseCase(configure.remove_group),
        "remove_label": UseCase(configure.remove_label),
        "set_global": UseCase(configure.set_global),
        "create_broadcast": UseCase(configure.create_broadcast),
        "create_flow_start": UseCase(configure.create_flow_start),
    }
)
