"""A flow ready to run: its nodes with their actions and routers as things that can be done.

A definition is compiled node by node as contacts come to them, once for all contacts and sessions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from domain.flow.definition.model import Flow, Node

if TYPE_CHECKING:
    from domain.flow.engine.execution import Execution
    from domain.flow.engine.resumes import Resume

Act = Callable[["Execution"], None]
"""An action, done."""


class CompiledRouter(Protocol):
    """Picks a category. Both methods save the router's result and answer the category's uuid ("" for none) and the operand."""

    def route(self, x: Execution) -> tuple[str, str]: ...

    def route_timeout(self, x: Execution) -> tuple[str, str]: ...


class CompiledWait(Protocol):
    """A pause."""

    type: str

    def begin(self, x: Execution) -> bool:
        """Begins the wait, with an event that says so; False when there is nothing to wait for and the router runs at once."""
        ...

    def accepts(self, resume: Resume) -> bool: ...


class CompiledNode:
    """A node ready to be visited."""

    __slots__ = ("actions", "definition", "router", "uuid", "wait")

    def __init__(
        self,
        definition: Node,
        actions: tuple[Act, ...],
        router: CompiledRouter | None,
        wait: CompiledWait | None,
    ) -> None:
        self.definition = definition
        self.uuid = definition.uuid
        self.actions = actions
        self.router = router
        self.wait = wait


class CompiledFlow:
    """A flow ready to run. `reference` is how runs and events refer to it."""

    __slots__ = ("_nodes", "definition", "name", "reference", "type", "uuid")

    def __init__(self, definition: Flow) -> None:
        self.definition = definition
        self.uuid = definition.uuid
        self.name = definition.name
        self.type = definition.type
        self.reference: dict[str, Any] = {"uuid": definition.uuid, "name": definition.name}
        if definition.revision:
            self.reference["revision"] = definition.revision
        self._nodes: dict[str, CompiledNode] = {}

    @property
    def entry(self) -> CompiledNode | None:
        """Where contacts come in."""
        entry = self.definition.entry
        return self.node(entry.uuid) if entry is not None else None

    def node(self, uuid: str) -> CompiledNode | None:
        """The node of that uuid, None if the flow has none (any more)."""
        node = self._nodes.get(uuid)
        if node is None:
            definition = self.definition.node(uuid)
            if definition is None:
                return None
            node = self._nodes[uuid] = _compiled(definition, self.definition)
        return node


def _compiled(node: Node, flow: Flow) -> CompiledNode:
    from domain.flow.actions.catalogue import compiled_action
    from domain.flow.routers.catalogue import compiled_router, compiled_wait

    wait = node.router.wait if node.router is not None else None
    return CompiledNode(
        node,
        tuple(compiled_action(action, flow) for action in node.actions),
        compiled_router(node, flow) if node.router is not None else None,
        compiled_wait(wait, flow) if wait is not None else None,
    )
