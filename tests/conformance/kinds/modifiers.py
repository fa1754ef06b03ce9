"""Modifiers one by one, applied to a contact."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from domain.contact.contact import Contact
from domain.contact.modifiers import apply_modifier, read_modifier
from domain.environment.environment import Environment
from domain.flow.assets import Assets
from tests.conformance.documents import difference, plain
from tests.conformance.outcomes import checked, described, read_json
from tests.conformance.runner import Outcome
from tests.conformance.universe import Universe, options_of


def run(folder: Path) -> Iterable[Outcome]:
    harness = read_json(folder / "harness.json")["modifiers"]
    assets = Assets.from_json(read_json(folder / harness["assets"]))
    for name, case in described(folder / "modifiers"):
        yield checked(name, lambda case=case: _check(folder, harness, assets, case))  # type: ignore[misc]


def _check(folder: Path, harness: dict[str, Any], assets: Assets, case: dict[str, Any]) -> str:
    contact = Contact.from_json(case["contact_before"], assets)
    modifier = read_modifier(case["modifier"], assets)
    assert modifier is not None, "the modifier refers to something that is gone"
    rules = options_of(harness["engine"]).contact_rules
    after, events = apply_modifier(modifier, contact, Environment(), assets, Universe(folder), rules)
    return (
        difference(plain(after.to_json()), plain(case["contact_after"]), "contact")
        or difference(plain(events), case["events"], "events")
        or difference(plain(modifier.to_json()), case["modifier"], "modifier")
    )
