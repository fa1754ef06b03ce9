"""Ticket topics: {uuid, id, name, created_on}."""

from pathlib import Path

from projections.documents import changes, put, tables_of_documents

PROJECTION = tables_of_documents(
    "topics",
    Path(__file__).parent,
    {
        "topic_added": put("topic"),
        "topic_changed": changes,
    },
)
