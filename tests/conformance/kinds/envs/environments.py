"""Environments, places, locales, and field values understood in them."""

import json
from pathlib import Path
from typing import Any

from domain.contact.field_values import FieldValue
from domain.contact.understood_values import understood
from domain.environment.collation import COLLATIONS
from domain.environment.environment import Environment
from domain.environment.locales import best_locale
from domain.environment.locations import LocationHierarchy, name_of_path, normalized_path
from domain.expressions.values.number import number_text
from tests.conformance.kinds.engine import execution_of
from tests.conformance.kinds.envs.checking import Check, Checks, fails, now
from tests.conformance.outcomes import equal, read_json
from tests.conformance.universe import Universe


def _environment_json(given: Any, folder: Path) -> Check:
    defaults = Environment.from_json(None).to_json()
    expected_defaults = {key: value for key, value in given["defaults"].items() if key != "default_country"}

    def check(case: Any) -> str:
        if defaults != expected_defaults:
            return f"defaults are {defaults}, expected {expected_defaults}"
        example = json.loads(given["marshaled_example"])
        if (written := Environment.from_json(example).to_json()) != example:
            return f"wrote {written}, expected {example}"
        return equal(not fails(lambda: Environment.from_json(json.loads(case["json"]))), case["valid"])

    return check


def _locations(given: Any, folder: Path) -> Check:
    places = LocationHierarchy.from_json(given["hierarchy"], COLLATIONS["default"])
    paths = {
        "rwanda": "Rwanda",
        "kigali": "Rwanda > Kigali City",
        "gasabo": "Rwanda > Kigali City > Gasabo",
        "gisozi": "Rwanda > Kigali City > Gasabo > Gisozi",
        "ndera": "Rwanda > Kigali City > Gasabo > Ndera",
    }

    def check(case: Any) -> str:
        for example in given["path_examples"]:
            if "normalized" in example and normalized_path(example["path"]) != example["normalized"]:
                return f"path {example['path']!r} became {normalized_path(example['path'])!r}"
            if "name" in example and name_of_path(example["path"]) != example["name"]:
                return f"name of {example['path']!r} is {name_of_path(example['path'])!r}"
        if case["find"] == "path":
            place = places.at_path(case["path"])
            return equal(place.path if place else None, paths[case["expected"]] if case["expected"] else None)
        parent = places.at_path(paths[case["parent"]]) if case["parent"] else None
        found = places.named(case["name"], case["level"], parent)
        return equal([place.path for place in found], [paths[name] for name in case["expected"]])

    return check


def _field_parse(given: Any, folder: Path) -> Check:
    x = execution_of(read_json(folder / "functions.json")["context"], Universe(folder), redact_urns=False)

    def check(case: Any) -> str:
        field = x.assets.fields[case["field"]]
        value = understood(case["value"], field, x.contact, x.environment, x.assets, now, 640)
        return equal(_field_json(value), case["expected"])

    return check


def _field_json(value: FieldValue | None) -> dict[str, str] | None:
    if value is None:
        return None
    written = {
        "text": value.text,
        "number": "" if value.number is None else number_text(value.number),
        "datetime": value.datetime or "",
        "state": value.state,
        "district": value.district,
        "ward": value.ward,
    }
    return {name: text for name, text in written.items() if text}


CHECKS: dict[str, Checks] = {
    "environment_json": _environment_json,
    "locations": _locations,
    "field_parse": _field_parse,
    "gocommon_locale:TestBCP47Matcher": lambda given, folder: (
        lambda case: equal(best_locale(case["preferred"], case["available"]), case["best"])
    ),
}
