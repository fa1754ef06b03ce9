"""Definitions brought from one version to the next, clones, and where templates were in each version."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from domain.flow.definition.actions import ACTION_TYPES
from domain.flow.definition.actions.services import HeadersSpec
from domain.flow.definition.clone import clone
from domain.flow.definition.inspect import inspect
from domain.flow.definition.migrate import migrate
from domain.flow.definition.migrations.templates import BEFORE_13_3, BEFORE_13_6, Places, rewrite_templates
from domain.flow.definition.model import SPEC_VERSION
from domain.flow.definition.read_json import read_flow
from domain.flow.definition.shapes import ListSpec, ObjectSpec, specs_of
from tests.conformance.documents import difference, plain
from tests.conformance.outcomes import checked, compared, read_json
from tests.conformance.runner import Outcome
from tests.conformance.universe import Universe

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def run(folder: Path) -> Iterable[Outcome]:
    for path in sorted((folder / "migrations").glob("[0-9]*.json")):
        for index, case in enumerate(read_json(path)):
            name = f"{path.stem}[{index}] {case['description']}"
            yield checked(name, lambda path=path, case=case: _migrated(folder, path.stem, case))  # type: ignore[misc]
    yield checked("other/templates1", lambda: _rewritten(folder))
    yield checked("other/clone_with_ui", lambda: _cloned(folder))
    catalogue = read_json(folder / "migrations" / "specdata" / "templates.json")
    for version, places in (("13.2.0", BEFORE_13_3), ("13.6.0", BEFORE_13_6), (SPEC_VERSION, _declared())):
        if version in catalogue:
            expected = {name: sorted(paths) for name, paths in catalogue[version]["actions"].items() if paths}
            yield compared(f"specdata/templates {version}", lambda places=places: _as_paths(places), expected)  # type: ignore[misc]


def _migrated(folder: Path, version: str, case: dict[str, Any]) -> str:
    universe = Universe(folder)
    original = plain(case["original"])
    migrated = migrate(case["original"], version, ids=universe.uuid4)
    if case["original"] != original:
        return "the definition that was given is changed"
    found = difference(plain(migrated), case["migrated"])
    if not found:
        read_flow(migrated)
    return found


def _rewritten(folder: Path) -> str:
    """Every template in capitals, and nothing else. The folder keeps a part of the cases, but the translations of all."""
    flow = read_json(folder / "migrations" / "other" / "templates1.json")
    expected = read_json(folder / "migrations" / "other" / "templates1.upper.json")
    there = set(_UUID.findall(json.dumps(flow["nodes"])))
    for document in (flow, expected):
        for language, items in document["localization"].items():
            document["localization"][language] = {uuid: item for uuid, item in items.items() if uuid in there}
    rewrite_templates(flow, BEFORE_13_3, str.upper)
    return difference(flow, expected)


def _cloned(folder: Path) -> str:
    """A clone reads, looks the same but for its uuids, and shares none with the original but those of its dependencies."""
    original = migrate(read_json(folder / "migrations" / "other" / "clone_with_ui.json")["flows"][0])
    cloned = clone(original, Universe(folder).uuid4)
    kept = {each["uuid"] for each in inspect(read_flow(original))["dependencies"] if "uuid" in each}
    shared = set(_UUID.findall(json.dumps(original))) & set(_UUID.findall(json.dumps(cloned)))
    if shared != kept:
        return f"shares {sorted(shared)}, expected {sorted(kept)}"
    read_flow(cloned)
    return difference(_without_uuids(cloned), _without_uuids(original))


def _without_uuids(flow: dict[str, Any]) -> Any:
    numbers: dict[str, str] = {}
    text = json.dumps({key: flow[key] for key in ("name", "nodes", "language", "type", "spec_version")}, sort_keys=True)
    return json.loads(_UUID.sub(lambda found: numbers.setdefault(found[0], f"uuid {len(numbers)}"), text))


def _declared() -> Places:
    """Where the templates of today's actions are, as the declarations of the actions say."""
    return {name: tuple(_paths_of(cls)) for name, cls in ACTION_TYPES.items()}


def _paths_of(cls: type) -> Iterator[tuple[str, ...]]:
    for name, spec in specs_of(cls):
        if not spec.template:
            continue
        each = spec.each if isinstance(spec, ListSpec) else spec
        below = (name, "*") if isinstance(spec, ListSpec | HeadersSpec) else (name,)
        if isinstance(each, ObjectSpec):
            yield from ((*below, inner) for inner, inner_spec in specs_of(each.of) if inner_spec.template)
        else:
            yield below


def _as_paths(places: Places) -> dict[str, list[str]]:
    written = {name: ["." + ".".join(path) for path in paths] for name, paths in places.items() if paths}
    return {
        name: sorted(path if name == "call_webhook" else path.replace(".*", "[*]") for path in paths)
        for name, paths in written.items()
    }
