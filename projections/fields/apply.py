"""Contact fields: {uuid, id, key, name, type, created_on}."""

from pathlib import Path

from projections.documents import changes, put, tables_of_documents

PROJECTION = tables_of_documents(
    "fields",
    Path(__file__).parent,
    {
        "field_added": put("field"),
        "field_changed": changes,
    },
)
