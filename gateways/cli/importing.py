"""An export file becomes commands: what flows depend on first, then the flows, then what starts them.

Groups, labels, topics, fields and globals that the workspace has by that name or key already stay as they are, and the flows are made
to use them. Flows are found by uuid: imported again they get a new revision. Flows that are not in the file but called by one that is,
are left as they are.
"""

from collections.abc import Callable
from typing import Any

from commands.workspace.configure import TRIGGER_TYPES
from domain.flow.definition.export import Export, read_export, remapped
from infra.ids import uuid7

Data = dict[str, Any]
Submit = Callable[[str, Data], Data]

_NEEDED = (
    ("fields", "add_field", "field"),
    ("groups", "add_group", "group"),
    ("labels", "add_label", "label"),
    ("topics", "add_topic", "topic"),
    ("globals", "set_global", "global"),
)


def import_export(content: bytes, submit: Submit) -> Data:
    """{flows: [{uuid, name}], triggers: int, skipped: [sentence]}. Raises Invalid, before anything is changed, if the file is wrong."""
    export = read_export(content)
    skipped: list[str] = []
    export = remapped(export, _needed_items(export, submit))
    for definition in export.flows:
        submit("save_flow", {"definition": definition})
    triggers = 0
    for trigger in export.triggers:
        made = _trigger(trigger)
        if made is None:
            skipped.append(f"A trigger of type {trigger['type']} was left out: it is not supported yet.")
        else:
            submit("add_trigger", {"trigger": made})
            triggers += 1
    skipped += [
        f"Campaign {each.get('name', '')!r} was left out: campaigns are not supported yet." for each in export.campaigns
    ]
    flows = [{"uuid": each["uuid"], "name": each["name"]} for each in export.flows]
    return {"flows": flows, "triggers": triggers, "skipped": skipped}


def _needed_items(export: Export, submit: Submit) -> dict[str, str]:
    """Adds what the workspace lacks. Uuids in the file -> uuids of what the workspace had already."""
    mapping = {}
    for kind, command, name in _NEEDED:
        for item in getattr(export, kind):
            outcome = submit(command, {name: item, "unless_there": True})
            if outcome["uuid"] != item["uuid"]:
                mapping[item["uuid"]] = outcome["uuid"]
    return mapping


def _trigger(trigger: Data) -> Data | None:
    if trigger["type"] not in TRIGGER_TYPES:
        return None
    kept = {key: value for key, value in trigger.items() if value not in (None, [], "")}
    return {"uuid": uuid7(), **kept}
