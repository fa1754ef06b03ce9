"""How the sections of expressions.json are checked: a section gives a check of its cases."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from domain.environment.environment import Environment
from domain.environment.moments import from_epoch_nanos
from domain.expressions.scope import BUDGET, Scope
from domain.expressions.values.kinds import EvaluationError, Value, XError
from tests.conformance.typed_values import decoded
from tests.conformance.universe import Universe

Check = Callable[[Any], str]
Checks = Callable[[dict[str, Any], Path], Check]


def scope_of(given: dict[str, Any], folder: Path, budget: int = BUDGET) -> Scope:
    """A scope with a section's environment and context, and the cases' own clock and chance."""
    root = decoded(given["context"]) if "context" in given else {}
    universe = Universe(folder)
    environment = Environment.from_json(given.get("env"))

    def now() -> Any:
        return from_epoch_nanos(universe.now(), environment.timezone)

    return Scope(environment, {name.lower(): value for name, value in root.items()}, now, universe.random, budget)


def names_of(given: dict[str, Any]) -> frozenset[str]:
    if "top_levels" in given:
        return frozenset(given["top_levels"])
    return frozenset(name.lower() for name in given.get("context", {}).get("props", {}))


def attempt(action: Callable[[], Value]) -> Value:
    try:
        return action()
    except EvaluationError as error:
        return XError(str(error))
