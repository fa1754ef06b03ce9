"""Taking turns: deficit round robin over organizations that have inputs waiting.

Every organization has a *seat*. A seat at the front that is in credit serves its inputs one by one, each at the organization's
average cost; when its credit is used up it gets a new *quantum* and goes to the back. What an input really cost is charged when it is
known, so an organization whose inputs are slow comes round less often, not its neighbours less soon.

An organization that had nothing waiting sits down in the front row and is served before those who have been waiting long: it has
used nothing of late. It can't stay there: after one quantum, or when it has run dry, it moves to the back row, and sits in front
again only once its seat there has been passed empty. (This is the rule of the fq_codel network scheduler, RFC 8290, over cost
instead of bytes.) So a quiet organization waits for at most one quantum of each organization in the front row, and one in
the back row for at most two quanta of each other seat.
"""

from collections import deque
from typing import Any, NamedTuple

from domain.events.record import Kind, Position

# Microseconds of work in one turn; and the least that an input is taken to cost, so that a turn has at most 16 inputs, however cheap.
QUANTUM = 1_600.0
LEAST_COST = 100.0
_FIRST_GUESS = 300.0
_NEW_SHARE = 0.2  # of the newest measurement in the moving average


class Input(NamedTuple):
    """One event that wants deciding. `actor` and `recorded_on` (microseconds since 1970) are its record's."""

    org: str
    position: Position
    kind: Kind
    event: dict[str, Any]
    actor: str
    recorded_on: int


class Seat:
    """An organization's place: its inputs in memory, its credit, and where the rest of its inputs begins if it is parked."""

    __slots__ = ("org", "waiting", "credit", "cost", "seated", "rest")

    def __init__(self, org: str, cost: float) -> None:
        self.org = org
        self.waiting: deque[Input] = deque()
        self.credit = QUANTUM
        self.cost = cost
        self.seated = False  # in the front or back row
        # Parked: (offset, index) from which on inputs are not in memory but still in the log. None: all are in memory.
        self.rest: tuple[int, int] | None = None


class Turns:
    """Who is next. It holds the seats that have, or just had, something waiting."""

    __slots__ = ("_front", "_back", "_uncharged", "_average")

    def __init__(self) -> None:
        self._front: deque[Seat] = deque()
        self._back: deque[Seat] = deque()
        self._uncharged: dict[str, tuple[int, float]] = {}
        self._average = _FIRST_GUESS

    def open_seat(self, org: str) -> Seat:
        """A seat for an organization that has none, not yet in a row."""
        return Seat(org, self._average)

    def sit(self, seat: Seat) -> None:
        """The seat has inputs waiting. One that is parked has had its turn of late and sits at the back."""
        if not seat.seated:
            seat.seated = True
            (self._front if seat.rest is None else self._back).append(seat)

    def take(self, limit: int) -> tuple[list[Input], list[Seat]]:
        """`limit` inputs in fair order, and the seats that left their row empty. At least that many must be waiting.

        What was taken before and not charged stays charged as guessed.
        """
        self._uncharged.clear()
        taken: list[Input] = []
        left: list[Seat] = []
        passed = 0
        while len(taken) < limit:
            row = self._front or self._back
            seat = row[0]
            if seat.credit <= 0:
                seat.credit += QUANTUM
                self._move_back(row, seat)
                passed += 1
                if passed > len(self._front) + len(self._back):
                    self._skip_rounds()
                    passed = 0
            elif seat.waiting:
                self._serve(seat, limit, taken)
                passed = 0
            elif seat.org in self._uncharged or (row is self._front and self._back):
                self._move_back(row, seat)
            else:
                row.popleft()
                seat.seated = False
                left.append(seat)
        return taken, left

    def dismiss_idle(self) -> list[Seat]:
        """Seats with nothing waiting leave, their debts forgiven. Returns them."""
        left = [seat for seat in (*self._front, *self._back) if not seat.waiting]
        for seat in left:
            seat.seated = False
        self._front = deque(seat for seat in self._front if seat.seated)
        self._back = deque(seat for seat in self._back if seat.seated)
        return left

    def charge(self, org: str, seat: Seat | None, cost: float, inputs: int) -> None:
        """`inputs` of the organization cost so many microseconds in all; corrects the guess made when they were taken."""
        each = max(cost / inputs, LEAST_COST)
        self._average += _NEW_SHARE * (each - self._average) / 8
        guessed = self._settle(org, inputs)
        if seat is not None:
            seat.cost += _NEW_SHARE * (each - seat.cost)
            if guessed:
                seat.credit += guessed - each * inputs

    def refund(self, org: str, seat: Seat, inputs: int) -> None:
        """`inputs` of the organization were given back undecided."""
        seat.credit += self._settle(org, inputs)

    def _serve(self, seat: Seat, limit: int, taken: list[Input]) -> None:
        waiting, cost, credit, before = seat.waiting, max(seat.cost, LEAST_COST), seat.credit, len(taken)
        while waiting and credit > 0 and len(taken) < limit:
            taken.append(waiting.popleft())
            credit -= cost
        seat.credit = credit
        count, guessed = self._uncharged.get(seat.org, (0, 0.0))
        served = len(taken) - before
        self._uncharged[seat.org] = (count + served, guessed + served * cost)

    def _settle(self, org: str, inputs: int) -> float:
        count, guessed = self._uncharged.get(org, (0, 0.0))
        if not count:
            return 0.0
        part = guessed * min(inputs, count) / count
        if inputs >= count:
            del self._uncharged[org]
        else:
            self._uncharged[org] = (count - inputs, guessed - part)
        return part

    def _move_back(self, row: deque[Seat], seat: Seat) -> None:
        row.popleft()
        self._back.append(seat)

    def _skip_rounds(self) -> None:
        """A whole round served nobody, since all are in debt: skip to the round in which the first one with inputs is out of it."""
        seats = [*self._front, *self._back]
        rounds = min(-seat.credit // QUANTUM for seat in seats if seat.waiting)
        if rounds > 0:
            for seat in seats:
                seat.credit += rounds * QUANTUM
