"""Actions one by one, each put into a flow that does nothing else."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from domain.contact.contact import Contact, Ticket
from domain.contact.groups import regrouped
from domain.environment.environment import Environment
from domain.errors import DefinitionError
from domain.flow.assets import Assets
from domain.flow.definition.shapes import write_object
from domain.flow.engine.inputs import Call
from domain.flow.engine.sprint import Sprint, start_session
from domain.flow.engine.triggers import Trigger, read_trigger
from tests.conformance.documents import difference, plain
from tests.conformance.outcomes import checked, described, read_json
from tests.conformance.runner import Outcome
from tests.conformance.service_mocks import ServiceMocks
from tests.conformance.universe import Universe, options_of


def run(folder: Path) -> Iterable[Outcome]:
    harness = read_json(folder / "harness.json")["actions"]
    for name, case in described(folder / "actions"):
        yield checked(name, lambda case=case: _check(folder, harness, case))  # type: ignore[misc]


def _check(folder: Path, harness: dict[str, Any], case: dict[str, Any]) -> str:
    universe = Universe(folder)
    holder = harness["holder"]["voice" if case.get("in_flow_type") == "voice" else "messaging"]
    document = read_json(folder / harness["assets"])
    flow = document["flows"][holder["index"]]
    flow["nodes"][0]["actions"] = [case["action"]]
    if case.get("localization"):
        flow["localization"] = case["localization"]
    assets = Assets.from_json(document, ids=universe.uuid4)
    if "read_error" in case:
        try:
            assets.flow(holder["flow"])
        except DefinitionError as error:
            return (
                ""
                if error.sentence.endswith(case["read_error"])
                else f"got {error.sentence!r}, expected {case['read_error']!r}"
            )
        return f"the flow was read, expected {case['read_error']!r}"
    services = ServiceMocks(
        universe,
        http_mocks=case.get("http_mocks"),
        smtp_error=case.get("smtp_error") or "",
        currency=harness["engine"]["airtime_currency"],
    )
    sprint = _sprint(folder, harness, case, universe, assets, services, holder["flow"])
    return _compare(sprint, case, assets, holder["flow"]) or ", ".join(
        f"mock {glob} was not used" for glob in services.unused_http_mocks
    )


def _sprint(
    folder: Path,
    harness: dict[str, Any],
    case: dict[str, Any],
    universe: Universe,
    assets: Assets,
    services: ServiceMocks,
    flow_uuid: str,
) -> Sprint:
    environment = Environment.from_json(
        {
            "allowed_languages": harness["environment"]["allowed_languages"],
            "default_country": harness["environment"]["default_country"],
            "redaction_policy": "urns" if case.get("redact_urns") else "none",
        }
    )
    flow = assets.flow(flow_uuid)
    contact = _contact(folder, harness, case, assets, environment)
    is_voice = case.get("in_flow_type") == "voice"
    trigger = _trigger(harness, case, universe, flow.reference)
    call = harness["voice_call"]
    return start_session(
        assets=assets,
        environment=environment,
        contact=contact,
        trigger=trigger,
        world=universe,
        services=services,
        options=options_of(harness["engine"]),
        call=Call(call["call_uuid"], assets.channels[call["channel"]].reference(), call["urn"]) if is_voice else None,
    )


def _contact(
    folder: Path, harness: dict[str, Any], case: dict[str, Any], assets: Assets, environment: Environment
) -> Contact:
    document = case.get("contact") or read_json(folder / "actions" / "_contact.json")
    contact = Contact.from_json(document, assets)
    if case.get("has_ticket"):
        given = harness["has_ticket"]
        ticket = Ticket(given["uuid"], given["status"], assets.topics[given["topic"]])
        contact = contact.with_changes(tickets=(*contact.tickets, ticket))
        contact = regrouped(contact, environment, assets.query_groups, None)[0]
    if case.get("localization"):
        contact = contact.with_changes(language="spa")
    return contact


def _trigger(harness: dict[str, Any], case: dict[str, Any], universe: Universe, flow: dict[str, Any]) -> Trigger:
    reference = {"uuid": flow["uuid"], "name": flow["name"]}
    if case.get("no_input") or case.get("as_batch"):
        return read_trigger({"type": "manual", "flow": reference, "batch": True, "triggered_on": universe.now_text()})
    given = harness["trigger"]["otherwise"]
    event = {"uuid": universe.uuid7(), "type": "msg_received", "created_on": universe.now_text()}
    event["msg"] = {"urn": given["urn"], "text": given["text"], "attachments": given["attachments"]}  # type: ignore[assignment]
    return read_trigger({"type": "msg", "flow": reference, "event": event, "triggered_on": universe.now_text()})


def _compare(sprint: Sprint, case: dict[str, Any], assets: Assets, flow_uuid: str) -> str:
    run = sprint.session.runs[0]
    action = assets.flow(flow_uuid).definition.nodes[0].actions[0]
    pairs = [
        ("events", sprint.events[1:-1], case["events"]),
        ("action", {"type": action.type, **write_object(action)}, case["action"]),
    ]
    if "webhook" in case:
        pairs.append(("webhook", run.webhook, case["webhook"]))
    if "contact_after" in case:
        pairs.append(("contact", sprint.contact.to_json(), case["contact_after"]))
    if "locals_after" in case:
        pairs.append(("locals", run.locals or {}, case["locals_after"]))
    for name, actual, expected in pairs:
        found = difference(plain(actual), expected, name)
        if found:
            return found
    return ""
