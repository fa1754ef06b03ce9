"""Definitions brought from one version to the next, clones, and where templates were in each version."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from domain.flow.definition.migrate import migrate
from domain.flow.definition.read_json import read_flow
from tests.conformance.documents import difference, plain
from tests.conformance.outcomes import checked, read_json
from tests.conformance.runner import Outcome
from tests.conformance.universe import Universe


def run(folder: Path) -> Iterable[Outcome]:
    for path in sorted((folder / "migrations").glob("[0-9]*.json")):
        for index, case in enumerate(read_json(path)):
            name = f"{path.stem}[{index}] {case['description']}"
            yield checked(name, lambda path=path, case=case: _migrated(folder, path.stem, case))  # type: ignore[misc]


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
