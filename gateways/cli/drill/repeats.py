"""Why a message went out twice: each hand-over is explained by the kill that allows it, or it is a fault.

Its sender notes in Redis at once that a message has left, appends that to the log, and holds it until both are done. So it is forgotten only
if the sender was killed, and either before its note (a note waits while Redis is away), or with Redis killed too before the log had it. Where
there are several senders Redis alone is enough: another one fills it from the log. Once the outcome is in the log nothing excuses a
repetition, and a kill excuses one repetition of a message.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf

from gateways.cli.drill.killing import Kill

SENDER, REDIS = "light", "redis"
SOON = 1.0  # seconds by which an outcome's time in the log may be ahead of its place there, and a kill late to be noted
NOTING = 3.0  # seconds within which an outcome is noted in Redis, if that is there
AWAY = 10.0  # seconds for which Redis may be away after it was killed
LEASE = 15.0  # seconds after which what a killed sender had taken went out again
PENDING = 15.0  # seconds by which an outcome may come later into the log than that of a message that left later
Until = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A message that was handed over at `first` and again at `again` (seconds of the world's clock). `kill` is None: a fault.

    `noted`: when its sender noted that it had left, as the log says; `between`: every kill from `first` to `again`.
    """

    message: str
    first: float
    again: float
    kill: Kill | None
    noted: Sequence[float] = ()
    between: Sequence[Kill] = ()

    def sentence(self, began: float) -> str:
        """Times in it count from `began`."""
        sent = f"{self.message} went out at {self.first - began:.2f} s and again at {self.again - began:.2f} s: "
        if self.kill is None:
            noted = ", ".join(f"{at - began:.2f} s" for at in self.noted) or "never"
            killed = ", ".join(f"{kill.name} at {kill.at - began:.2f} s" for kill in self.between) or "nobody"
            return sent + f"no kill explains it (outcome noted at: {noted}; killed in between: {killed})"
        return sent + f"{self.kill.name} was killed at {self.kill.at - began:.2f} s, before the outcome was in the log"


@dataclass(frozen=True, slots=True)
class Excuses:
    """What `kills` excuse among `senders` processes. `pending_until`: when the log had the outcomes of messages that left at a time."""

    kills: Sequence[Kill]
    senders: int = 1
    pending_until: Until = lambda left: inf

    def repeats(self, handed: Mapping[str, Sequence[float]], outcomes: Mapping[str, Sequence[float]]) -> list[Repeat]:
        """`handed`: message -> when it was handed over; `outcomes`: message -> when it was noted as sent, as the log says."""
        found: list[Repeat] = []
        for message, times in handed.items():
            found += self._repeats(message, sorted(times), outcomes.get(message, ()))
        return sorted(found, key=lambda repeat: repeat.again)

    def missing_note(self, left: float) -> Kill | None:
        """The kill by which a message that left last at `left` has no outcome in the log. Redis must have gone too: else it would have
        gone out once more when its sender's lease ended."""
        until = self.pending_until(left) + SOON
        for kill in self._forgetting(left, until, self.kills):
            last = kill.at + LEASE if kill.at <= left + NOTING else until
            if any(_is(each, REDIS) and left - AWAY <= each.at <= last for each in self.kills):
                return kill
        return None

    def _repeats(self, message: str, times: Sequence[float], noted: Sequence[float]) -> Iterable[Repeat]:
        used: list[Kill] = []
        for first, again in zip(times, times[1:], strict=False):
            until = min(again, self.pending_until(first) + SOON, *(at + SOON for at in noted if at >= first - SOON))
            unused = [kill for kill in self.kills if kill not in used]
            kill = next(iter(self._forgetting(first, until, unused)), None)
            used += [kill] if kill else []
            between = [kill for kill in self.kills if first - SOON <= kill.at <= again]
            yield Repeat(message, first, again, kill, noted, between)

    def _forgetting(self, left: float, until: float, kills: Sequence[Kill]) -> Sequence[Kill]:
        """Those that may have taken with them that a message left at `left`; those just before that only if there is none after."""
        able = [kill for kill in kills if left - SOON <= kill.at <= until and _is(kill, SENDER, REDIS)]
        found = [kill for kill in able if self._forgets(kill, left, until)]
        return sorted(found, key=lambda kill: (kill.at < left, kill.at))

    def _forgets(self, kill: Kill, left: float, until: float) -> bool:
        if _is(kill, REDIS):
            return self.senders > 1
        gone = [each.at for each in self.kills if _is(each, REDIS)]
        return (
            kill.at <= left + NOTING
            or any(left - SOON <= at <= until for at in gone)
            or any(left - AWAY <= at <= left and kill.at <= at + AWAY for at in gone)
        )


def pending_until(taken: Mapping[str, float], outcomes: Mapping[str, Sequence[float]]) -> Until:
    """When what left at a time was in the log at the latest, judged by those that left `PENDING` later: outcomes come home nearly in
    their order. `taken`: message -> when it was first handed over."""
    noted = sorted((left, min(outcomes[message])) for message, left in taken.items() if outcomes.get(message))
    times = [left for left, _ in noted]
    earliest = [inf]
    for _, at in reversed(noted):
        earliest.append(min(at, earliest[-1]))
    earliest.reverse()
    return lambda left: earliest[bisect_left(times, left + PENDING)]


def _is(kill: Kill, *names: str) -> bool:
    return role(kill) in names


def role(kill: Kill) -> str:
    """Of several of a role each has its number."""
    return kill.name.partition("-")[0]
