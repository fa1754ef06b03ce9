"""How fast to submit: what the operator agreed to, and slower for a while when it says that it is too fast. Pure: time is an argument."""

PAUSE_SECONDS = 1.0  # after "throttled"
_RECOVERY = 1.25  # per second
_FORGET = (
    3.0  # so many times the rate at which it was throttled, and an operator without agreed rate has no limit again
)


class Pace:
    """`agreed` segments per second; 0 is unlimited. Times are seconds of any clock."""

    def __init__(self, agreed: float = 0.0) -> None:
        self._agreed = agreed
        self._rate = agreed
        self._next = 0.0
        self._raised_at = 0.0
        self._lowered_at = float("-inf")
        self._lowered_to = 0.0
        self._second, self._in_second, self._last_second = 0, 0, 0

    @property
    def rate(self) -> float:
        """Segments per second at present; 0 is unlimited."""
        return self._rate

    def wait(self, now: float) -> float:
        """Seconds until the next one may go; 0 if it may now."""
        self._recover(now)
        return max(0.0, self._next - now)

    def went(self, now: float) -> None:
        """One was submitted."""
        if int(now) != self._second:
            self._last_second = self._in_second if int(now) == self._second + 1 else 0
            self._second, self._in_second = int(now), 0
        self._in_second += 1
        if self._rate:
            self._next = max(self._next, now - 0.1) + 1 / self._rate

    def throttled(self, now: float) -> None:
        """The operator refused one for its speed: half of it, after a pause. Those refused in the same moment count once."""
        self._next = max(self._next, now + PAUSE_SECONDS)
        if now - self._lowered_at < PAUSE_SECONDS:
            return
        went = max(self._in_second, self._last_second)
        self._lowered_to = self._rate = max(1.0, min(went, self._rate or went) / 2)
        self._lowered_at = self._raised_at = now

    def _recover(self, now: float) -> None:
        while self._rate != self._agreed and now - self._raised_at >= 1.0:
            self._raised_at += 1.0
            self._rate *= _RECOVERY
            ceiling = self._agreed or self._lowered_to * _FORGET
            if self._rate >= ceiling:
                self._rate = self._agreed
