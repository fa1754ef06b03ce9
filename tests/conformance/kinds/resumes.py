"""Resumes one by one: a session started and woken once."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from domain.contact.contact import Contact
from domain.environment.environment import Environment
from domain.errors import Invalid
from domain.flow.assets import Assets
from domain.flow.engine.inputs import Call
from domain.flow.engine.resumes import read_resume
from domain.flow.engine.services import NoServices
from domain.flow.engine.sprint import ResumeRefused, resume_session, start_session
from domain.flow.engine.triggers import read_trigger
from tests.conformance.documents import difference, plain
from tests.conformance.outcomes import checked, described, read_json
from tests.conformance.runner import Outcome
from tests.conformance.universe import Universe


def run(folder: Path) -> Iterable[Outcome]:
    harness = read_json(folder / "harness.json")["resumes"]
    for name, case in described(folder / "resumes"):
        yield checked(name, lambda case=case: _check(folder, harness, case))  # type: ignore[misc]


def _check(folder: Path, harness: dict[str, Any], case: dict[str, Any]) -> str:
    universe = Universe(folder)
    document = read_json(folder / harness["assets"])
    if case.get("wait"):
        document["flows"][0]["nodes"][0]["router"]["wait"] = case["wait"]
    assets = Assets.from_json(document, ids=universe.uuid4)
    flow = assets.flow(case["flow_uuid"])
    given = harness["contact"]
    contact = Contact(universe.uuid4(), universe.now_text(), name=given["name"], language=given["language"])
    trigger = {"type": "manual", "flow": flow.reference, "triggered_on": universe.now_text()}
    voice = harness["voice_call"]
    common: dict[str, Any] = {
        "assets": assets,
        "environment": Environment(),
        "world": universe,
        "services": NoServices(),
        "call": Call(voice["call_uuid"], {"uuid": voice["channel"], "name": ""}, voice["urn"])
        if flow.type == "voice"
        else None,
    }
    started = start_session(contact=contact, trigger=read_trigger(trigger), **common)
    try:
        resume = read_resume(case["resume"])
    except Invalid as error:
        return "" if error.sentence == case.get("read_error") else f"got {error.sentence!r}"
    try:
        sprint = resume_session(started.session, contact=started.contact, resume=resume, **common)
    except ResumeRefused as error:
        if error.sentence != case.get("resume_error"):
            return f"got {error.sentence!r}, expected {case.get('resume_error')!r}"
        sprint = started
    else:
        found = difference(plain(sprint.events[:-1]), case["events"], "events")
        if found:
            return found
    return difference(sprint.session.runs[0].status, case["run_status"], "run_status") or difference(
        sprint.session.status, case["session_status"], "session_status"
    )
