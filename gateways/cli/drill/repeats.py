"""Why a message went out twice: each hand-over is explained by the kill that allows it, or it is a fault.

A message may be repeated only if somebody who alone knew that it had left was killed: the sender between the aggregator's answer and its
note of it, or Redis between that note and the log. Once the outcome is in the log nothing excuses a repetition.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateways.cli.drill.killing import Kill

MAY_FORGET = ("light", "redis")
SOON = 1.0  # seconds by which an outcome's time in the log may be ahead of its place there, and a kill late to be noted


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


def explained(
    handed: Mapping[str, Sequence[float]], outcomes: Mapping[str, Sequence[float]], kills: Sequence[Kill]
) -> list[Repeat]:
    """`handed`: message -> when it was handed over; `outcomes`: message -> when it was noted as sent, as the log says."""
    found = []
    for message, times in handed.items():
        ordered = sorted(times)
        for first, again in zip(ordered, ordered[1:], strict=False):
            noted = outcomes.get(message, ())
            between = [kill for kill in kills if first - SOON <= kill.at <= again]
            found.append(Repeat(message, first, again, _kill(first, noted, between), noted, between))
    return sorted(found, key=lambda repeat: repeat.again)


def _kill(first: float, outcomes: Sequence[float], kills: Sequence[Kill]) -> Kill | None:
    """The first that may have caused it; one just before `first` only if there is none after."""
    for kill in sorted(kills, key=lambda kill: (kill.at < first, kill.at)):
        forgets = kill.name.partition("-")[0] in MAY_FORGET
        if forgets and not any(first - SOON <= outcome < kill.at - SOON for outcome in outcomes):
            return kill
    return None
