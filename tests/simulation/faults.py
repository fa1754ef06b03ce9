"""What goes wrong: processes that die in the midst of a call, calls whose answer is lost, workers that sleep through their leases, servers
that are away.

Everything a simulated process uses is reached through `Wire`s. Before and after each call that gets through, `Chaos` may strike; both matter:
a process that died after the call took effect has done it and doesn't know. A dead process reaches nothing any more.
"""

import random
from collections.abc import Callable, Mapping
from typing import Any

from domain.errors import Unavailable
from tests.simulation.virtual_loop import VirtualLoop

Sabotage = Mapping[str, Callable[..., Any]]  # by method: (the real one, *arguments) -> what it gives instead


class Crash(BaseException):
    """The process was killed here."""


class Life:
    """One process from its start to its death."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_alive = True
        self.on_death: list[Callable[[], None]] = []

    def die(self) -> None:
        if self.is_alive:
            self.is_alive = False
            for call in self.on_death:
                call()


class Chaos:
    """Strikes about once in `calls_per_strike` calls until `stop` is called; 0 never. Counts what it did."""

    PAUSES = (0.01, 0.2, 2.0, 12.0, 25.0)  # seconds; leases last 10, claims 5

    def __init__(self, chance: random.Random, loop: VirtualLoop, calls_per_strike: float) -> None:
        self._chance = chance
        self._loop = loop
        self._every = calls_per_strike
        self._left = self._draw()
        self._paused = False
        self.crashes = self.outages = self.pauses = 0

    def stop(self) -> None:
        self._every = 0
        self._left = -1

    def _draw(self) -> int:
        return 1 + int(self._chance.expovariate(1 / self._every)) if self._every else -1

    def strike(self, life: Life, may_fail: bool = True) -> None:
        """Maybe. Raises Crash or Unavailable, or holds the caller up, or does nothing."""
        self._left -= 1
        if self._left != 0:
            return
        self._left = self._draw()
        kind = self._chance.random()
        if kind < 0.45:
            self.crashes += 1
            life.die()
            raise Crash
        if kind < 0.7:
            if not may_fail:
                return
            self.outages += 1
            raise Unavailable("The wire was cut.")
        if not self._paused:
            self.hold_up(life, self._chance.choice(self.PAUSES))

    def hold_up(self, life: Life, seconds: float) -> None:
        """The caller sleeps; only one at a time does. Raises Crash if it was killed meanwhile."""
        if self._paused:
            return
        self.pauses += 1
        self._paused = True
        try:
            self._loop.run_for(seconds)
        finally:
            self._paused = False
        if not life.is_alive:
            raise Crash


class Wire:
    """Between a process and what it uses, which `is_away` for a time. `sabotage` replaces methods, for tests of the simulation's teeth."""

    GIVES_WIRES = frozenset({"own", "follow"})

    def __init__(
        self,
        target: Any,
        life: Life,
        chaos: Chaos,
        sabotage: Sabotage | None = None,
        is_away: Callable[[], bool] = lambda: False,
    ) -> None:
        self._target = target
        self._life = life
        self._chaos = chaos
        self._sabotage = sabotage or {}
        self._is_away = is_away

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target, name)
        if not callable(found):
            return found
        life, strike, instead = self._life, self._chaos.strike, self._sabotage.get(name)

        def call(*arguments: Any, **named: Any) -> Any:
            if not life.is_alive:
                raise Crash
            strike(life)
            if self._is_away():
                raise Unavailable("It is away.")
            if instead is not None:
                result = instead(found, *arguments, **named)
            else:
                result = found(*arguments, **named)
            strike(life, name != "poll")  # a follower that fails has not moved on
            return result

        made: Any = call
        if name == "wait":
            made = _does_not_wait
        elif name == "poll":
            made = lambda timeout, limit=1000: call(0, limit)  # noqa: E731
        elif name in self.GIVES_WIRES:
            made = lambda *arguments, **named: Wire(  # noqa: E731
                call(*arguments, **named), life, self._chaos, self._sabotage
            )
        setattr(self, name, made)
        return made


def _does_not_wait(timeout: float) -> None:
    """Time is the scheduler's business."""
