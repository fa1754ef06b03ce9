"""Groups with queries: what a contact belongs to."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from domain.contact.contact import Contact
from domain.contact.groups import regrouped
from domain.environment.environment import Environment
from domain.flow.assets import Assets
from tests.conformance.documents import difference, plain
from tests.conformance.outcomes import checked, read_json
from tests.conformance.runner import Outcome


def run(folder: Path) -> Iterable[Outcome]:
    assets = Assets.from_json(read_json(folder / "core" / "smart_groups.assets.json"))
    for index, case in enumerate(read_json(folder / "core" / "smart_groups.json")):
        name = f"smart_groups[{index}] {case['description']}"
        yield checked(name, lambda case=case: _check(assets, case))  # type: ignore[misc]


def _check(assets: Assets, case: dict[str, Any]) -> str:
    environment = Environment(redaction_policy="urns" if case["redact_urns"] else "none")
    contact = Contact.from_json(case["contact_before"], assets)
    after, _, _ = regrouped(contact, environment, assets.query_groups, None)
    return difference(plain(after.to_json()), plain(case["contact_after"]), "contact")
