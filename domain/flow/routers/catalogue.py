"""Routers and waits by type."""

from __future__ import annotations

from domain.flow.definition.model import DialWait, Flow, Node, RandomRouter, Wait
from domain.flow.engine.compiled_flow import CompiledRouter, CompiledWait
from domain.flow.routers.random import RandomChoice
from domain.flow.routers.switch import Switch
from domain.flow.routers.waits import WaitForDial, WaitForMessage


def compiled_router(node: Node, flow: Flow) -> CompiledRouter:
    """The router of a node that has one, ready to route."""
    router = node.router
    assert router is not None
    if isinstance(router, RandomRouter):
        return RandomChoice(router, node.uuid, flow)
    return Switch(router, node.uuid, flow)


def compiled_wait(wait: Wait, flow: Flow) -> CompiledWait:
    """A wait, ready to begin."""
    return WaitForDial(wait) if isinstance(wait, DialWait) else WaitForMessage(wait, flow)
