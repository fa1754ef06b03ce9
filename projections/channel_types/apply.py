"""Channel types that workspaces described themselves: {uuid, id, code, name, text, created_on}."""

from pathlib import Path

from projections.documents import changes, put, remove, tables_of_documents

PROJECTION = tables_of_documents(
    "channel_types",
    Path(__file__).parent,
    {"channel_type_added": put("channel_type"), "channel_type_changed": changes, "channel_type_removed": remove},
)
