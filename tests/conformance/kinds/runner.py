"""Whole conversations: a session started and resumed, every event, segment and stored session compared."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from domain.contact.contact import Contact
from domain.environment.environment import Environment
from domain.flow.assets import Assets
from domain.flow.engine.inputs import Call
from domain.flow.engine.resumes import read_resume
from domain.flow.engine.session import Result, Session
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
    prepared = prepared_case(folder, path, harness)
    for index, (sprint, expected) in enumerate(
        zip(sprints_of_prepared(prepared), prepared.case["outputs"], strict=True)
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


@dataclass(slots=True)
class PreparedCase:
    """A case with its catalogue read. `rewind` sets the world back, so that it can be run again."""

    folder: Path
    case: dict[str, Any]
    engine: dict[str, Any]
    universe: Universe
    assets: Assets
    environment: Environment

    def rewind(self) -> None:
        self.universe = Universe(self.folder)


def prepared_case(folder: Path, path: Path, harness: dict[str, Any]) -> PreparedCase:
    """Reads a case and the catalogue it stands in."""
    case = read_json(path)
    universe = Universe(folder)
    assets = Assets.from_json(
        read_json(path.with_name(path.name.partition(".")[0] + ".json")),
        ids=universe.uuid4,
        base_media_url=harness["migration_base_media_url"],
    )
    return PreparedCase(folder, case, harness["engine"], universe, assets, Environment.from_json(case["environment"]))


def sprints_of_prepared(prepared: PreparedCase) -> Iterable[Sprint]:
    """The sprints of a case, each with its session compacted and read again before the next."""
    case, universe = prepared.case, prepared.universe
    services = ServiceMocks(universe, http_mocks=case.get("http_mocks"), currency=prepared.engine["airtime_currency"])
    common: dict[str, Any] = {
        "assets": prepared.assets,
        "environment": prepared.environment,
        "world": universe,
        "services": services,
        "options": options_of(prepared.engine),
        "call": Call.from_json(case["call"]) if case.get("call") else None,
    }
    contact = Contact.from_json(case["contact"], prepared.assets)
    trigger = read_trigger(case["trigger"], prepared.assets)
    sprint = _compacted(start_session(contact=contact, trigger=trigger, **common))
    yield sprint
    for document in case["resumes"] or ():
        session = _read_again(sprint.session)
        sprint = _compacted(resume_session(session, contact=sprint.contact, resume=read_resume(document), **common))
        yield sprint


def _read_again(session: Session) -> Session:
    """The session as stored and read; the cases were stored indented, which `@legacy_extra` shows."""
    again = Session.from_json(plain(session.to_json()))
    for run in again.runs:
        if run.results:
            run.results = {key: _with_indented_extra(result) for key, result in run.results.items()}
    return again


def _with_indented_extra(result: Result) -> Result:
    if result.extra is None:
        return result
    text = json.dumps(result.extra, indent=4, ensure_ascii=False, sort_keys=True)
    return replace(result, extra_text=text.replace("\n", "\n" + " " * 20))


def _compacted(sprint: Sprint) -> Sprint:
    return replace(sprint, session=sprint.session.compacted())
