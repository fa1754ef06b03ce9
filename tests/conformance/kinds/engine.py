"""Templates in a running session, with the events that their problems make."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from domain.contact.contact import Contact
from domain.environment.environment import Environment
from domain.expressions.template import compile_template
from domain.flow.assets import Assets
from domain.flow.engine.execution import Execution
from domain.flow.engine.resumes import read_resume
from domain.flow.engine.sprint import resume_session, start_session
from domain.flow.engine.triggers import read_trigger
from tests.conformance.documents import difference, plain
from tests.conformance.outcomes import checked, read_json
from tests.conformance.runner import Outcome
from tests.conformance.service_mocks import ServiceMocks
from tests.conformance.universe import Universe, options_of

WEBHOOK_SERVER = "http://127.0.0.1:49999"


def run(folder: Path) -> Iterable[Outcome]:
    context = read_json(folder / "functions.json")["context"]
    universe = Universe(folder)
    openly = execution_of(context, universe, redact_urns=False)
    redacted = execution_of(context, universe, redact_urns=True)
    for index, case in enumerate(read_json(folder / "engine" / "templates.json")):
        x = redacted if case.get("redact_urns") else openly
        name = f"templates[{index}] {case['template']}"
        yield checked(name, lambda case=case, x=x: _check(x, case))  # type: ignore[misc]


def execution_of(context: dict[str, Any], universe: Universe, *, redact_urns: bool) -> Execution:
    """A session started and resumed as the cases describe, standing in its first run."""
    document = json.loads(json.dumps(context["assets"]).replace("http://localhost", WEBHOOK_SERVER))
    assets = Assets.from_json(document, ids=universe.uuid4)
    policy = "urns" if redact_urns else "none"
    common: dict[str, Any] = {
        "assets": assets,
        "environment": Environment.from_json({**context["environment"], "redaction_policy": policy}),
        "world": universe,
        "services": ServiceMocks(universe, http_mocks=_server_mocks()),
        "options": options_of(context["engine"]),
    }
    contact = Contact.from_json(context["contact"], assets)
    started = start_session(contact=contact, trigger=read_trigger(context["trigger"]), **common)
    resume = read_resume(context["resume"])
    sprint = resume_session(started.session, contact=started.contact, resume=resume, **common)
    x = Execution(session=sprint.session, contact=sprint.contact, resume=resume, **common)
    x.run = sprint.session.runs[0]
    x.flow = assets.flow(x.run.flow["uuid"])
    x.node = x.flow.node(x.run.path[-1].node_uuid) if x.run.path else None
    return x


def _server_mocks() -> dict[str, Any]:
    body = json.dumps({"results": [{"state": "WA"}, {"state": "IN"}]}, separators=(",", ":"))
    headers = {
        "Date": "Wed, 11 Apr 2018 18:24:30 GMT",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": str(len(body)),
    }
    answer = {"status": 200, "headers": headers, "body": body}
    return {f"{WEBHOOK_SERVER}/*": [answer, answer]}


def _check(x: Execution, case: dict[str, Any]) -> str:
    x.events.clear()
    x.steps.clear()
    text, _ = x.text(compile_template(case["template"]))
    if "output_json" in case:
        found = difference(json.loads(text), case["output_json"], "output")
    else:
        found = difference(text, case.get("output", ""), "output")
    return found or difference(_without_ids(plain(x.events)), _without_ids(case["events"]), "events")


def _without_ids(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Ids follow from all templates of the original list, of which a folder may hold a part."""
    return [{key: value for key, value in event.items() if key not in ("uuid", "created_on")} for event in events]
