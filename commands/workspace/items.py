"""Items of a workspace (channels, groups, …): found and added the same way, whatever they are."""

from typing import Any

from commands.deciding import Deciding
from domain.errors import Conflict, NotFound

Data = dict[str, Any]


def add(deciding: Deciding, kind: str, item: Data, **more: Any) -> None:
    """A new item, with its integer id. Raises Conflict if its uuid is taken."""
    if deciding.workspace.find(kind, item["uuid"]) is not None:
        raise Conflict(f"This {kind} exists already.")
    made = {**item, "id": deciding.next_id(), "created_on": deciding.now_text}
    deciding.configure(f"{kind}_added", item["uuid"], {kind: made, **more})
    deciding.accept(uuid=item["uuid"], id=made["id"])


def existing(deciding: Deciding, kind: str, uuid: Any) -> Data:
    """The item of this uuid. Raises NotFound."""
    item = deciding.workspace.find(kind, uuid) if isinstance(uuid, str) else None
    if item is None:
        raise NotFound(f"There is no {kind} {uuid}.")
    return item
