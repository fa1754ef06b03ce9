"""Rules that hold across a flow: everything unique, every reference inside it known, nothing where it isn't allowed."""

from __future__ import annotations

from domain.errors import DefinitionError
from domain.flow.definition.actions import Action
from domain.flow.definition.checks import TEST_NAMES
from domain.flow.definition.model import Case, DialWait, Flow, Node, RandomRouter, SwitchRouter, Wait

MAX_NODES = 1000
MAX_ACTIONS = 100
"""Actions per node; likewise the next three are per node or router, and MAX_ARGUMENTS per case."""
MAX_EXITS = 100
MAX_CATEGORIES = 100
MAX_CASES = 100
MAX_ARGUMENTS = 10

_WAITS_IN = {
    "msg": frozenset({"messaging", "messaging_offline", "voice"}),
    "dial": frozenset({"voice"}),
}


def validate(flow: Flow) -> None:
    """Raises DefinitionError for the first rule that the flow breaks."""
    if len(flow.nodes) > MAX_NODES:
        raise DefinitionError(f"flow can't have more than {MAX_NODES} nodes (has {len(flow.nodes)})")
    seen: set[str] = set()
    for node in flow.nodes:
        _claim(seen, node.uuid, "node")
        try:
            _validate_node(node, flow, seen)
        except DefinitionError as e:
            raise DefinitionError(f"invalid node[uuid={node.uuid}]: {e.sentence}") from e


def _claim(seen: set[str], uuid: str, what: str) -> None:
    """Nodes, actions and exits share one set of uuids."""
    if uuid in seen:
        raise DefinitionError(f"{what} UUID {uuid} isn't unique")
    seen.add(uuid)


def _validate_node(node: Node, flow: Flow, seen: set[str]) -> None:
    if len(node.actions) > MAX_ACTIONS:
        raise DefinitionError(f"node can't have more than {MAX_ACTIONS} actions (has {len(node.actions)})")
    if len(node.exits) > MAX_EXITS:
        raise DefinitionError(f"node can't have more than {MAX_EXITS} exits (has {len(node.exits)})")
    for action in node.actions:
        _validate_action(action, flow.type, seen)
    if node.router is not None:
        try:
            _validate_router(node.router, node, flow.type)
        except DefinitionError as e:
            raise DefinitionError(f"invalid router: {e.sentence}") from e
    for way_out in node.exits:
        _claim(seen, way_out.uuid, "exit")
        if way_out.destination_uuid and flow.node(way_out.destination_uuid) is None:
            raise DefinitionError(
                f"destination {way_out.destination_uuid} of exit[uuid={way_out.uuid}] isn't a known node"
            )


def _validate_action(action: Action, flow_type: str, seen: set[str]) -> None:
    if flow_type not in action.allowed_in:
        raise DefinitionError(f"action type '{action.type}' is not allowed in a flow of type '{flow_type}'")
    _claim(seen, action.uuid, "action")
    objection = action.objection()
    if objection is not None:
        raise DefinitionError(f"invalid action[uuid={action.uuid}, type={action.type}]: {objection}")


def _validate_router(router: SwitchRouter | RandomRouter, node: Node, flow_type: str) -> None:
    if router.wait is not None:
        _validate_wait(router.wait, router, flow_type)
    if len(router.categories) > MAX_CATEGORIES:
        raise DefinitionError(f"can't have more than {MAX_CATEGORIES} categories (has {len(router.categories)})")
    for category in router.categories:
        if node.exit(category.exit_uuid) is None:
            raise DefinitionError(f"category exit {category.exit_uuid} is not a valid exit")
    if isinstance(router, SwitchRouter):
        _validate_switch(router)


def _validate_wait(wait: Wait, router: SwitchRouter | RandomRouter, flow_type: str) -> None:
    if flow_type not in _WAITS_IN[wait.type]:
        raise DefinitionError(f"wait type '{wait.type}' is not allowed in a flow of type '{flow_type}'")
    if isinstance(wait, DialWait) or wait.timeout is None:
        return
    if router.category(wait.timeout.category_uuid) is None:
        raise DefinitionError(f"timeout category {wait.timeout.category_uuid} is not a valid category")


def _validate_switch(router: SwitchRouter) -> None:
    if len(router.cases) > MAX_CASES:
        raise DefinitionError(f"can't have more than {MAX_CASES} cases (has {len(router.cases)})")
    default = router.default_category_uuid
    if default and router.category(default) is None:
        raise DefinitionError(f"default category {default} is not a valid category")
    for case in router.cases:
        try:
            _validate_case(case, router)
        except DefinitionError as e:
            raise DefinitionError(f"invalid case[uuid={case.uuid}]: {e.sentence}") from e


def _validate_case(case: Case, router: SwitchRouter) -> None:
    if router.category(case.category_uuid) is None:
        raise DefinitionError(f"category {case.category_uuid} is not a valid category")
    if case.type.lower() not in TEST_NAMES:
        raise DefinitionError(f"{case.type} is not a registered test function")
    if len(case.arguments) > MAX_ARGUMENTS:
        raise DefinitionError(f"can't have more than {MAX_ARGUMENTS} arguments (has {len(case.arguments)})")
