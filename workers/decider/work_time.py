"""How long deciding itself took, so that each organization is charged what its inputs cost and nothing that merely happened meanwhile."""

import gc
from threading import get_ident
from time import thread_time


class WorkTime:
    """Seconds of CPU of the thread that calls it, without those in which garbage was collected.

    A collection may take half a second in a process that remembers many conversations, and falls on whoever is served: charged for it, a
    quiet organization stood back for four seconds beside a flood. What the machine does for others meanwhile is no work of ours either.
    """

    def __init__(self) -> None:
        self._thread = 0
        self._collecting_since = self._collected = 0.0
        gc.callbacks.append(self._hear)

    def __call__(self) -> float:
        self._thread = get_ident()
        return thread_time() - self._collected

    def close(self) -> None:
        if self._hear in gc.callbacks:
            gc.callbacks.remove(self._hear)

    def _hear(self, phase: str, info: dict[str, int]) -> None:
        if get_ident() != self._thread:
            return
        if phase == "start":
            self._collecting_since = thread_time()
        else:
            self._collected += thread_time() - self._collecting_since
