"""One example of each document that a host hands in: actions, triggers and resumes are read and written again the same, and an
organization's catalogue is understood. (Examples of events are of what hosts record and read; the engine takes those apart that
triggers and resumes carry.)"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from domain.contact.timestamps import normalised
from domain.flow.assets import Assets
from domain.flow.engine.resumes import read_resume
from domain.flow.engine.triggers import read_trigger
from tests.conformance.documents import difference, plain
from tests.conformance.kinds.constructors import action_written_again
from tests.conformance.outcomes import checked, read_json
from tests.conformance.runner import Outcome

_TIMES = ("triggered_on", "resumed_on", "created_on")
_KEYS = {"field": "key", "global": "key", "resthook": "slug"}


def run(folder: Path) -> Iterator[Outcome]:
    document = read_json(folder / "json_examples.json")
    for name, example in document["action"].items():
        yield _compared(f"action {name}", example, action_written_again)
    for name, example in document["trigger"].items():
        yield _compared(f"trigger {name}", example, lambda given: plain(read_trigger(given).to_json()))
    for name, example in document["resume"].items():
        yield _compared(f"resume {name}", example, lambda given: plain(read_resume(given).to_json()))
    for name, example in document["asset"].items():
        yield checked(f"asset {name}", lambda name=name, example=example: _asset_difference(name, example))  # type: ignore[misc]


def _compared(name: str, example: Mapping[str, Any], again: Any) -> Outcome:
    return checked(name, lambda: difference(_plain(again(example)), _plain(example)))


def _plain(value: Any) -> Any:
    """The document with its times as state holds them and without what is left out when it is empty or false: examples have
    trailing zeros, empty offsets, and say what needs not be said."""
    if isinstance(value, dict):
        return {
            key: normalised(item) if key in _TIMES and isinstance(item, str) else _plain(item)
            for key, item in value.items()
            if item is not False and item != []
        }
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _asset_difference(kind: str, example: dict[str, Any]) -> str:
    if kind == "flow":  # the example is how a catalogue lists a flow, without a definition that could be read
        assets = Assets.from_json({"flows": [example]})
        return difference(assets.flows[example["uuid"]].name, example["name"])
    fields = [{"key": "age", "name": "Age", "type": "number"}] if kind == "group" else []
    listed = "locations" if kind == "location" else f"{kind}s"
    assets = Assets.from_json({"fields": fields, listed: [example]})
    if kind == "location":
        from domain.environment.environment import Environment

        hierarchy = assets.locations_for(Environment())
        assert hierarchy is not None
        child = example["children"][0]
        found = hierarchy.search(child["aliases"][0], 1)
        return difference(found[0].path if found else None, f"{example['name']} > {child['name']}")
    asset = getattr(assets, listed)[example[_KEYS.get(kind, "uuid")]]
    named = "slug" if kind == "resthook" else "name"
    return difference(getattr(asset, named), example[named])
