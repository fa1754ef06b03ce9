"""Jain's index of fairness, second by second: 1 when everybody who wants service gets the share due to them, 1/n when one of n gets it all.

For each second:

- An organization's *service* is the number of its messages that were answered in this second.
- Its *demand* is its service and those messages besides that waited through the whole second, from before its beginning until after its end.
  (A message that was said a moment before the second's end and is answered in the next was not treated unfairly.)
- The *capacity* is the service of all together. Shared fairly, everybody gets what they demand or an equal share of what is left,
  whichever is less (max-min fairness): that is their *due*.
- The index is taken over x = service / due of the organizations with demand: (Σx)² / (n Σx²).

A second in which somebody waits and nobody is served says nothing about shares: its index is None. Where everything takes longer than a
second (a machine that others keep busy), a message that is merely on its way counts as one that waits: read the latencies beside the index.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import floor


@dataclass(frozen=True, slots=True)
class Said:
    """A message of an organization: when it was said, and when it was answered (None: never). Seconds of one clock."""

    org: int
    at: float
    answered: float | None


@dataclass(frozen=True, slots=True)
class Second:
    """`at`: its beginning. `least`: the smallest x of an organization with demand. `served`, `waiting`: messages by organization."""

    at: int
    index: float | None
    least: float | None
    served: Counter[int]
    waiting: Counter[int]


def by_second(said: Iterable[Said], begin: int, end: int) -> list[Second]:
    """The seconds from `begin` up to `end`."""
    served: dict[int, Counter[int]] = {at: Counter() for at in range(begin, end)}
    waiting: dict[int, Counter[int]] = {at: Counter() for at in range(begin, end)}
    for each in said:
        answered = end if each.answered is None else floor(each.answered)
        if answered in served:
            served[answered][each.org] += 1
        for at in range(max(begin, floor(each.at) + 1), min(end, answered)):
            waiting[at][each.org] += 1
    return [_second(at, served[at], waiting[at]) for at in range(begin, end)]


def _second(at: int, served: Counter[int], waiting: Counter[int]) -> Second:
    demands = served + waiting
    if not served:
        return Second(at, None, None, served, waiting)
    orgs = sorted(demands)
    dues = due_shares([demands[org] for org in orgs], served.total())
    shares = [served[org] / due for org, due in zip(orgs, dues, strict=True)]
    return Second(at, jain(shares), min(shares), served, waiting)


def due_shares(demands: Sequence[float], capacity: float) -> list[float]:
    """What each of these demands (all above zero) is due of a capacity, by max-min fairness."""
    due = [0.0] * len(demands)
    left, waiting = capacity, len(demands)
    for place in sorted(range(len(demands)), key=lambda place: demands[place]):
        due[place] = min(demands[place], left / waiting)
        left -= due[place]
        waiting -= 1
    return due


def jain(shares: Sequence[float]) -> float:
    """(Σx)² / (n Σx²) of shares that are not all zero."""
    return sum(shares) ** 2 / (len(shares) * sum(share * share for share in shares))
