"""Real flow files are imported as an export, and run in a conversation: by the commands that `evenkeel flow import` submits."""

import json
from pathlib import Path
from typing import Any

import pytest

from gateways.cli.importing import import_export
from tests.conformance.runner import cases_folder
from tests.examples.installation import Installation, Workspace

Data = dict[str, Any]

ANNE = "tel:+250788000001"
MAX_CALLS = 30
ANSWERS = ("yes", "12", "Anne", "red", "2026-01-31")


def files() -> list[Path]:
    folder = cases_folder()
    return [*sorted((folder / "runner").glob("*.json")), folder / "webhooks" / "webhook_flow.json"]


def exports() -> dict[str, bytes]:
    """Exports of RapidPro's shape, by name: every catalogue of the cases that has flows, and the flows of old versions."""
    if not cases_folder().is_dir():
        return {}
    found = {}
    for file in files():
        document = json.loads(file.read_text()) if file.exists() else {}
        if isinstance(document, dict) and document.get("flows"):
            found[file.stem] = _export("13", document["flows"], document)
    legacy = json.loads((cases_folder() / "legacy" / "flows.json").read_text())
    for number, case in enumerate(legacy):
        if (case["legacy"].get("metadata") or {}).get("name"):
            found[f"legacy_flow_{number}"] = _export("11.12", [case["legacy"]], {})
    return found


def _export(version: str, flows: list[Data], document: Data) -> bytes:
    needed = {key: [each for each in document.get(key, ()) if each.get("uuid")] for key in ("fields", "groups")}
    return json.dumps(
        {"version": version, "site": "", "flows": flows, "campaigns": [], "triggers": [], **needed}
    ).encode()


EXPORTS = exports()


@pytest.mark.skipif(not EXPORTS, reason="no conformance cases here: CONFORMANCE names no folder that exists")
def test_there_are_at_least_thirty() -> None:
    assert len(EXPORTS) >= 30


@pytest.mark.parametrize("name", EXPORTS)
def test_the_flows_of_the_file_are_imported_and_run(name: str) -> None:
    workspace = Workspace(Installation())

    made = import_export(EXPORTS[name], lambda command, data: workspace.must(command, **data))
    for flow in made["flows"]:
        if is_for_messages(workspace, flow):
            converses(workspace, flow)
        else:
            is_refused(workspace, flow)

    assert not unanswered(workspace)
    assert workspace.at.events(workspace.org, "input_refused") == []
    assert {each["data"]["run"]["flow"]["uuid"] for each in workspace.at.events(workspace.org, "run_started")} >= {
        flow["uuid"] for flow in made["flows"] if is_for_messages(workspace, flow)
    }


def is_for_messages(workspace: Workspace, flow: Data) -> bool:
    saved = workspace.at.events(workspace.org, "flow_saved")
    return any(e["of"] == flow["uuid"] and e["data"]["flow"]["type"] != "voice" for e in saved)


def converses(workspace: Workspace, flow: Data) -> None:
    """A contact begins the flow and answers; whatever is asked of outside services fails."""
    workspace.must("add_trigger", trigger=trigger(workspace, flow))
    for text in ("begin", *ANSWERS):
        workspace.texts(ANNE, text)
        for _ in range(MAX_CALLS):
            if not unanswered(workspace):
                break
            workspace.at.answer_service(workspace.org, {"error": "unreachable"})


def unanswered(workspace: Workspace) -> bool:
    """Whether a service was asked after the last answer was taken in."""
    said = [
        e["type"] for e in workspace.at.events(workspace.org) if e["type"] in ("service_requested", "session_advanced")
    ]
    return bool(said) and said[-1] == "service_requested"


def is_refused(workspace: Workspace, flow: Data) -> None:
    outcome = workspace.at.command(workspace.org, "add_trigger", {"trigger": trigger(workspace, flow)})
    assert outcome["field"] == "flow"


def trigger(workspace: Workspace, flow: Data) -> Data:
    kind = {"type": "keyword", "keywords": ["begin"], "match": "first"}
    return {"uuid": workspace.at.new_id(), "flow": flow["uuid"], **kind}
