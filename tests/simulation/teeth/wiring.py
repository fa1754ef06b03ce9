"""How a deliberate fault is put into the wires."""

from collections.abc import Callable
from typing import Any

from tests.simulation.faults import Sabotage
from tests.simulation.processes import Process
from tests.simulation.world import World

Real = Callable[..., Any]


def methods(**methods: Callable[..., Any]) -> Callable[[World, Process], Sabotage]:
    return lambda world, process: methods
