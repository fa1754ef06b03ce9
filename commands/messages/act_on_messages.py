"""Labels and folders of messages that contacts wrote: one action on many at once."""

from typing import Any

from commands.deciding import Deciding
from domain.errors import Invalid

Data = dict[str, Any]

VISIBILITIES = {"archive": "archived", "restore": "visible", "delete": "deleted"}
ACTIONS = ("label", "unlabel", *VISIBILITIES)


def act_on_messages(deciding: Deciding, data: Data) -> None:
    """`data` as in the command. A label that there is not is made, when messages are to get it."""
    action = data["action"]
    if action not in ACTIONS:
        raise Invalid(f"Expected one of {', '.join(ACTIONS)}.", field="action")
    label = _label(deciding, data.get("label") or {}, makes=action == "label") if action in ("label", "unlabel") else {}
    for each in data["messages"]:
        conversation = deciding.contact(each["contact"])
        if action in VISIBILITIES:
            change = {"message": each["message"], "visibility": VISIBILITIES[action]}
            deciding.record(conversation, "message_visibility_changed", change)
        else:
            key = "labels_added" if action == "label" else "labels_removed"
            deciding.record(conversation, "message_labels_changed", {"message": each["message"], key: [label]})
    deciding.accept()


def _label(deciding: Deciding, wanted: Data, *, makes: bool) -> Data:
    """A reference to the label of this uuid or name."""
    labels = deciding.workspace.items["label"]
    name = (wanted.get("name") or "").strip()
    known = labels.get(wanted.get("uuid") or "") or next(
        (each for each in labels.values() if name and each["name"].lower() == name.lower()), None
    )
    if known is None:
        if not makes or not name or not wanted.get("uuid"):
            raise Invalid(f"No such object: {name or wanted.get('uuid') or ''}", field="label")
        known = {"uuid": wanted["uuid"], "name": name, "id": deciding.next_id(), "created_on": deciding.now_text}
        deciding.configure("label_added", wanted["uuid"], {"label": known})
    return {"uuid": known["uuid"], "name": known["name"]}
