"""The drill: a poll of N contacts in one organization while quiet ones exchange single messages; then the audit."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from domain.errors import Unavailable
from domain.ports.event_log import EventLog
from gateways.cli.compose import connect_database, open_log, submitting
from gateways.cli.drill.audit import Audit, Killed, Logged, Rows, audit, read_log
from gateways.cli.drill.flows import QUESTIONS
from gateways.cli.drill.killing import KILL_EVERY, Kill, Killer, killing
from gateways.cli.drill.measuring import Costs
from gateways.cli.drill.partner import Partner, Told, aggregator
from gateways.cli.drill.repeats import LEASE
from gateways.cli.drill.scene import (
    DECIDED_WITHIN,
    Place,
    ask,
    number_of,
    poll_place,
    quiet_places,
    served_by_postgres,
    start_poll,
)
from infra.embedded.child_process import hold_port, port_of
from infra.settings import Settings
from projections.catalogue import CATALOGUE
from projections.checking import check

CALLBACKS_OF_A_CONTACT = 6
KILLED_UNTIL = 0.9  # of all answers: kills in the tail would only measure restarts
LOOK_SECONDS = 1.0
LOOK_SHARE = 30  # a look at the read models may take one part in so many of the time
NOTES_SECONDS = 60.0
NOTES_AFTER_KILLS = 10.0  # some notes were lost with who was killed: those are not waited for long
SHOWN = 100
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class PollPlan:
    """`numbers` of the contacts, else the first `contacts`. `give_up` seconds without any progress end the drill (and the audit finds
    what is missing). `rebuild`: compare every read model with a rebuild."""

    contacts: int = 1_000
    numbers: Sequence[str] = ()
    quiet: int = 20
    quiet_every: float = 1.0
    kill: bool = False
    kill_every: float = KILL_EVERY
    seed: int = 2026
    rebuild: bool = True
    give_up: float = 120.0

    def asked(self) -> Sequence[str]:
        return self.numbers or [number_of(n) for n in range(self.contacts)]


@dataclass(slots=True)
class PollResult:
    """`quiet`: (when it was said, seconds until the reply), by the clock of `timeline`, which begins with the poll's start."""

    plan: PollPlan
    place: Place
    audit: Audit
    began: float
    seconds: float
    timeline: list[Told]
    quiet: list[tuple[float, float]]
    costs: Costs
    kills: list[Kill]


@dataclass(slots=True)
class _Seen:
    """What the read models showed last, and when they may be asked again: asking must not be what the drill measures."""

    before: int
    completed: int = 0
    delivered: int = 0
    not_before: float = 0.0


def run_poll(
    settings: Settings,
    plan: PollPlan,
    progress: Progress = lambda done, total: None,
    prepare: Callable[[Place], None] = lambda place: None,
) -> PollResult:
    """Against a running installation; `prepare` may do something to the poll's organization first. Raises Unavailable when the
    installation can't be reached."""
    costs = Costs(settings.data, {"drill": os.getpid()}, lambda: served_by_postgres(settings))
    with hold_port() as held, submitting(settings, "drill", DECIDED_WITHIN) as submit:
        listen = port_of(held)
        place = poll_place(submit, listen)
        quiet = [each.channel for each in quiet_places(submit, listen, plan.quiet)]
        prepare(place)
        said = {"port": settings.port, "listen": listen, "poll": place.channel, "quiet": quiet, "seed": plan.seed}
        with aggregator({**said, "quiet_every": plan.quiet_every}) as partner:
            costs.others["aggregator"] = partner.pid
            seen = _Seen(_completed(settings, place))
            costs.start()
            began = time.time()
            start_poll(submit, place, plan.asked())
            with killing(settings.data, plan.seed, every=plan.kill_every, kill=plan.kill) as killer:
                timeline = _watch(settings, place, plan, partner, costs, progress, killer, seen)
            seconds = time.time() - began
            costs.look()
            if killer.kills:  # what a killed sender had taken goes out once more: the aggregator must be there
                _await_notes(settings, place)
    shift = partner.book["began"] - began
    timeline = [{**row, "at": round(row["at"] + shift, 3)} for row in timeline]
    heard = [(at - began, latency) for _, at, latency in partner.book["talk"]["spoken"]]
    result = _audit(settings, place, plan, partner.book, killer.kills)
    return PollResult(plan, place, result, began, seconds, timeline, heard, costs, killer.kills)


# ---- meanwhile ---------------------------------------------------------------------------------------------------------------


def _watch(
    settings: Settings,
    place: Place,
    plan: PollPlan,
    partner: Partner,
    costs: Costs,
    progress: Progress,
    killer: Killer,
    seen: _Seen,
) -> list[Told]:
    """Until every run is complete and every callback is in, or nothing goes on any more. The time line."""
    expected = plan.contacts * CALLBACKS_OF_A_CONTACT
    timeline: list[Told] = []
    moved, last = time.monotonic(), (-1.0, -1.0)
    while True:
        row = partner.latest()
        costs.look()
        _look(settings, place, seen)
        timeline.append({**row, "completed": seen.completed, "delivered": seen.delivered})
        progress(int(row["statuses"] + row["answers"]), expected)
        if row["distinct_answers"] > KILLED_UNTIL * plan.contacts * len(QUESTIONS):
            killer.enough.set()
        if seen.completed >= plan.contacts and seen.delivered >= plan.contacts * 2 and not row["under_way"]:
            return timeline
        now = (row["statuses"] + row["answers"] + row["taken"], float(seen.completed + seen.delivered))
        if now != last:
            moved, last = time.monotonic(), now
        if time.monotonic() - moved > plan.give_up:
            return timeline
        time.sleep(LOOK_SECONDS)


# What was there before the drill has ids below zero (`past.py`), and is not counted with every look.
_DELIVERED = (
    "select count(*) from messages.messages where org = %s and id > 0 and direction = 'out' and status = 'delivered'"
)
_COMPLETED = "select coalesce(sum(count), 0) from runs.flow_run_counts where org = %s and status = 'completed'"


def _completed(settings: Settings, place: Place) -> int:
    return int(ask(settings, _COMPLETED, (place.org,))[0][0])


def _look(settings: Settings, place: Place, seen: _Seen) -> None:
    """Nothing changes while the read models can't be asked."""
    begun = time.monotonic()
    if begun < seen.not_before:
        return
    try:
        seen.completed = _completed(settings, place) - seen.before
        seen.delivered = int(ask(settings, _DELIVERED, (place.org,))[0][0])
    except Unavailable:
        return
    ended = time.monotonic()
    seen.not_before = ended + (ended - begun) * LOOK_SHARE


# ---- afterwards --------------------------------------------------------------------------------------------------------------

_COMPLETED_HERE = "select count(*) from runs.runs where org = %s and id > 0 and status = 'completed'"
_UNFINISHED = """
select contact_uuid::text from runs.runs where org = %s and id > 0 group by contact_uuid
having count(*) filter (where status = 'completed') <> 1 limit %s
"""
_UNDELIVERED = """
select uuid || ' is ' || status from messages.messages where org = %s and id > 0 and direction = 'out' and status <> 'delivered' limit %s
"""


def _await_notes(settings: Settings, place: Place) -> None:
    log = open_log(settings)
    try:
        _read_until_noted(log, place, LEASE + NOTES_AFTER_KILLS)
    finally:
        log.close()


def _audit(settings: Settings, place: Place, plan: PollPlan, book: dict[str, Any], kills: Sequence[Kill]) -> Audit:
    log = open_log(settings)
    try:
        logged = _read_until_noted(log, place, 0.0 if kills else NOTES_SECONDS)
        differences = _differences(settings, log) if plan.rebuild else None
    finally:
        log.close()
    rows = Rows(
        completed=int(ask(settings, _COMPLETED_HERE, (place.org,))[0][0]),
        delivered=int(ask(settings, _DELIVERED, (place.org,))[0][0]),
        unfinished=[row[0] for row in ask(settings, _UNFINISHED, (place.org, SHOWN))],
        undelivered=[row[0] for row in ask(settings, _UNDELIVERED, (place.org, SHOWN))],
        differences=differences,
    )
    killed = Killed(
        kills, settings.processes.get("light", 1), "kafka" if settings.log.startswith("kafka") else "postgres"
    )
    return audit(book, logged, rows, contacts=plan.contacts, killed=killed)


def _differences(settings: Settings, log: EventLog) -> dict[str, str]:
    found = check(log, lambda: connect_database(settings), CATALOGUE)
    return {name: "; ".join(str(each) for each in differing[:2])[:500] for name, differing in found.items()}


def _read_until_noted(log: EventLog, place: Place, seconds: float) -> Logged:
    """The last callbacks may be in the log before the sender's own note of what it sent."""
    deadline, patience = time.monotonic() + seconds, time.monotonic() + NOTES_SECONDS
    while True:
        try:
            logged = read_log(log, place.org)
            if len(logged.sent) >= len(logged.created) or time.monotonic() > deadline:
                return logged
        except Unavailable:  # killed a moment ago
            if time.monotonic() > max(deadline, patience):
                raise
        time.sleep(LOOK_SECONDS)
