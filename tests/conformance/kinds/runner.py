"""Whole conversations: a session started and resumed, every event, segment and stored session compared."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from domain.contact.contact import Contact
from domain.environment.environment import Environment
from domain.flow.assets import Assets
from domain.flow.engine.inputs import Call
from domain.flow.engine.resumes import read_resume
from domain.flow.engine.session import Session
from domain.flow.engine.sprint import Sprint, resume_session, start_session
from domain.flow.engine.triggers import read_trigger
from tests.conformance.documents import difference, plain
from tests.conformance.outcomes import checked, read_json
from tests.conformance.runner import Outcome
from tests.conformance.service_mocks import ServiceMocks
from tests.conformance.universe import Universe, options_of


def run(folder: Path) -> Iterable[Outcome]:
    harness = read_json(folder / "harness.json")["runner"]
    for path in sorted((folder / "runner").glob("*.*.json")):
        yield checked(path.stem, lambda path=path: _check(folder, path, harness))  # type: ignore[misc]


def _check(folder: Path, path: Path, harness: dict[str, Any]) -> str:
    case = read_json(path)
    assets_path = path.with_name(path.name.partition(".")[0] + ".json")
    for index, (sprint, expected) in enumerate(
        zip(sprints_of(folder, case, assets_path, harness), case["outputs"], strict=True)
    ):
        for name, actual in (
            ("events", sprint.events),
            ("session", sprint.session.to_json()),
            ("segments", sprint.segments),
        ):
            found = difference(plain(actual), expected[name], f"#{index}.{name}")
            if found:
                return found
    return ""


def sprints_of(folder: Path, case: dict[str, Any], assets_path: Path, harness: dict[str, Any]) -> Iterable[Sprint]:
    """The sprints of a case, each with its session compacted and read again before the next."""
    universe = Universe(folder)
    assets = Assets.from_json(
        read_json(assets_path), ids=universe.uuid4, base_media_url=harness["migration_base_media_url"]
    )
    engine = harness["engine"]
    services = ServiceMocks(universe, http_mocks=case.get("http_mocks"), currency=engine["airtime_currency"])
    common: dict[str, Any] = {
        "assets": assets,
        "environment": Environment.from_json(case["environment"]),
        "world": universe,
        "services": services,
        "options": options_of(engine),
        "call": Call.from_json(case["call"]) if case.get("call") else None,
    }
    contact = Contact.from_json(case["contact"], assets)
    trigger = read_trigger(case["trigger"], assets)
    sprint = _compacted(start_session(contact=contact, trigger=trigger, **common))
    yield sprint
    for document in case["resumes"] or ():
        session = Session.from_json(plain(sprint.session.to_json()))
        sprint = _compacted(resume_session(session, contact=sprint.contact, resume=read_resume(document), **common))
        yield sprint


def _compacted(sprint: Sprint) -> Sprint:
    return Sprint(sprint.uuid, sprint.session.compacted(), sprint.contact, sprint.events, sprint.steps, sprint.segments)
