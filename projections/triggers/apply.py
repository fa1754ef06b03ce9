"""Triggers: {uuid, id, type, keywords, match, channel?, flow, created_on}."""

from pathlib import Path

from projections.documents import put, remove, tables_of_documents

PROJECTION = tables_of_documents(
    "triggers",
    Path(__file__).parent,
    {
        "trigger_added": put("trigger"),
        "trigger_removed": remove,
    },
)
