"""Small flows for tests of the decider."""

from typing import Any

from tests.examples.installation import Workspace

Data = dict[str, Any]


def node(
    workspace: Workspace, *actions: Data, waits: bool = False, timeout: int = 0, uuid: str = "", **more: Any
) -> Data:
    """A node with one exit that leads nowhere; `waits`: for any answer, or as long as `timeout` says."""
    new_id = workspace.at.new_id
    made: Data = {
        "uuid": uuid or new_id(),
        "actions": [{"uuid": new_id(), **action} for action in actions],
        "exits": [{"uuid": new_id()}],
    }
    if waits:
        category = {"uuid": new_id(), "name": "All", "exit_uuid": made["exits"][0]["uuid"]}
        wait: Data = {"type": "msg"}
        if timeout:
            wait["timeout"] = {"seconds": timeout, "category_uuid": category["uuid"]}
        made["router"] = {
            "type": "switch", "operand": "@input.text", "wait": wait, "cases": [], "categories": [category],
            "default_category_uuid": category["uuid"],
        }  # fmt: skip
    return {**made, **more}


def flow_of_nodes(workspace: Workspace, keyword: str, *nodes: Data, uuid: str = "", name: str = "", **more: Any) -> str:
    """Saves a flow that the keyword starts, each node leading to the next; its uuid."""
    for here, there in zip(nodes, nodes[1:], strict=False):
        here["exits"][0].setdefault("destination_uuid", there["uuid"])
    definition = {
        "uuid": uuid or workspace.at.new_id(), "name": name or f"Flow {keyword}", "spec_version": "14.4.2",
        "type": "messaging", "language": "eng", "revision": 1, "expire_after_minutes": 60, "localization": {},
        "nodes": list(nodes), **more,
    }  # fmt: skip
    flow = str(workspace.must("save_flow", definition=definition)["uuid"])
    trigger = {"uuid": workspace.at.new_id(), "type": "keyword", "keywords": [keyword], "match": "first", "flow": flow}
    workspace.must("add_trigger", trigger=trigger)
    return flow


def flow_of_actions(workspace: Workspace, keyword: str, *actions: Data, uuid: str = "", **more: Any) -> str:
    """Saves a flow of one node that does these actions; its uuid."""
    return flow_of_nodes(workspace, keyword, node(workspace, *actions), uuid=uuid, **more)


def notes(workspace: Workspace) -> list[Data]:
    """What flows said besides what others want to know, in order."""
    return [event["data"]["event"] for event in workspace.at.events(workspace.org, "flow_noted")]


def last_note(workspace: Workspace, kind: str) -> Data:
    return next(note for note in reversed(notes(workspace)) if note["type"] == kind)
