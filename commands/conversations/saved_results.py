"""What the log keeps of results that a sprint saved. Every saving replaces the whole entry: value, category, node, time, input."""

from typing import Any

from domain.flow.engine.session import Saving

Data = dict[str, Any]


def repeated(savings: list[Saving]) -> list[Saving]:
    """Of each result what was saved last, if only that is not told by a change: what was saved before it is overwritten."""
    if all(saving.is_new for saving in savings):
        return []
    last = {(saving.run_uuid, saving.key): saving for saving in savings}
    return [saving for saving in last.values() if not saving.is_new]


def saved(saving: Saving) -> Data:
    """A result as the log keeps it."""
    result = saving.result
    data: Data = {
        "run": saving.run_uuid,
        "name": result.name,
        "value": result.value,
        "category": result.category,
        "created_on": result.created_on,
        "node": result.node_uuid,
    }
    if result.category_localized:
        data["category_localized"] = result.category_localized
    if result.input:
        data["input"] = result.input
    if result.extra is not None:
        data["extra"] = result.extra
    return data
