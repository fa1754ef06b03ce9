"""Triggers one by one: what expressions see of them, and how they are written again."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from domain.contact.contact import Contact
from domain.contact.timestamps import parse_rfc3339
from domain.environment.environment import Environment
from domain.errors import Invalid
from domain.expressions.template import compile_template
from domain.flow.assets import Assets
from domain.flow.engine.execution import Execution
from domain.flow.engine.options import DEFAULT
from domain.flow.engine.services import NoServices
from domain.flow.engine.sprint import start_session
from domain.flow.engine.triggers import read_trigger
from tests.conformance.documents import difference, plain
from tests.conformance.outcomes import checked, described, read_json
from tests.conformance.runner import Outcome
from tests.conformance.universe import Universe


def run(folder: Path) -> Iterable[Outcome]:
    harness = read_json(folder / "harness.json")["triggers"]
    for name, case in described(folder / "triggers"):
        yield checked(name, lambda case=case: _check(folder, harness, case))  # type: ignore[misc]
    for path in sorted((folder / "triggers").glob("*.snap")):
        yield checked(path.stem, lambda path=path: _round_trip(read_json(path)))  # type: ignore[misc]


def _round_trip(document: dict[str, Any]) -> str:
    return difference(plain(read_trigger(document).to_json()), document, "trigger")


def _check(folder: Path, harness: dict[str, Any], case: dict[str, Any]) -> str:
    assets = Assets.from_json(read_json(folder / harness["assets"]))
    try:
        trigger = read_trigger(case["trigger"], assets)
    except Invalid as error:
        expected = case.get("read_error", "a trigger that can be read")
        return "" if error.sentence == expected else f"got {error.sentence!r}, expected {expected!r}"
    if "read_error" in case:
        return f"the trigger was read, expected {case['read_error']!r}"
    universe = Universe(folder, start=parse_rfc3339(harness["universe"]["clock"]["fixed"]), step=0)
    contact = Contact.from_json(harness["contact"], assets)
    sprint = start_session(
        assets=assets,
        environment=Environment(),
        contact=contact,
        trigger=trigger,
        world=universe,
        services=NoServices(),
    )
    x = Execution(
        session=sprint.session,
        contact=sprint.contact,
        assets=assets,
        environment=Environment(),
        world=universe,
        services=NoServices(),
        options=DEFAULT,
    )
    x.run = sprint.session.runs[0]
    seen = x.text(compile_template("@(json(trigger))"))[0]
    return difference(json.loads(seen), case["context"], "context") or _round_trip(case["trigger"])
