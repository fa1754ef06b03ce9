"""Save a flow definition of any version: migrated to the newest, checked, and kept with what it depends on."""

from collections.abc import Callable
from typing import Any

from commands.deciding import Deciding
from domain.flow.actions.services import DEFAULT_TOPIC
from domain.flow.definition.actions import OpenTicket
from domain.flow.definition.inspect import inspect
from domain.flow.definition.model import Flow
from domain.flow.definition.read_json import migrate, read_flow

Data = dict[str, Any]


def save_flow(deciding: Deciding, data: Data) -> None:
    """`data`: {definition}. Raises DefinitionError that names node and action."""
    definition = migrate(data["definition"], ids=deciding.world.uuid4)
    flow = read_flow(definition)
    known = deciding.workspace.find("flow", flow.uuid)
    revision = (known["revision"] if known else 0) + 1
    saved = {
        "uuid": flow.uuid,
        "id": known["id"] if known else deciding.next_id(),
        "name": flow.name,
        "type": flow.type,
        "revision": revision,
        "spec_version": definition["spec_version"],
        "expire_after_minutes": flow.expire_after_minutes,
        "created_on": known["created_on"] if known else deciding.now_text,
        "saved_on": deciding.now_text,
        "saved_by": deciding.given.actor,
    }
    facts = {"flow": saved, "definition": {**definition, "revision": revision}, "info": inspect(flow, _known(deciding))}
    deciding.configure("flow_saved", flow.uuid, facts)
    if _opens_tickets_without_topic(flow):
        _give_default_topic(deciding)
    deciding.accept(uuid=flow.uuid, id=saved["id"], revision=revision)


def _opens_tickets_without_topic(flow: Flow) -> bool:
    actions = (action for node in flow.nodes for action in node.actions)
    return any(isinstance(action, OpenTicket) and action.topic is None for action in actions)


def _give_default_topic(deciding: Deciding) -> None:
    """The topic of tickets that are opened without one, for a workspace that has none of that name."""
    if any(topic["name"].lower() == DEFAULT_TOPIC.lower() for topic in deciding.workspace.items["topic"].values()):
        return
    topic = {"uuid": deciding.world.uuid4(), "name": DEFAULT_TOPIC}
    made = {**topic, "id": deciding.next_id(), "created_on": deciding.now_text}
    deciding.configure("topic_added", topic["uuid"], {"topic": made})


def _known(deciding: Deciding) -> Callable[[str, str], bool]:
    """Whether the workspace has what a flow names; of kinds it doesn't keep nothing can be said."""
    workspace = deciding.workspace

    def is_known(kind: str, identity: str) -> bool:
        if kind not in workspace.items:
            return True
        key = "key" if kind in ("field", "global") else "uuid"
        return workspace.by(kind, key, identity) is not None

    return is_known
