"""What the engine costs: a resume, a start, groups after a change, and the conformance runner's sprints.

python -m tests.benchmarks.bench_engine
"""

import time
from collections.abc import Callable
from typing import Any

from domain.contact.contact import Contact
from domain.contact.modifiers import apply_modifier
from domain.contact.modifiers.fields import SetField
from domain.contact.world import SeededWorld
from domain.environment.environment import Environment
from domain.flow.assets import Assets
from domain.flow.engine.resumes import read_resume
from domain.flow.engine.services import NoServices
from domain.flow.engine.session import Session
from domain.flow.engine.sprint import Sprint, resume_session, start_session
from domain.flow.engine.triggers import read_trigger
from tests.conformance.outcomes import read_json
from tests.conformance.runner import cases_folder
from tests.examples.engine import MESSAGE_EVENT, contact_document, question_flow

Mark = tuple[str, float, str]
NOW = 1_750_000_000 * 10**9
GROUPS = 300
ROUNDS = 300
BESTS = 25
RUNNER_MARK, RUNNER_SPRINTS = 40, 93
"""Milliseconds for so many sprints; a folder that holds a part of the cases has that part of the mark."""


def run() -> list[Mark]:
    """Labels, values and units with the mark to stay under; times are of CPU, the best of many rounds."""
    return [
        ("resume: wait, switch of 3 cases, result, message, wait", _resume(), "µs (mark: 250)"),
        ("start: message, wait", _start(), "µs (mark: 100)"),
        (f"groups: {GROUPS} queries, one field changed", _groups(), "µs (mark: 100)"),
        *_runner(),
    ]


def _best(work: Callable[[], Any], rounds: int) -> float:
    """Microseconds of CPU per round, the best of many."""
    best = float("inf")
    for _ in range(BESTS):
        started = time.process_time()
        for _ in range(rounds):
            work()
        best = min(best, time.process_time() - started)
    return best / rounds * 1e6


def _common(assets: Assets, environment: Environment) -> dict[str, Any]:
    return {
        "assets": assets,
        "environment": environment,
        "world": SeededWorld(7, NOW),
        "services": NoServices(),
    }


def _started(assets: Assets, environment: Environment) -> Sprint:
    contact = Contact.from_json(contact_document(), assets)
    trigger = read_trigger({"type": "manual", "flow": question_flow(), "triggered_on": "2025-06-01T12:00:00Z"})
    return start_session(contact=contact, trigger=trigger, **_common(assets, environment))


def _assets() -> Assets:
    return Assets.from_json(
        {
            "flows": [question_flow()],
            "channels": [{"uuid": "57f1078f-88aa-46f4-a59a-948a5739c03d", "name": "Line", "address": "+250788000111",
                          "schemes": ["tel"], "roles": ["send", "receive"], "country": "RW"}],
            "fields": [{"uuid": "d66a7823-eada-40e5-9a3a-57239d4690bf", "key": "age", "name": "Age", "type": "number"}],
        }
    )  # fmt: skip


def _start() -> float:
    assets, environment = _assets(), Environment()
    contact = Contact.from_json(contact_document(), assets)
    trigger = {"type": "manual", "flow": question_flow(), "triggered_on": "2025-06-01T12:00:00Z"}

    def work() -> Sprint:
        return start_session(contact=contact, trigger=read_trigger(trigger), **_common(assets, environment))

    return _best(work, ROUNDS)


def _resume() -> float:
    assets, environment = _assets(), Environment()
    sprint = _started(assets, environment)
    document, contact = sprint.session.to_json(), sprint.contact
    resume = {"type": "msg", "event": MESSAGE_EVENT, "resumed_on": "2025-06-01T12:00:10Z"}

    def work() -> Sprint:
        return resume_session(
            Session.from_json(document), contact=contact, resume=read_resume(resume), **_common(assets, environment)
        )

    return _best(work, ROUNDS)


def _groups() -> float:
    fields = [{"key": f"f{n}", "name": f"Field {n}", "type": "number"} for n in range(20)]
    groups = [
        {"uuid": f"00000000-0000-4000-8000-{n:012d}", "name": f"Group {n}", "query": f"f{n % 20} > {n}"}
        for n in range(GROUPS)
    ]
    assets, environment = Assets.from_json({"fields": fields, "groups": groups}), Environment()
    world = SeededWorld(7, NOW)
    contact, _ = apply_modifier(
        SetField(assets.fields["f3"], "100"), Contact.from_json(contact_document(), assets), environment, assets, world
    )
    changed = SetField(assets.fields["f4"], "150")
    return _best(lambda: apply_modifier(changed, contact, environment, assets, world), ROUNDS)


def _runner() -> list[Mark]:
    """The pure engine's time for all sprints of the conformance runner together, flows and templates warm."""
    folder = cases_folder()
    if not folder.is_dir():
        return []
    from tests.conformance.kinds.runner import prepared_case, sprints_of_prepared

    harness = read_json(folder / "harness.json")["runner"]
    prepared = [prepared_case(folder, path, harness) for path in sorted((folder / "runner").glob("*.*.json"))]
    best, count = float("inf"), 0
    for _ in range(BESTS):
        count, spent = 0, 0.0
        for case in prepared:
            case.rewind()
            started = time.process_time()
            count += sum(1 for _ in sprints_of_prepared(case))
            spent += time.process_time() - started
        best = min(best, spent)
    return [(f"runner: {count} sprints together", best * 1e3, f"ms (mark: {RUNNER_MARK * count / RUNNER_SPRINTS:.0f})")]


if __name__ == "__main__":
    for label, value, unit in run():
        print(f"{label}: {value:.1f} {unit}")
