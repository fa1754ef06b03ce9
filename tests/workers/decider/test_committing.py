"""The next batch is decided while one is committed: what a commit that fails takes with it."""

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import cast

import pytest

from domain.errors import Fenced, Unavailable
from domain.ports.event_log import EventLog
from infra.event_log.memory import MemoryEventLog
from tests.examples.installation import Installation, Workspace
from tests.workers.decider.moments import MomentousLog
from workers.decider import decider as module

MESSAGES = 30


@pytest.fixture(params=["beside", "when settled"])
def beside(request: pytest.FixtureRequest) -> Iterator[Executor | None]:
    if request.param == "when settled":
        yield None
        return
    with ThreadPoolExecutor(1) as executor:
        yield executor


@pytest.fixture
def log() -> MomentousLog:
    return MomentousLog(MemoryEventLog(1))


@pytest.fixture
def waiting(log: MomentousLog, beside: Executor | None, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace with thirty messages waiting, of which five are decided at once."""
    monkeypatch.setattr(module, "BATCH", 5)
    workspace = Workspace(Installation(cast(EventLog, log), beside=beside))
    workspace.add_survey()
    for number in range(MESSAGES):
        receive(workspace, number)
    log.commits = 0
    return workspace


def test_batches_go_out_in_their_order(waiting: Workspace, log: MomentousLog) -> None:
    waiting.at.run()

    assert handled(waiting) == [urn(number) for number in range(MESSAGES)]
    assert log.commits == MESSAGES // 5


def test_the_next_batch_is_decided_before_the_one_under_way_is_settled(waiting: Workspace, log: MomentousLog) -> None:
    seen: list[int] = []
    log.before_commit = lambda number: seen.append(len(handled(waiting)))
    decided_before_settled: list[bool] = []
    settle = waiting.at.decider._committing.settle

    def settle_noting() -> object:
        decided_before_settled.append(len(waiting.at.decider._owned[0].state._changed) > len(handled(waiting)))
        return settle()

    waiting.at.decider._committing.settle = settle_noting  # type: ignore[method-assign,assignment]
    waiting.at.run()

    assert any(decided_before_settled)
    assert seen == [5 * number for number in range(MESSAGES // 5)]


@pytest.mark.parametrize("failure", [Unavailable("The log is away."), ValueError("unexpected")])
def test_a_commit_that_fails_loses_nothing(waiting: Workspace, log: MomentousLog, failure: Exception) -> None:
    def fail_once(number: int) -> None:
        if number == 2:
            raise failure

    log.before_commit = fail_once
    with pytest.raises(type(failure)):
        waiting.at.run()
    assert handled(waiting) == [urn(number) for number in range(10)]

    waiting.at.run()

    assert handled(waiting) == [urn(number) for number in range(MESSAGES)]


def test_a_commit_that_is_refused_takes_the_next_batch_with_it(waiting: Workspace, log: MomentousLog) -> None:
    def refuse_once(number: int) -> None:
        if number == 2:
            raise Fenced("another member took over partition 0")

    log.before_commit = refuse_once
    waiting.at.decider.step(0)
    assert handled(waiting) == [urn(number) for number in range(10)]

    waiting.at.crash_decider()
    waiting.at.run()

    assert handled(waiting) == [urn(number) for number in range(MESSAGES)]


def test_what_is_not_durable_is_not_told_to_the_state_store(
    waiting: Workspace, log: MomentousLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "UNSAVED_LIMIT", 0)
    stood: list[tuple[int, int]] = []
    log.before_commit = lambda number: stood.append((waiting.at.store.position(0), head(waiting)))

    waiting.at.run()

    assert all(store <= in_log for store, in_log in stood)
    assert waiting.at.store.position(0) == head(waiting)


def receive(workspace: Workspace, number: int) -> None:
    data = {"channel": workspace.channel, "urn": urn(number), "text": "survey", "attachments": []}
    data |= {"received_on": workspace.at.now_text, "message": workspace.at.new_id(), "external_id": str(number)}
    workspace.at.append(workspace.org, "fact", "message_received", data)


def urn(number: int) -> str:
    return f"tel:+25078{number:07}"


def handled(workspace: Workspace) -> list[str]:
    return [e["data"]["message"]["urn"] for e in workspace.at.events(workspace.org, "message_handled")]


def head(workspace: Workspace) -> int:
    return workspace.at.log.heads()[0]


def test_a_take_over_that_was_overtaken_begins_anew(waiting: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting.at.decider.step(0)
    waiting.at.crash_decider()
    save = waiting.at.store.save
    refusals = iter([Fenced()])

    def save_unless_overtaken(*arguments: object) -> None:
        for refusal in refusals:
            raise refusal
        save(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(waiting.at.store, "save", save_unless_overtaken)
    assert waiting.at.decider.step(0) == 0

    waiting.at.run()

    assert handled(waiting) == [urn(number) for number in range(MESSAGES)]
