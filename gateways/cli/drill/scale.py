"""The drill of growth: what a message costs as the workspace and the number of processes grow.

Each step has an installation of its own with so many processes of each role, and a workspace with so many contacts. They are its past
(`past.py`): rows of the read models and of the decider's state, made set-based, with two messages, a run and a history each, read like any
other. Some of them, spread over all, are then polled for real, with every callback, and this is measured.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from domain.errors import Unavailable
from gateways.cli.compose import Submit, connect_database, submitting
from gateways.cli.drill.past import Past, Pattern, fill_past
from gateways.cli.drill.poll import PollPlan, PollResult, run_poll
from gateways.cli.drill.scene import DECIDED_WITHIN, Place, ask, number_of
from gateways.cli.drill.temporary import of_each_role, temporary_installation
from infra.ids import uuid7
from infra.settings import Settings

SAVED_SECONDS = 120.0  # the decider saves its state now and then, a moment after it decided
_BODY = "select body from decider.conversation where org = %s and contact = %s"
PATTERN_NUMBER = "250799999999"
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class ScalePlan:
    """`polled`: how many of the contacts of each step are polled, at most. `log`: "postgres" or "kafka"."""

    contacts: Sequence[int] = (1_000, 10_000, 100_000, 1_000_000)
    processes: Sequence[int] = (1, 2, 4)
    polled: int = 1_000
    log: str = "postgres"
    seed: int = 2026


@dataclass(slots=True)
class Step:
    processes: int
    contacts: int
    polled: int
    result: PollResult


def run_scale(plan: ScalePlan, progress: Progress = lambda what, done, total: None) -> list[Step]:
    """One step after the other. Raises Unavailable when an installation does not start."""
    steps = []
    for processes in plan.processes:
        for contacts in plan.contacts:
            with temporary_installation(plan.log, of_each_role(processes)) as installation:
                steps.append(run_step(installation, plan, contacts, processes, progress))
    return steps


def run_step(
    settings: Settings,
    plan: ScalePlan,
    contacts: int,
    processes: int = 1,
    progress: Progress = lambda what, done, total: None,
) -> Step:
    """In a running installation, whose `processes` are only noted."""
    polled = min(contacts, plan.polled)
    every = contacts // polled
    numbers = [number_of(n * every) for n in range(polled)]
    poll = PollPlan(contacts=polled, numbers=numbers, quiet=0, seed=plan.seed, rebuild=False)
    name = f"{contacts} contacts, {processes} of each"

    def prepare(place: Place) -> None:
        _make_past(settings, place, contacts, lambda done, total: progress(f"{name}: past", done, total))

    result = run_poll(settings, poll, lambda done, total: progress(f"{name}: poll", done, total), prepare)
    return Step(processes, contacts, polled, result)


def _make_past(settings: Settings, place: Place, contacts: int, progress: Callable[[int, int], None]) -> None:
    with submitting(settings, "drill", DECIDED_WITHIN) as submit:
        past = Past(place.org, place.channel, place.flow, uuid7())
        submit(place.org, "add_group", {"group": {"uuid": past.group, "name": "Everybody"}})
        pattern = _pattern(settings, submit, past)
    connection = connect_database(settings)
    try:
        fill_past(connection, past, contacts, pattern=pattern, progress=progress)
    finally:
        connection.close()


def _pattern(settings: Settings, submit: Submit, past: Past) -> Pattern:
    """A contact that the decider makes, as the others' model."""
    contact = {"uuid": uuid7(), "name": "Model", "urns": [f"tel:+{PATTERN_NUMBER}"], "groups": [past.group]}
    made = submit(past.org, "create_contact", {"contact": contact})
    deadline = time.monotonic() + SAVED_SECONDS
    while time.monotonic() < deadline:
        rows = ask(settings, _BODY, (past.org, made["uuid"]))
        if rows:
            return Pattern(made["uuid"], made["id"], PATTERN_NUMBER, rows[0][0])
        time.sleep(0.1)
    raise Unavailable("The decider's state doesn't have the contact that the others are to be modelled on.")
