"""So many calls an hour for each organization and scope; more are told when to come again."""

import math
from collections.abc import Callable
from typing import Final, Protocol

from gateways.api_v2.answers import Refused

SCOPES: Final = {"contacts": "v2.contacts", "messages": "v2.messages", "runs": "v2.runs"}
HOUR: Final = 3600


class RateCounter(Protocol):
    def count(self, key: str, limit: int, seconds: int) -> float:
        """Count one more under the key unless `limit` were counted in the last `seconds`; the seconds to wait, 0 if it was counted."""
        ...


class Throttle:
    """`per_hour` of 0 lets everything through, as does a counter that can't be reached."""

    def __init__(self, counter: RateCounter, per_hour: int) -> None:
        self._counter = counter
        self._per_hour = per_hour

    def check(self, org: str, endpoint: str) -> None:
        """Raises Refused (429, with Retry-After in whole seconds)."""
        if not self._per_hour:
            return
        scope = SCOPES.get(endpoint, "v2")
        wait = self._counter.count(f"throttle:{scope}:{org}", self._per_hour, HOUR)
        if wait > 0:
            seconds = math.ceil(wait)
            sentence = f"Request was throttled. Expected available in {seconds} second{'s' * (seconds != 1)}."
            raise Refused(429, {"detail": sentence}, {"Retry-After": str(seconds)})


Check = Callable[[str, str], None]


def no_limit(org: str, endpoint: str) -> None:
    """Lets everything through."""
