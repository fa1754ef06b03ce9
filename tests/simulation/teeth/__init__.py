"""Deliberate faults, one at a time, in the wires between the workers and what they use: the invariants must find each of them."""

from tests.simulation.teeth.around import AROUND
from tests.simulation.teeth.deciding import DECIDING
from tests.simulation.teeth.sending import SENDING
from tests.simulation.world import Sabotages

FAULTS: dict[str, Sabotages] = {**DECIDING, **SENDING, **AROUND}
