"""Replaces the processes of a running installation one after the other, so that nobody outside notices.

A process that listens is replaced by one beside it: the successor has its socket, and when it is ready the old one accepts no more, answers
what it has, and ends with the last of its connections. Any other is ended first, for two of one name would hold the same leases; its
work waits in log and queue for the moment.
"""

import time
from collections.abc import Callable, Sequence

from domain.errors import Unavailable
from infra.embedded.child_process import start_child, tail
from infra.supervisor.signals import HAND_OVER
from infra.supervisor.supervisor import Process, Supervisor

READY_SECONDS = 60.0
HAND_OVER_SECONDS = 35.0  # longer than any request may take
BETWEEN_LOOKS = 0.02


class Rolling:
    """Everything that runs is looked after meanwhile. `stopping` says that it is to be given up."""

    def __init__(self, supervisor: Supervisor, stopping: Callable[[], bool], say: Callable[[str], None]) -> None:
        self._supervisor = supervisor
        self._stopping = stopping
        self._say = say

    def replace_all(self, wanted: Sequence[Process]) -> None:
        """By these, in their order; what has no successor ends. Raises Unavailable if one does not start: the rest stays as it is."""
        names = {process.name for process in wanted}
        for successor in wanted:
            if self._stopping():
                return
            self._replace(successor)
            self._say(f"{successor.name} is replaced")
        extra = [process for process in self._supervisor.processes if process.name not in names]
        self._supervisor.end(extra)
        self._supervisor.processes = [each for each in self._supervisor.processes if each.name in names]
        self._supervisor.publish()

    def run_to_its_end(self, process: Process) -> None:
        """One that does its work once. Raises Unavailable, with the end of its log, if it fails."""
        log = self._supervisor.log_of(process)
        child = start_child(process.command, log=log, environment=self._supervisor.environment, die_with_parent=True)
        while child.poll() is None:
            if self._stopping():
                child.terminate()
            self._look()
        if child.returncode and not self._stopping():
            raise Unavailable(f"The process {process.name} failed. The end of its log:\n{tail(log)}")

    def _replace(self, successor: Process) -> None:
        processes = self._supervisor.processes
        at = next((place for place, each in enumerate(processes) if each.name == successor.name), None)
        if at is None:
            processes.append(successor)
            self._start(successor)
        elif successor.listening is not None and processes[at].child is not None:
            self._replace_beside(at, successor)
        else:
            self._supervisor.end([processes[at]])
            processes[at] = successor
            self._start(successor)

    def _replace_beside(self, at: int, successor: Process) -> None:
        processes = self._supervisor.processes
        old = processes[at]
        processes[at] = successor
        self._supervisor.leaving.append(old)
        try:
            self._start(successor)
        except Unavailable:
            self._supervisor.end([successor])
            processes[at] = old
            self._supervisor.leaving.remove(old)
            self._supervisor.publish()
            raise
        if old.child is not None:
            old.child.send_signal(HAND_OVER)
        deadline = time.monotonic() + HAND_OVER_SECONDS
        while old in self._supervisor.leaving and not self._stopping() and time.monotonic() < deadline:
            self._look()
        if old in self._supervisor.leaving and not self._stopping():
            self._supervisor.end([old])

    def _start(self, process: Process) -> None:
        self._supervisor.start(process)
        self._supervisor.publish()
        deadline = time.monotonic() + READY_SECONDS
        while not process.ready and not self._stopping():
            self._look()
            if process.deaths >= 3 or time.monotonic() > deadline:
                log = tail(self._supervisor.log_of(process))
                raise Unavailable(f"The new process {process.name} does not start. The end of its log:\n{log}")

    def _look(self) -> None:
        self._supervisor.look()
        time.sleep(BETWEEN_LOOKS)
