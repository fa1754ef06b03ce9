"""Flows that people made elsewhere are read, migrated, checked and inspected. The files are no part of this project."""

from pathlib import Path

import orjson
import pytest

from domain.flow.definition.export import Export, read_export, write_export
from domain.flow.definition.inspect import inspect
from domain.flow.definition.read_json import read_flow
from tests.conformance.runner import cases_folder

AT_LEAST = 30


def real_files() -> list[Path]:
    """Every asset file of the sessions and runs there are."""
    folder = cases_folder()
    found = [path for part in ("runner", "engine") for path in sorted((folder / part).glob("*.json"))]
    return [path for path in found if '"nodes"' in (text := path.read_text()) or '"action_sets"' in text]


@pytest.fixture(scope="module")
def exports() -> dict[str, Export]:
    if not cases_folder().is_dir():
        pytest.skip("no conformance cases here: CONFORMANCE names no folder that exists")
    read = {}
    for path in real_files():
        document = orjson.loads(path.read_bytes())
        if isinstance(document, dict) and "flows" in document and path.stem != "translation_assets":  # holds a blank
            read[path.stem] = read_export(path.read_bytes())
    return read


def test_all_of_them_read(exports: dict[str, Export]) -> None:
    assert len(exports) >= AT_LEAST
    assert all(flow["spec_version"] == "14.4.2" for export in exports.values() for flow in export.flows)


def test_all_of_them_can_be_inspected_and_written_as_json(exports: dict[str, Export]) -> None:
    for export in exports.values():
        for definition in export.flows:
            orjson.dumps([definition, inspect(read_flow(definition))])


def test_all_of_them_are_written_and_read_again(exports: dict[str, Export]) -> None:
    for name, export in exports.items():
        again = read_export(orjson.dumps(write_export(export)))
        assert again.flows == export.flows, name
        assert again.groups == export.groups, name


def test_some_of_them_are_of_version_11(exports: dict[str, Export]) -> None:
    assert sum(name.startswith("legacy_") for name in exports) >= 3
