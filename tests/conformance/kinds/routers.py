"""Routers one by one, each put into a flow of one node."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from domain.contact.contact import Contact
from domain.environment.environment import Environment
from domain.errors import DefinitionError
from domain.flow.assets import Assets
from domain.flow.engine.sprint import start_session
from domain.flow.engine.triggers import read_trigger
from tests.conformance.documents import difference, plain
from tests.conformance.outcomes import checked, described, read_json
from tests.conformance.runner import Outcome
from tests.conformance.service_mocks import ServiceMocks
from tests.conformance.universe import Universe, options_of


def run(folder: Path) -> Iterable[Outcome]:
    harness = read_json(folder / "harness.json")["routers"]
    for name, case in described(folder / "routers"):
        yield checked(name, lambda case=case: _check(folder, harness, case))  # type: ignore[misc]


def _check(folder: Path, harness: dict[str, Any], case: dict[str, Any]) -> str:
    universe = Universe(folder)
    document = read_json(folder / harness["assets"])
    document["flows"][0]["nodes"][0]["router"] = case["router"]
    assets = Assets.from_json(document, ids=universe.uuid4)
    try:
        flow = assets.flow(harness["flow"])
    except DefinitionError as error:
        expected = case.get("read_error", "a flow that can be read")
        return "" if error.sentence.endswith(expected) else f"got {error.sentence!r}, expected {expected!r}"
    if "read_error" in case:
        return f"the flow was read, expected {case['read_error']!r}"
    contact = Contact.from_json(read_json(folder / "routers" / "_contact.json"), assets)
    trigger = {"type": "manual", "flow": flow.reference, "triggered_on": universe.now_text()}
    sprint = start_session(
        assets=assets,
        environment=Environment(),
        contact=contact,
        trigger=read_trigger(trigger),
        world=universe,
        services=ServiceMocks(universe),
        options=options_of(harness["engine"]),
    )
    results = {key: result.to_json() for key, result in (sprint.session.runs[0].results or {}).items()}
    return difference(plain(results), case["results"], "results") or difference(
        plain(sprint.events[1:-1]), case["events"], "events"
    )
