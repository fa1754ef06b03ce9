"""The channels of a workspace: {uuid, id, type, name, address, country, schemes, roles, config, created_on}."""

from pathlib import Path

from projections.documents import changes, put, remove, tables_of_documents

PROJECTION = tables_of_documents(
    "channels",
    Path(__file__).parent,
    {
        "channel_added": put("channel"),
        "channel_changed": changes,
        "channel_removed": remove,
    },
)
