"""The drill of fair shares: one giant organization with more to do than can be done, beside many small ones that say single messages.

The crowd of the giant keeps `backlog` messages waiting for all the time; each small organization says one every `every` seconds. All of it
over real HTTP, with the drill's aggregator as the world. See `jain.py` for what the index of a second is.
"""

import os
import time
from dataclasses import dataclass
from math import ceil, floor

from gateways.cli.compose import submitting
from gateways.cli.drill.jain import Said, Second, by_second
from gateways.cli.drill.measuring import Costs
from gateways.cli.drill.partner import aggregator
from gateways.cli.drill.poll import Progress
from gateways.cli.drill.scene import DECIDED_WITHIN, crowd_place, quiet_places, served_by_postgres
from gateways.cli.drill.talking import CROWD
from infra.embedded.child_process import hold_port, port_of
from infra.settings import Settings

WARM_SECONDS = 2  # until the giant's backlog stands; not counted


@dataclass(frozen=True, slots=True)
class FairnessPlan:
    small: int = 200
    every: float = 2.0
    backlog: int = 2_000
    seconds: int = 30
    seed: int = 2026


@dataclass(slots=True)
class FairnessResult:
    """`quiet`: (when it was said, seconds until the reply) of the small ones' messages, by the clock of `seconds`. `unanswered`: how many
    of their messages got no reply. `replies`: all there were, of which `costs` are the cost."""

    plan: FairnessPlan
    seconds: list[Second]
    quiet: list[tuple[float, float]]
    unanswered: int
    replies: int
    costs: Costs


def run_fairness(
    settings: Settings, plan: FairnessPlan, progress: Progress = lambda done, total: None
) -> FairnessResult:
    """Against a running installation. Raises Unavailable when it can't be reached."""
    costs = Costs(settings.data, {"drill": os.getpid()}, lambda: served_by_postgres(settings))
    with hold_port() as held, submitting(settings, "drill", DECIDED_WITHIN) as submit:
        listen = port_of(held)
        crowd = crowd_place(submit, listen)
        quiet = [place.channel for place in quiet_places(submit, listen, plan.small)]
        said = {"port": settings.port, "listen": listen, "crowd": crowd.channel, "backlog": plan.backlog}
        with aggregator({**said, "quiet": quiet, "quiet_every": plan.every, "seed": plan.seed}) as partner:
            costs.others["aggregator"] = partner.pid
            costs.start()
            began = time.monotonic()
            while (passed := time.monotonic() - began) < plan.seconds + WARM_SECONDS:
                partner.latest()
                costs.look()
                progress(int(passed), plan.seconds + WARM_SECONDS)
            costs.look()
    talk, start = partner.book["talk"], partner.book["began"]
    heard = [(org, at - start, latency) for org, at, latency in talk["spoken"]]
    spoken = [Said(org, at, at + latency) for org, at, latency in heard]
    spoken += [Said(org, at - start, None) for org, at in talk["unanswered"]]
    seconds = by_second(spoken, ceil(WARM_SECONDS), floor(talk["ended"] - start))
    return FairnessResult(
        plan,
        seconds,
        [(at, latency) for org, at, latency in heard if org != CROWD],
        sum(1 for org, _ in talk["unanswered"] if org != CROWD),
        len(heard),
        costs,
    )
