"""Labels of messages: {uuid, id, name, created_on}."""

from pathlib import Path

from projections.documents import changes, put, remove, tables_of_documents

PROJECTION = tables_of_documents(
    "labels",
    Path(__file__).parent,
    {
        "label_added": put("label"),
        "label_changed": changes,
        "label_removed": remove,
    },
)
