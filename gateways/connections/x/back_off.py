"""How long to wait before connecting again, as X wants it. Pure."""

from typing import Final, Literal

Loss = Literal["network", "http", "throttled", "occupied"]
"""network: the connection broke, went silent or was ended in-band. http: refused with an error. throttled: 429.
occupied: refused because the app has a connection already."""

_FIRST: Final[dict[Loss, float]] = {"network": 0.25, "http": 5.0, "throttled": 60.0, "occupied": 1.0}
_MOST: Final[dict[Loss, float]] = {"network": 16.0, "http": 320.0, "throttled": 960.0, "occupied": 320.0}


class BackOff:
    """The first time at once; then by the kind of loss, longer each time until `connected`.

    A connection that is occupied is mostly a dead holder's, which X has not noticed yet: it is tried again sooner than other errors, lest
    the take-over take longer than it must.
    """

    def __init__(self) -> None:
        self._losses: dict[Loss, int] = {}

    def connected(self) -> None:
        """Something was heard."""
        self._losses.clear()

    def after(self, loss: Loss) -> float:
        """Seconds."""
        before = self._losses.get(loss, 0)
        self._losses[loss] = before + 1
        if loss == "network":
            return min(_FIRST[loss] * before, _MOST[loss])
        return float(min(_FIRST[loss] * 2 ** min(before, 10), _MOST[loss]))
