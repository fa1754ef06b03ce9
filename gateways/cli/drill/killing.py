"""Kills random processes of an installation: its own, and its Redis, its Postgres and its broker."""

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from domain.contact.world import SeededChance
from gateways.cli.drill.measuring import processes

KILL_EVERY = 3.0
BACK_SECONDS = 20.0  # for which the next kill waits until what was killed last is back: on a slow machine nothing would ever be done else
SPARED = "supervisor"  # it is what starts the others again


@dataclass(frozen=True, slots=True)
class Kill:
    """`at` in seconds of the world's clock."""

    name: str
    at: float


@dataclass(slots=True)
class Killer:
    """Set `enough` to end it before its time."""

    kills: list[Kill] = field(default_factory=list)
    enough: threading.Event = field(default_factory=threading.Event)

    @property
    def counts(self) -> dict[str, int]:
        return dict(Counter(kill.name for kill in self.kills))


@contextmanager
def killing(folder: Path, seed: int, *, every: float = KILL_EVERY, kill: bool = True) -> Iterator[Killer]:
    """A killer at work among the processes of the installation in `folder`, one each `every` seconds; idle without `kill`."""
    killer = Killer()
    thread = threading.Thread(target=_work, args=(killer, folder, SeededChance(seed), every), daemon=True)
    if kill:
        thread.start()
    try:
        yield killer
    finally:
        killer.enough.set()
        if kill:
            thread.join()


def _work(killer: Killer, folder: Path, chance: SeededChance, every: float) -> None:
    while not killer.enough.wait(every):
        alive = processes(folder)
        names = sorted(name for name, pid in alive.items() if name != SPARED and pid > 1)
        if not names:
            continue
        name = names[int(chance.random() * len(names))]
        at = time.time()
        try:
            os.kill(alive[name], signal.SIGKILL)
        except ProcessLookupError:
            continue  # it died by itself, or with what it depends on
        killer.kills.append(Kill(name, at))
        _await_return(killer, folder, name, alive[name])


def _await_return(killer: Killer, folder: Path, name: str, pid: int) -> None:
    deadline = time.monotonic() + BACK_SECONDS
    while processes(folder).get(name, pid) == pid and time.monotonic() < deadline:
        if killer.enough.wait(0.1):
            return
