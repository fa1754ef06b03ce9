"""Globals: {uuid, id, key, name, value, created_on}."""

from pathlib import Path

from projections.documents import put, tables_of_documents

PROJECTION = tables_of_documents(
    "globals",
    Path(__file__).parent,
    {
        "global_set": put("global"),
    },
)
