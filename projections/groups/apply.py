"""Groups: {uuid, id, name, query?, created_on}. Who is in them is the contacts read model's."""

from pathlib import Path

from projections.documents import changes, put, remove, tables_of_documents

PROJECTION = tables_of_documents(
    "groups",
    Path(__file__).parent,
    {
        "group_added": put("group"),
        "group_changed": changes,
        "group_removed": remove,
    },
)
