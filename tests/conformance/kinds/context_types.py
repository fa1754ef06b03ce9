"""What expressions can look at: each object of the context has at least the properties that authors are shown."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from domain.contact.assets import Channel, User
from domain.expressions.scanner import ROOT_NAMES
from domain.expressions.values.kinds import MISSING, Value, object_default, object_names, object_property, unwrapped
from domain.flow.engine.context import RunContext
from domain.flow.engine.context_values import ChannelView, UserView, named_object
from domain.flow.engine.execution import Execution
from tests.conformance.kinds.engine import execution_of
from tests.conformance.outcomes import checked, read_json
from tests.conformance.runner import Outcome
from tests.conformance.universe import Universe

DEFAULT = "__default__"


def run(folder: Path) -> Iterator[Outcome]:
    types = read_json(folder / "context_types.json")["types"]
    x = execution_of(read_json(folder / "functions.json")["context"], Universe(folder), redact_urns=False)
    for name, properties in types.items():
        keys = [each["key"] for each in properties]
        yield checked(name, lambda name=name, keys=keys: _missing(_object(x, name), keys))  # type: ignore[misc]


def _missing(value: Value, keys: list[str]) -> str:
    names = set(ROOT_NAMES) if value is None else set(object_names(value))
    if value is not None and object_default(value) is not MISSING:
        names.add(DEFAULT)
    absent = [key for key in keys if key not in names]
    return f"has no {', '.join(absent)}" if absent else ""


def _object(x: Execution, name: str) -> Value:
    """An object of a type in the example session; None for the root."""
    root = RunContext(x)

    def at(path: str) -> Any:
        first, *rest = path.split(".")
        value = unwrapped(root.get(first))
        for key in rest:
            value = value[int(key)] if key.isdigit() else unwrapped(object_property(value, key))
        return value

    made: dict[str, Value] = {
        "campaign": named_object("58e9b092-fe42-4173-876c-ff45a14a24fe", "Reminders"),
        "channel": ChannelView(Channel("57f1078f-88aa-46f4-a59a-948a5739c03d", "Line")),
        "topic": named_object("0d9a2c56-6fc2-4f27-93c5-a6322e26b740", "General"),
        "user": UserView(User("0c78ef47-7d56-44d8-8f57-96e0f30e8f44", "Bob")),
    }
    if name in made:
        return made[name]
    paths = {"group": "contact.groups.0", "flow": "run.flow", "related_run": "parent", "result": "results"}
    value = None if name == "root" else at(paths.get(name, name))
    return unwrapped(object_property(value, object_names(value)[0])) if name == "result" else value
