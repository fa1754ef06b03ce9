"""The channels of a workspace: {uuid, id, type, name, address, country, schemes, roles, config, created_on}; paused ones have
{paused_on, paused_because}; phones also have
{device: {name, power_level, power_source, power_status, network_type}, last_seen_on} as they said last."""

from pathlib import Path

from projections.documents import Documents, changes, put, remove, tables_of_documents
from projections.projection import LoggedEvent


def phone_synced(documents: Documents, event: LoggedEvent) -> None:
    said = event.data
    device = {key: said[key] for key in ("power_level", "power_source", "power_status", "network_type")}
    about = event._replace(of=said["channel"])
    documents.patch(about, {"device": {"name": said["device"], **device}, "last_seen_on": said["synced_on"]})


def paused(documents: Documents, event: LoggedEvent) -> None:
    documents.patch(event, {"paused_on": event.data["paused_on"], "paused_because": event.data["reason"]})


def resumed(documents: Documents, event: LoggedEvent) -> None:
    documents.patch(event, {"paused_on": None, "paused_because": ""})


PROJECTION = tables_of_documents(
    "channels",
    Path(__file__).parent,
    {
        "channel_added": put("channel"),
        "channel_changed": changes,
        "channel_removed": remove,
        "channel_paused": paused,
        "channel_resumed": resumed,
        "phone_synced": phone_synced,
    },
    version=2,
)
