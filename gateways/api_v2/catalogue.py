"""Every endpoint of the API, and what answers it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from gateways.api_v2.calls import Call, Changing, Listing
from gateways.api_v2.pages import empty_page
from gateways.api_v2.resources import (
    actions,
    broadcasts,
    catalogue_changes,
    catalogue_items,
    channel_log,
    channel_types,
    contacts,
    definitions,
    flow_starts,
    flows,
    messages,
    runs,
    tickets,
)
from gateways.http.read_pool import Reader


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What a method does; None: the method is not allowed. `listed`: it stands in the API's root."""

    get: Listing | None = None
    post: Changing | None = None
    delete: Changing | None = None
    listed: bool = True


def nothing(reader: Reader, call: Call) -> Any:
    """An empty list, for what this installation never has."""
    return empty_page()


_items, changes = catalogue_items, catalogue_changes

ENDPOINTS: Mapping[str, Endpoint] = MappingProxyType(
    {
        "archives": Endpoint(nothing),
        "boundaries": Endpoint(nothing),
        "broadcasts": Endpoint(broadcasts.get, broadcasts.post),
        "campaign_events": Endpoint(nothing),
        "campaigns": Endpoint(nothing),
        "channel_log": Endpoint(channel_log.get, listed=False),  # Evenkeel's own
        "channel_types": Endpoint(
            channel_types.get, channel_types.post, channel_types.delete, listed=False
        ),  # ours too
        "channels": Endpoint(_items.listing("channels", _items.channels, keys=("address",))),
        "classifiers": Endpoint(nothing, listed=False),
        "contacts": Endpoint(contacts.get, contacts.post, contacts.delete),
        "contact_actions": Endpoint(post=actions.post_contact_action),
        "definitions": Endpoint(definitions.get),
        "fields": Endpoint(_items.listing("fields", _items.fields, keys=("key",)), changes.post_field),
        "flow_starts": Endpoint(flow_starts.get, flow_starts.post),
        "flows": Endpoint(flows.get),
        "globals": Endpoint(
            _items.listing("globals", _items.global_values, keys=("key",), order="modified_on", period="modified_on"),
            changes.post_global,
        ),
        "groups": Endpoint(
            _items.listing(
                "groups", _items.groups, keys=("name",), exclusive=("uuid", "name"), only=_items.listed_groups
            ),
            changes.naming("group", "groups", _items.groups),
            changes.removing("group", "groups"),
        ),
        "labels": Endpoint(
            _items.listing("labels", _items.labels, keys=("name",), exclusive=("uuid", "name")),
            changes.naming("label", "labels", _items.labels),
            changes.removing("label", "labels"),
        ),
        "message_actions": Endpoint(post=actions.post_message_action),
        "messages": Endpoint(messages.get, messages.post),
        "org": Endpoint(_items.workspace, listed=False),
        "resthook_events": Endpoint(nothing),
        "resthook_subscribers": Endpoint(nothing),
        "resthooks": Endpoint(nothing),
        "runs": Endpoint(runs.get),
        "ticket_actions": Endpoint(post=actions.post_ticket_action),
        "tickets": Endpoint(tickets.get),
        "topics": Endpoint(_items.listing("topics", _items.topics), changes.naming("topic", "topics", _items.topics)),
        "users": Endpoint(tickets.get_users),
        "workspace": Endpoint(_items.workspace),
    }
)
